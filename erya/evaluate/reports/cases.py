"""Single items of a trial: which were worst, what was answered, and how the figure goes with the length of the source.

In: an exam and its trials. Out: cases to read, lines for `predictions.jsonl`, and figures for sources of like length.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from erya.corpus.records import Labelled, Pair, Question, Summary
from erya.evaluate.metric import Figure
from erya.evaluate.significance import SEED
from erya.evaluate.task import Measured
from erya.evaluate.trial import Exam, Trial, figure
from erya.tasks.base.prediction import Record

SHOWN = 20
BUCKETS = 5
LEAST_IN_BUCKET = 10


@singledispatch
def source(record: Record) -> str:
    """The text that a system is given."""
    raise NotImplementedError(type(record).__name__)


@source.register
def _(record: Pair) -> str:
    return record.source


@source.register
def _(record: Question) -> str:
    return f"{record.question}\n{record.context}"


@source.register(Summary)
@source.register(Labelled)
def _(record: Summary | Labelled) -> str:
    return record.text


@singledispatch
def references(record: Record) -> list[str]:
    """What would be right; nothing where there is no answer."""
    raise NotImplementedError(type(record).__name__)


@references.register
def _(record: Pair) -> list[str]:
    return [record.target]


@references.register
def _(record: Question) -> list[str]:
    return list(record.answers)


@references.register
def _(record: Summary) -> list[str]:
    return [record.summary]


@references.register
def _(record: Labelled) -> list[str]:
    return [record.label]


def lines(exam: Exam, trial: Trial) -> Iterator[dict[str, Any]]:
    """Every item with its source, references, output and figures, as `predictions.jsonl` has them."""
    for at, (record, prediction) in enumerate(zip(exam.records, trial.predictions, strict=True)):
        line: dict[str, Any] = {
            "id": record.id,
            "source": source(record),
            "references": references(record),
            "output": prediction.text,
            "figures": {name: round(float(values[at]), 4) for name, values in trial.item_figures.items()},
        }
        optional = {
            "score": prediction.score,
            "probabilities": dict(prediction.probabilities) or None,
            "passage": prediction.passage,
        }
        yield line | {name: value for name, value in optional.items() if value is not None}


def worst(exam: Exam, trial: Trial) -> list[int]:
    """The places of the items that all metrics together rank last, the worst first.

    One metric would not do: BLEU is 0 for every sentence without four words in a row that are right.
    """
    badness = np.zeros(len(exam.records))
    for metric in exam.metrics:
        values = trial.item_figures[metric.name]
        distinct, rank = np.unique(-values if metric.higher_is_better else values, return_inverse=True)
        badness += rank / len(distinct)
    return [int(at) for at in np.argsort(-badness, kind="stable")[:SHOWN]]


def random_ones(exam: Exam) -> list[int]:
    """The places of items drawn by chance, the same at every call."""
    items = len(exam.records)
    drawn = np.random.default_rng(SEED).choice(items, size=min(SHOWN, items), replace=False)
    return sorted(int(at) for at in drawn)


@dataclass(frozen=True)
class Bucket:
    """Items whose sources are of like length, in characters, and each system's figure on them."""

    shortest: int
    longest: int
    middle: float
    items: int
    figures: Mapping[str, Figure]


def by_length(exam: Exam, trials: Sequence[Trial]) -> list[Bucket]:
    """The deciding metric's figures in buckets of as many items each, the shortest sources first."""
    lengths = np.array([len(source(record)) for record in exam.records])
    count = max(1, min(BUCKETS, len(lengths) // LEAST_IN_BUCKET))
    buckets = []
    for places in np.array_split(np.argsort(lengths, kind="stable"), count):
        own = lengths[places]
        figures = {}
        for trial in trials:
            whole = trial.measured[exam.deciding.name]
            part = Measured(whole.statistics[places], whole.value, whole.signature)
            figures[trial.name] = figure(part, exam.deciding.unit)
        buckets.append(Bucket(int(own.min()), int(own.max()), float(np.median(own)), len(places), figures))
    return buckets
