"""Systems put to the same task: what they answer, how good it is, and which of two is better, on what evidence.

In: records and systems: a model, a baseline, the same model from another seed. Out: a `Trial` of each, and the
`Difference` of any two, which is of the same items and so a paired one.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from erya.core import registry
from erya.evaluate.metric import Figure
from erya.evaluate.reports.board import number_text
from erya.evaluate.significance import Array, Interval, bootstrap_value, paired_bootstrap_value
from erya.evaluate.task import Measured, OccasionalMetric, TaskMetric
from erya.tasks.base.prediction import Prediction, Record, System
from erya.tasks.base.task import Task

METRICS = "erya.evaluate.metrics"
LEVEL = 0.05


@dataclass(frozen=True)
class Trial:
    """What a system answered, how good that is by each metric, and what it cost; `seconds` are of all answers."""

    name: str
    predictions: Sequence[Prediction]
    measured: Mapping[str, Measured]
    figures: Mapping[str, Figure]
    seconds: float
    parameters: int | None = None
    training_seconds: float | None = None

    @cached_property
    def item_figures(self) -> dict[str, Array]:
        """Each metric's figure of every item alone, [N]."""
        return {name: it.value(it.statistics) for name, it in self.measured.items()}

    @property
    def seconds_per_item(self) -> float:
        """How long one answer took, those of many records being sought together."""
        return self.seconds / len(self.predictions)


@dataclass(frozen=True)
class Exam:
    """The records that every system answers, and the metrics of the answers, the deciding one first."""

    task: Task
    metrics: Sequence[TaskMetric]
    records: Sequence[Record]
    language: str

    @classmethod
    def of(cls, task: Task, records: Sequence[Record], language: str, metric: str | None = None) -> "Exam":
        """The task's own metrics and those that concern the records; one that is named decides in place of the first.

        Raises: UserError for a metric the task does not have.
        """
        named = [metric.replace("-", "_")] if metric is not None else []
        every: dict[str, TaskMetric] = registry.discover(f"{METRICS}.{task.name}", "METRIC")
        also = [key for key, it in every.items() if isinstance(it, OccasionalMetric) and it.concerns(records)]
        names = dict.fromkeys([*named, *task.metrics, *also])
        metrics = [registry.pick(f"{METRICS}.{task.name}", "METRIC", name) for name in names]
        return cls(task, metrics, records, language)

    @property
    def deciding(self) -> TaskMetric:
        """The metric that says which system is better."""
        return self.metrics[0]

    def take(
        self, name: str, system: System, parameters: int | None = None, training_seconds: float | None = None
    ) -> Trial:
        """Let a system answer the records without their references, and compare its answers with those."""
        start = time.monotonic()
        predictions = system([self.task.blank(record) for record in self.records])
        seconds = time.monotonic() - start
        found = {it.name: it.measure(predictions, self.records, self.language) for it in self.metrics}
        figures = {it.name: figure(found[it.name], it.unit) for it in self.metrics}
        return Trial(name, predictions, found, figures, seconds, parameters, training_seconds)

    def difference(self, first: Trial, second: Trial) -> "Difference":
        """How far two trials are apart by the deciding metric."""
        metric = self.deciding
        one, other = first.measured[metric.name], second.measured[metric.name]
        p_value, p_reverse = paired(one, other, metric.higher_is_better)
        figures = (first.figures[metric.name], second.figures[metric.name])
        names = (first.name, second.name)
        return Difference(names, metric.name, figures, _gap(one, other), p_value, p_reverse, len(self.records))

    def ranked(self, trials: Sequence[Trial]) -> list[Trial]:
        """The trials, the best first by the deciding metric."""
        metric = self.deciding
        return sorted(trials, key=lambda it: it.figures[metric.name].value, reverse=metric.higher_is_better)


def figure(measured: Measured, unit: str) -> Figure:
    """The figure of all items with its 95 % interval."""
    return Figure.of(bootstrap_value(measured.statistics, measured.value), unit)


def paired(first: Measured, second: Measured, higher_is_better: bool) -> tuple[float | None, float | None]:
    """The p-values of the first, and of the second, being better only by the choice of items."""
    one, other = (first.statistics, first.value), (second.statistics, second.value)
    return (
        paired_bootstrap_value(one[0], other[0], one[1], other[1], higher_is_better),
        paired_bootstrap_value(other[0], one[0], other[1], one[1], higher_is_better),
    )


def _gap(first: Measured, second: Measured) -> Interval:
    """The first figure less the second over the same resamples."""
    width = first.statistics.shape[1]

    def value(sums: Array) -> Array:
        return np.asarray(first.value(sums[..., :width]) - second.value(sums[..., width:]))

    return bootstrap_value(np.concatenate([first.statistics, second.statistics], axis=1), value)


@dataclass(frozen=True)
class Difference:
    """Two systems on the same items; `p_value` is of the first being better only by chance, `p_reverse` of the second.

    Both are one-sided. `gap` is the first figure less the second, where that can be resampled.
    """

    names: tuple[str, str]
    metric: str
    figures: tuple[Figure, Figure]
    gap: Interval | None
    p_value: float | None
    p_reverse: float | None
    items: int

    @property
    def two_sided(self) -> float | None:
        """The p-value where which of the two might be better was not asked beforehand."""
        if self.p_value is None or self.p_reverse is None:
            return None
        return min(1.0, 2 * min(self.p_value, self.p_reverse))

    def evidence(self, p_value: float | None, test: str = "paired bootstrap") -> str:
        """Both figures, their difference with its interval, and p by the test named."""
        one, other = (number_text(it.value, it.unit) for it in self.figures)
        text = f"{self.metric} {one} against {other}"
        if self.gap is not None and self.gap.low is not None and self.gap.high is not None:
            ends = [number_text(it, self.figures[0].unit) for it in (self.gap.value, self.gap.low, self.gap.high)]
            text += f", a difference of {ends[0]} (95 % interval {ends[1]} to {ends[2]})"
        return (
            f"{text}, on one item" if p_value is None else f"{text}, p = {p_value:.3f} by {test}, {self.items:,} items"
        )


def beats(difference: Difference, subject: str, rival: str) -> str:
    """One sentence on whether the first system is better than the second, as they are called."""
    p, reverse = difference.p_value, difference.p_reverse
    if p is not None and p <= LEVEL:
        return f"{subject} is better than {rival}: {difference.evidence(p)}."
    if reverse is not None and reverse <= LEVEL:
        return f"{subject} is worse than {rival}: {difference.evidence(reverse)}."
    return f"{subject} cannot be told apart from {rival}: {difference.evidence(p)}."
