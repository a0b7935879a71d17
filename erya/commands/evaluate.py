"""Measure a model beside honest baselines, with intervals and a report."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from erya.core.errors import UserError

if TYPE_CHECKING:
    from erya.evaluate.assess import Assessment
    from erya.evaluate.scorer import Scorer
    from erya.evaluate.sets import EvaluationSet
    from erya.generate.text import Writer
    from erya.model.files import LoadedModel

SAMPLES = 3
SAMPLE_PROMPT_CHARACTERS = 120
SAMPLE_TOKENS = 64


@click.command("evaluate")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--on", "paths", type=click.Path(path_type=Path), multiple=True, required=True, help="What to measure on; repeat."
)
@click.option("--metric", help="language_model, lambada or blimp, for all paths.  [default: told by each file]")
@click.option("--split", default="test", show_default=True, help="The split of a corpus to measure on.")
@click.option("--max-documents", type=click.IntRange(min=1), help="At most so many items of each path, evenly spread.")
@click.option("--stride", type=click.IntRange(min=1), help="New tokens a window of a long text.  [default: context/2]")
@click.option(
    "--baseline-tokens",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Tokens directory to train baselines from.  [default: the one the model was trained from]",
)
@click.option("--no-baselines", is_flag=True, help="Measure the model alone.")
@click.option("--out", type=click.Path(path_type=Path), help="Directory for report.json, report.md and report.html.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def COMMAND(  # noqa: N802 - the name the command line looks for
    model: Path,
    paths: tuple[Path, ...],
    metric: str | None,
    split: str,
    max_documents: int | None,
    stride: int | None,
    baseline_tokens: tuple[Path, ...],
    no_baselines: bool,
    out: Path | None,
    device: str,
    as_json: bool,
) -> None:
    """Measure MODEL on each path given with --on, beside a unigram and a Kneser-Ney 5-gram of the same training text.

    A path is a corpus directory (its test split is taken), a text in any format a corpus is built from, or the JSON
    Lines of LAMBADA or BLiMP.

    \b
    erya evaluate runs/first/model --on data/novel --out reports/first
    erya evaluate runs/first/model --on test.txt --on lambada_test.jsonl --on blimp.jsonl.gz
    erya evaluate gpt2/ --on data/novel --no-baselines --json
    """
    from erya.evaluate.assess import assess_set
    from erya.evaluate.report import as_json as report_json
    from erya.evaluate.report import write_report
    from erya.evaluate.sets import open_set

    if no_baselines and baseline_tokens:
        raise UserError("--no-baselines and --baseline-tokens contradict each other; choose one")
    sets = [open_set(path, metric, split, max_documents) for path in paths]
    loaded, writer, scorers = _scorers(model, device, stride, baseline_tokens, no_baselines)
    blocks = [assess_set(chosen, writer.tokenizer, scorers) for chosen in sets]  # type: ignore[arg-type]
    assessment = _assessment(model, loaded, blocks, _samples(sets, writer))
    if out is not None:
        write_report(assessment, out)
    if as_json:
        click.echo(json.dumps(report_json(assessment), ensure_ascii=False, default=str))
    else:
        click.echo(_table(assessment))
        if out is not None:
            click.echo(f"report: {out / 'report.html'} (also report.md, report.json)")


def _scorers(
    model: Path, device: str, stride: int | None, baseline_tokens: tuple[Path, ...], no_baselines: bool
) -> "tuple[LoadedModel, Writer, list[Scorer]]":
    from erya.core.device import choose_device
    from erya.core.progress import say
    from erya.evaluate.assess import train_baselines, training_tokens
    from erya.evaluate.scorer import ModelScorer
    from erya.generate.text import Writer
    from erya.model.architectures.decoder import Decoder
    from erya.model.files import load_model

    place = choose_device(device)
    loaded = load_model(model, place)
    if loaded.tokenizer is None:
        raise UserError(f"{model}: has no tokenizer.json, so text cannot be scored; copy the tokenizer's files into it")
    decoder = loaded.expect(Decoder)
    context = decoder.config.context_length
    if stride is not None and stride > context:
        raise UserError(f"--stride: got {stride}; at most the model's context of {context:,} tokens")
    scorers: list[Scorer] = [ModelScorer(decoder, loaded.tokenizer.end_of_text_id, place, stride)]
    directories = [] if no_baselines else list(baseline_tokens) or training_tokens(loaded.provenance)
    if directories:
        scorers += train_baselines(directories, loaded.tokenizer.sha256, str(model))
    elif not no_baselines:
        say(f"{model} does not say where its training text lies: no baselines; name it with --baseline-tokens DIR")
    return loaded, Writer(decoder, loaded.tokenizer), scorers


def _samples(sets: "list[EvaluationSet]", writer: "Writer") -> list[tuple[str, str]]:
    """How the model continues the beginnings of a few documents."""
    from erya.generate.engine import GenerationConfig

    texts = [item.text for chosen in sets if chosen.metric.name == "language_model" for item in chosen.items]
    room = writer.context_length // 2
    beginnings = [_beginning(text, writer, room) for text in texts[:: max(1, len(texts) // SAMPLES)][:SAMPLES]]
    config = GenerationConfig(temperature=0.8, top_p=0.95, max_new_tokens=min(SAMPLE_TOKENS, room))
    return [(text, done.text) for text, done in zip(beginnings, writer.complete(beginnings, config), strict=True)]


def _beginning(text: str, writer: "Writer", most_tokens: int) -> str:
    cut = text.strip()[:SAMPLE_PROMPT_CHARACTERS]
    ids = writer.ids(cut.rpartition(" ")[0] or cut)
    return writer.tokenizer.decode(ids[:most_tokens]).rstrip("\ufffd")


def _assessment(path: Path, loaded: "LoadedModel", blocks: list[Any], samples: list[tuple[str, str]]) -> "Assessment":
    from erya.core.manifest import versions
    from erya.evaluate.assess import Assessment
    from erya.model import cost

    config = loaded.model.config
    facts = {
        "family": config.family,
        "parameters": f"{cost.parameters(config).total:,}",
        "context_length": config.context_length,
        "vocab_size": config.vocab_size,
        "versions": ", ".join(f"{name} {version}" for name, version in versions().items()),
    }
    return Assessment(str(path), facts, blocks, samples, _learning_curve(path))


def _learning_curve(model: Path) -> list[dict[str, Any]]:
    """The metrics of the run the model lies in, when it does."""
    from erya.core.runs import RunDirectory

    for parent in list(model.resolve().parents)[:2]:
        if (parent / "run.json").is_file():
            return RunDirectory(parent).read_metrics()
    return []


def _table(assessment: "Assessment") -> str:
    """For each set a small table: figures down, scorers across, the model's interval beside."""
    from erya.evaluate.report import figure_text

    lines: list[str] = []
    for block in assessment.blocks:
        names = [scored.scorer for scored in block.scored]
        lines += ["", f"{block.name}: {block.metric}"]
        lines.append(f"  {'':<18}{names[0]:>12}  {'95 % interval':<22}" + "".join(f"{name:>14}" for name in names[1:]))
        for figure in block.scored[0].result.figures:
            value, interval = figure_text(block.scored[0].result.figures[figure])
            others = [figure_text(scored.result.figures[figure])[0] for scored in block.scored[1:]]
            lines.append(f"  {figure:<18}{value:>12}  {interval:<22}" + "".join(f"{other:>14}" for other in others))
        if len(block.scored) > 1:
            shown = "".join(
                f"{scored.p_value:>14.3f}" if scored.p_value else f"{'':>14}" for scored in block.scored[1:]
            )
            lines.append(f"  {'p, by ' + block.headline:<18}{'':>12}  {'':<22}{shown}".rstrip())
    lines += ["", "signatures:"]
    lines += [f"  {scored.result.signature}" for block in assessment.blocks for scored in block.scored]
    return "\n".join(lines).lstrip("\n")
