"""`erya evaluate` for a language model: its scores on texts beside the n-gram baselines, and how it continues them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from erya.commands._evaluating import learning_curve
from erya.core.device import choose_device
from erya.core.errors import UserError
from erya.core.manifest import versions
from erya.core.progress import say
from erya.evaluate.assess import Assessment, Block, assess_set, train_baselines, training_tokens
from erya.evaluate.reports.board import terminal_table
from erya.evaluate.reports.language_report import as_json as report_json
from erya.evaluate.reports.language_report import board, report
from erya.evaluate.reports.report import write_report
from erya.evaluate.scorer import ModelScorer, Scorer
from erya.evaluate.sets import EvaluationSet, open_set
from erya.generate.engine import GenerationConfig
from erya.generate.text import Writer
from erya.model import cost
from erya.model.architectures.decoder import Decoder
from erya.model.files import LoadedModel, load_model

SAMPLES = 3
SAMPLE_PROMPT_CHARACTERS = 120
SAMPLE_TOKENS = 64


@dataclass(frozen=True)
class TextOptions:
    """How texts are scored."""

    metric: str | None
    split: str
    max_documents: int | None
    stride: int | None = None
    baseline_tokens: Sequence[Path] = ()
    no_baselines: bool = False


def evaluate_language(
    model: Path, paths: Sequence[Path], options: TextOptions, out: Path | None, device: str, as_json: bool
) -> None:
    """Score a language model on each path, and print or write the report."""
    sets = [open_set(path, options.metric, options.split, options.max_documents) for path in paths]
    loaded, scorer = open_scorer(model, device, options.stride)
    assert loaded.tokenizer is not None
    scorers = [scorer, *_baselines(loaded, model, options)]
    blocks = [assess_set(chosen, loaded.tokenizer, scorers) for chosen in sets]
    writer = Writer(loaded.expect(Decoder), loaded.tokenizer)
    assessment = _assessment(model, loaded, blocks, _samples(sets, writer))
    if out is not None:
        write_report(report(assessment), out)
    if as_json:
        click.echo(json.dumps(report_json(assessment), ensure_ascii=False, default=str))
        return
    signatures = [f"  {scored.result.signature}" for block in blocks for scored in block.scored]
    tables = "\n\n".join(terminal_table(board(block)) for block in blocks)
    click.echo("\n".join([tables, "", "signatures:", *signatures]))
    if out is not None:
        click.echo(f"report: {out / 'report.html'} (also report.md, report.json)")


def open_scorer(model: Path, device: str, stride: int | None = None) -> tuple[LoadedModel, Scorer]:
    """A language model with its tokenizer, ready to score texts.

    Raises: UserError for a model without a tokenizer, one that does not complete texts, and too long a stride.
    """
    place = choose_device(device)
    loaded = load_model(model, place)
    if loaded.tokenizer is None:
        raise UserError(f"{model}: has no tokenizer.json, so text cannot be scored; copy the tokenizer's files into it")
    decoder = loaded.expect(Decoder)
    context = decoder.config.context_length
    if stride is not None and stride > context:
        raise UserError(f"--stride: got {stride}; at most the model's context of {context:,} tokens")
    return loaded, ModelScorer(decoder, loaded.tokenizer.end_of_text_id, place, stride)


def _baselines(loaded: LoadedModel, model: Path, options: TextOptions) -> list[Scorer]:
    if options.no_baselines:
        return []
    directories = list(options.baseline_tokens) or training_tokens(dict(loaded.provenance))
    if not directories:
        say(f"{model} does not say where its training text lies: no baselines; name it with --baseline-tokens DIR")
        return []
    assert loaded.tokenizer is not None
    return train_baselines(directories, loaded.tokenizer.sha256, str(model))


def _samples(sets: Sequence[EvaluationSet], writer: Writer) -> list[tuple[str, str]]:
    """How the model continues the beginnings of a few documents."""
    texts = [item.text for chosen in sets if chosen.metric.name == "language_model" for item in chosen.items]
    room = writer.context_length // 2
    beginnings = [_beginning(text, writer, room) for text in texts[:: max(1, len(texts) // SAMPLES)][:SAMPLES]]
    config = GenerationConfig(temperature=0.8, top_p=0.95, max_new_tokens=min(SAMPLE_TOKENS, room))
    return [(text, done.text) for text, done in zip(beginnings, writer.complete(beginnings, config), strict=True)]


def _beginning(text: str, writer: Writer, most_tokens: int) -> str:
    cut = text.strip()[:SAMPLE_PROMPT_CHARACTERS]
    ids = writer.ids(cut.rpartition(" ")[0] or cut)
    return writer.tokenizer.decode(ids[:most_tokens]).rstrip("\ufffd")


def _assessment(path: Path, loaded: LoadedModel, blocks: list[Block], samples: list[tuple[str, str]]) -> Assessment:
    config = loaded.model.config
    facts = {
        "family": config.family,
        "parameters": f"{cost.parameters(config).total:,}",
        "context_length": config.context_length,
        "vocab_size": config.vocab_size,
        "versions": ", ".join(f"{name} {version}" for name, version in versions().items()),
    }
    return Assessment(str(path), facts, blocks, samples, learning_curve(path))
