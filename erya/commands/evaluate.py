"""Measure a model beside honest baselines, with intervals and a report."""

from pathlib import Path
from typing import Any

import click

from erya.commands._settings import settings_option
from erya.core.errors import UserError


@click.command("evaluate")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--on", "paths", type=click.Path(path_type=Path), multiple=True, required=True, help="What to measure on; repeat."
)
@click.option("--task", help="complete, to measure as a language model, or the task.  [default: what MODEL learned]")
@click.option(
    "--metric",
    help="language_model, lambada or blimp, for all paths, else told by each; for a task the one that decides.",
)
@click.option("--split", help="The split of a corpus to measure on.  [default: test]")
@click.option("--max-documents", type=click.IntRange(min=1), help="At most so many items of each path, evenly spread.")
@click.option("--stride", type=click.IntRange(min=1), help="New tokens a window of a long text.  [default: context/2]")
@click.option(
    "--baseline-tokens",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Tokens directory to train baselines from.  [default: the one the model was trained from]",
)
@click.option(
    "--baseline-train",
    type=click.Path(path_type=Path),
    multiple=True,
    help="File to train a task's baselines on; repeat.  [default: those the model was trained on]",
)
@click.option(
    "--seeds",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Another run of the same recipe with another seed, for the spread; repeat.",
)
@settings_option
@click.option("--no-baselines", is_flag=True, help="Measure the model alone.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Directory for report.json, report.md and report.html; of a task also predictions.jsonl.",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def COMMAND(  # noqa: N802 - the name the command line looks for
    model: Path,
    paths: tuple[Path, ...],
    task: str | None,
    metric: str | None,
    split: str | None,
    max_documents: int | None,
    stride: int | None,
    baseline_tokens: tuple[Path, ...],
    baseline_train: tuple[Path, ...],
    seeds: tuple[Path, ...],
    settings: dict[str, Any],
    no_baselines: bool,
    out: Path | None,
    device: str,
    as_json: bool,
) -> None:
    """Measure MODEL on what is given with --on, beside classical baselines of the same training text.

    A model trained for a task is scored by the task's metrics beside every baseline of the task; --on gives a table,
    or the two files of aligned text. A language model is scored on each path beside a unigram and a Kneser-Ney 5-gram:
    a corpus directory (its test split is taken), a text in any format a corpus is built from, or the JSON Lines of
    LAMBADA or BLiMP.

    \b
    erya evaluate runs/en-de/model --on test.en --on test.de --out reports/en-de
    erya evaluate runs/squad/model --on dev.json --set task.max_answer_tokens=15
    erya evaluate runs/first/model --on data/novel --out reports/first
    erya evaluate runs/first/model --on test.txt --on lambada_test.jsonl --on blimp.jsonl.gz
    erya evaluate gpt2/ --on data/novel --no-baselines --json
    """
    from erya.commands._evaluating import LANGUAGE, chosen_task

    if no_baselines and (baseline_tokens or baseline_train):
        other = "--baseline-tokens" if baseline_tokens else "--baseline-train"
        raise UserError(f"--no-baselines and {other} contradict each other; choose one")
    if chosen_task(model, task) == LANGUAGE:
        from erya.commands._evaluating_language import TextOptions, evaluate_language

        named: dict[str, object] = {"--baseline-train": baseline_train, "--seeds": seeds, "--set": settings}
        _refuse(model, "a language model", named)
        texts = TextOptions(metric, split or "test", max_documents, stride, baseline_tokens, no_baselines)
        evaluate_language(model, paths, texts, out, device, as_json)
    else:
        from erya.commands._evaluating_task import TaskOptions, evaluate_task

        _refuse(
            model,
            "measured on a task",
            {"--split": split, "--stride": stride, "--baseline-tokens": baseline_tokens},
        )
        records = TaskOptions(metric, max_documents, baseline_train, seeds, no_baselines, settings)
        evaluate_task(model, paths, records, out, device, as_json)


def _refuse(model: Path, kind: str, options: dict[str, object]) -> None:
    given = [name for name, value in options.items() if value]
    if given:
        raise UserError(f"{given[0]}: {model} is {kind}, for which it means nothing; leave it out")
