"""`erya evaluate` for a model of a task: its answers beside those of the baselines, and the report of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from erya.commands._evaluating import learning_curve
from erya.core.config import leaves
from erya.core.errors import UserError
from erya.core.manifest import versions
from erya.core.progress import say, warn
from erya.core.spread import spread
from erya.core.storage import sha256_file, write_atomic
from erya.corpus.examples import check_apart
from erya.evaluate.reports import cases
from erya.evaluate.reports.board import terminal_table
from erya.evaluate.reports.report import write_report
from erya.evaluate.reports.task_report import board, report, seeds_text, signatures
from erya.evaluate.task_assess import TaskAssessment, require_same_recipe, take_baselines
from erya.evaluate.trial import Exam, Trial
from erya.model import cost
from erya.tasks.base.loaded import TaskModel, load
from erya.tasks.base.prediction import Record


@dataclass(frozen=True)
class TaskOptions:
    """What is measured beside the model."""

    metric: str | None
    max_records: int | None
    baseline_train: Sequence[Path] = ()
    seeds: Sequence[Path] = ()
    no_baselines: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the task instead of those the model was trained with."""


def evaluate_task(
    model: Path, paths: Sequence[Path], options: TaskOptions, out: Path | None, device: str, as_json: bool
) -> None:
    """Score a model on its task, and print or write the report."""
    loaded = load(model, device, settings=options.settings)
    exam = open_exam(loaded, paths, options.metric, options.max_records)
    train = _training_records(loaded, options.baseline_train)
    assessment = _assess(loaded, exam, train, options, device, ", ".join(path.name for path in paths))
    made = report(assessment)
    if out is not None:
        write_report(made, out)
        lines = (json.dumps(line, ensure_ascii=False) for line in cases.lines(exam, assessment.model))
        write_atomic(out / "predictions.jsonl", "".join(f"{line}\n" for line in lines).encode())
    if as_json:
        click.echo(json.dumps(made.data, ensure_ascii=False))
        return
    shown = [terminal_table(board(assessment)), "", assessment.verdict, assessment.without_doubled]
    shown += [seeds_text(assessment)] if assessment.seeds else []
    click.echo("\n".join([*shown, "", "signatures:", *(f"  {line}" for line in signatures(assessment))]))
    if out is not None:
        click.echo(f"report: {out / 'report.html'} (also report.md, report.json, predictions.jsonl)")


def open_exam(loaded: TaskModel, paths: Sequence[Path], metric: str | None, most: int | None) -> Exam:
    """The records of some files for a model's task; at most so many, evenly spread.

    Raises: UserError for files of another shape.
    """
    records = loaded.task.read(list(paths), loaded.settings)
    chosen = records if most is None else spread(records, most)
    return Exam.of(loaded.task, chosen, loaded.settings.language, metric)


def take(exam: Exam, loaded: TaskModel, name: str) -> Trial:
    """A trained model's trial."""
    parameters = cost.parameters(loaded.model.config).total
    return exam.take(name, loaded.predict, parameters, loaded.provenance.get("seconds"))


def _training_records(loaded: TaskModel, given: Sequence[Path]) -> list[Record]:
    """The records of the files named, or of those the model was trained on; none where they are gone."""
    if given:
        return loaded.task.read(list(given), loaded.settings)
    named = loaded.provenance.get("config", {}).get("data", {}).get("train", [])
    paths = [Path(name) for name in named]
    if not paths or not all(path.is_file() for path in paths):
        return []
    digests = loaded.provenance.get("data", {})
    changed = [path for path in paths if digests.get(f"train/{path.name}") not in (None, sha256_file(path))]
    if changed:
        warn(f"{changed[0]} is no longer what the model was trained on; the baselines learn from it as it is now")
    return loaded.task.read(paths, loaded.settings)


def _assess(
    loaded: TaskModel, exam: Exam, train: Sequence[Record], options: TaskOptions, device: str, on: str
) -> TaskAssessment:
    doubled = check_apart(train, exam.records, allow=True) if train else None
    own = take(exam, loaded, "model")
    seeds = _take_seeds(exam, loaded, options, device)
    baselines: list[Trial] = []
    left_out: list[str] = []
    if train and not options.no_baselines:
        baselines, left_out = take_baselines(exam, train)
    elif not options.no_baselines:
        say(f"{loaded.path}: its training files are not there: no baselines; name them with --baseline-train FILE")
    curve = learning_curve(loaded.path)
    facts = {**_facts(loaded, exam), **_set(options.settings)}
    return TaskAssessment(str(loaded.path), on, facts, exam, own, baselines, left_out, seeds, doubled, curve)


def _set(settings: Mapping[str, Any]) -> dict[str, str]:
    """What a report should say of settings that are others than the model's own."""
    given = ", ".join(f"task.{key}={value}" for key, value in leaves(settings).items())
    return {"set here": given} if given else {}


def _take_seeds(exam: Exam, loaded: TaskModel, options: TaskOptions, device: str) -> list[Trial]:
    """The trials of other runs of the model's recipe, no two of one seed."""
    trials, known = [], [loaded.provenance]
    for path in options.seeds:
        other = load(path, device, settings=options.settings)
        require_same_task(loaded, other)
        for provenance in known:
            require_same_recipe(provenance, other.provenance, str(path))
        known.append(other.provenance)
        trials.append(take(exam, other, str(path)))
    return trials


def require_same_task(one: TaskModel, other: TaskModel) -> None:
    """Refuse two models that cannot answer the same records.

    Raises: UserError naming both tasks.
    """
    tasks = [f"{it.task.name} in {it.settings.language}" for it in (one, other)]
    if tasks[0] != tasks[1]:
        raise UserError(f"{other.path}: was trained to {tasks[1]}, {one.path} to {tasks[0]}; give models of one task")


def _facts(loaded: TaskModel, exam: Exam) -> dict[str, Any]:
    config = loaded.model.config
    base, means = loaded.provenance.get("config", {}).get("base"), list(loaded.provenance.get("mean_of", []))
    origin = {"mean of": ", ".join(means)} if means else {"base": base} if base is not None else {}
    return {
        "task": exam.task.name,
        "language": exam.language,
        "items": len(exam.records),
        "family": config.family,
        **origin,
        "parameters": cost.parameters(config).total,
        **loaded.settings.facts(),
        "versions": ", ".join(f"{name} {version}" for name, version in versions().items()),
    }
