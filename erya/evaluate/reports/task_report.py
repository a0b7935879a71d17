"""The report of a model on its task: an assessment in, a report out."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from erya.corpus.records import Labelled
from erya.evaluate.metric import Curve, Table
from erya.evaluate.reports.board import Board, Entry, figure_text, number_text, score_table
from erya.evaluate.reports.cases import Bucket, by_length, lines, random_ones, references, source, worst
from erya.evaluate.reports.report import Chart, Listing, Report, Section, learning_charts
from erya.evaluate.scoring.labels import confusion_matrix
from erya.evaluate.task_assess import TaskAssessment, spread
from erya.evaluate.trial import Trial

MOST_CHARACTERS = 1500  # of a text of a case; whole texts stand in predictions.jsonl
NOTHING = "(nothing)"
ABOUT_SCORES = (
    "Intervals are 95 % bootstrap intervals over items. p is the share of resamples of the items in which the model is "
    "not better than the baseline by the deciding metric, the first one (paired bootstrap, one-sided)."
)


def report(it: TaskAssessment) -> Report:
    """What a person reads of a model on its task, and what a program does."""
    buckets = by_length(it.exam, it.trials)
    sections = [
        Section("Scores", [it.verdict, it.without_doubled, *it.left_out, ABOUT_SCORES, score_table([board(it)])])
    ]
    if it.seeds:
        sections.append(Section("Spread over seeds", [seeds_text(it), _seeds(it)]))
    sections.append(Section("Score by length of the source", [_length_chart(it, buckets), _length_table(it, buckets)]))
    if (table := _confusion(it)) is not None:
        sections.append(Section("Which label was taken for which", ["True labels down, given ones across.", table]))
    charts = learning_charts(it.learning_curve)
    sections += [Section("How it learned", charts)] if charts else []
    sections.append(Section("What it cost", [_cost(it.trials)]))
    sections.append(Section("The worst", [Listing(_case(it, at)) for at in worst(it.exam, it.model)]))
    sections.append(Section("Some by chance", [Listing(_case(it, at)) for at in random_ones(it.exam)]))
    sections.append(Section("Signatures", [Listing("\n".join(signatures(it)))]))
    return Report(f"Evaluation of {it.path}", it.facts, sections, as_json(it, buckets))


def board(it: TaskAssessment) -> Board:
    """The figures of the model and the baselines."""
    entries = [Entry(it.model.name, it.model.figures)]
    entries += [Entry(trial.name, trial.figures, it.differences[trial.name].p_value) for trial in it.baselines]
    return Board(it.on, it.exam.task.name, it.exam.deciding.name, entries)


def signatures(it: TaskAssessment) -> Iterator[str]:
    """How each figure was made; the same for every system, as they answer the same items."""
    for name, measured in it.model.measured.items():
        yield f"{name}: {measured.signature}"


def seeds_text(it: TaskAssessment) -> str:
    """One sentence on how far runs of the same recipe with other seeds are apart by the deciding metric."""
    name, runs = it.exam.deciding.name, [it.model, *it.seeds]
    mean, deviation = (number_text(value, it.model.figures[name].unit) for value in spread(runs)[name])
    return f"Over {len(runs)} runs of the recipe with other seeds: {name} {mean}, standard deviation {deviation}."


def _seeds(it: TaskAssessment) -> Table:
    runs = [it.model, *it.seeds]
    rows = []
    for name, (mean, deviation) in spread(runs).items():
        unit = it.model.figures[name].unit
        values = [number_text(trial.figures[name].value, unit) for trial in runs]
        rows.append((name, number_text(mean, unit), number_text(deviation, unit), *values))
    return Table(("figure", "mean", "standard deviation", *(trial.name for trial in runs)), rows)


def _length_table(it: TaskAssessment, buckets: Sequence[Bucket]) -> Table:
    rows = []
    for bucket in buckets:
        cells = [f"{value} ({ends})" for value, ends in map(figure_text, bucket.figures.values())]
        ends = dict.fromkeys(f"{length:,}" for length in (bucket.shortest, bucket.longest))
        rows.append((f"{'–'.join(ends)} characters", bucket.items, *cells))
    heads = [f"{trial.name}, {it.exam.deciding.name}" for trial in it.trials]
    return Table(("source", "items", *heads), rows)


def _length_chart(it: TaskAssessment, buckets: Sequence[Bucket]) -> Chart:
    metric = it.exam.deciding
    places = [bucket.middle for bucket in buckets]
    return Chart(
        {
            trial.name: Curve(
                "characters of the source",
                f"{metric.name}, {metric.unit}",
                places,
                [bucket.figures[trial.name].value for bucket in buckets],
            )
            for trial in it.trials
        }
    )


def _confusion(it: TaskAssessment) -> Table | None:
    if not all(isinstance(record, Labelled) for record in it.exam.records):
        return None
    labels, counts = confusion_matrix(it.model.predictions, it.exam.records)
    rows = [(label, *row, sum(row)) for label, row in zip(labels, counts.tolist(), strict=True)]
    return Table(("true", *labels, "all"), rows)


def _cost(trials: Sequence[Trial]) -> Table:
    rows = [
        (
            trial.name,
            "" if trial.parameters is None else f"{trial.parameters:,}",
            "" if trial.training_seconds is None else f"{trial.training_seconds:,.1f}",
            f"{trial.seconds:,.1f}",
            f"{trial.seconds_per_item:.5f}",
        )
        for trial in trials
    ]
    return Table(("system", "parameters", "seconds of training", "seconds of answering", "seconds per item"), rows)


def _case(it: TaskAssessment, at: int) -> str:
    """One item as a person reads it, with the best baseline's answer beside the model's."""
    record = it.exam.records[at]
    alone = it.model.item_figures
    shown = [f"{name} {number_text(float(alone[name][at]), one.unit)}" for name, one in it.model.figures.items()]
    rows = [f"{record.id}  {'  '.join(shown)}", f"source     {_cut(source(record))}"]
    rows += [f"reference  {_cut(text)}" for text in references(record) or [NOTHING]]
    rows.append(f"output     {_cut(it.model.predictions[at].text) or NOTHING}")
    if it.best_baseline is not None:
        rows.append(f"{it.best_baseline.name}: {_cut(it.best_baseline.predictions[at].text) or NOTHING}")
    return "\n".join(rows)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]} … ({len(text):,} characters)"


def as_json(it: TaskAssessment, buckets: Sequence[Bucket]) -> dict[str, Any]:
    """Everything but the answers that are neither among the worst nor drawn."""
    answers = list(lines(it.exam, it.model))
    confusion = _confusion(it)
    return {
        "model": it.path,
        "on": it.on,
        **it.facts,
        "deciding": it.exam.deciding.name,
        "verdict": it.verdict,
        "systems": {trial.name: trial_json(trial) | _against(it, trial) for trial in it.trials},
        "best_baseline": None if it.best_baseline is None else it.best_baseline.name,
        "left_out": list(it.left_out),
        "training_items": None if it.doubled is None else [record.id for record in it.doubled],
        "by_length": [asdict(bucket) for bucket in buckets],
        "confusion": None if confusion is None else asdict(confusion),
        "seeds": _seeds_json(it) if it.seeds else None,
        "worst": [answers[at] for at in worst(it.exam, it.model)],
        "random": [answers[at] for at in random_ones(it.exam)],
    }


def trial_json(trial: Trial) -> dict[str, Any]:
    """A trial's figures, their signatures and its cost."""
    return {
        "figures": {name: asdict(figure) for name, figure in trial.figures.items()},
        "signatures": {name: measured.signature for name, measured in trial.measured.items()},
        "parameters": trial.parameters,
        "training_seconds": trial.training_seconds,
        "seconds": round(trial.seconds, 3),
        "seconds_per_item": trial.seconds_per_item,
    }


def _against(it: TaskAssessment, trial: Trial) -> dict[str, Any]:
    difference = it.differences.get(trial.name)
    if difference is None:
        return {}
    assert difference.gap is not None
    return {"p_value": difference.p_value, "difference": asdict(difference.gap)}


def _seeds_json(it: TaskAssessment) -> dict[str, Any]:
    runs = [it.model, *it.seeds]
    found = spread(runs)
    return {
        "runs": {trial.name: {name: figure.value for name, figure in trial.figures.items()} for trial in runs},
        "mean": {name: mean for name, (mean, _) in found.items()},
        "standard_deviation": {name: deviation for name, (_, deviation) in found.items()},
    }
