"""What a task's metric and baseline are: a metric adds up over items, a baseline learns from the training records."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from erya.evaluate.significance import Array
from erya.tasks.base.prediction import Prediction, Record, System


@dataclass(frozen=True)
class Measured:
    """Each item's share of a figure: the figure of any choice of items is `value` of their rows' sum.

    `value` takes sums [..., K] and gives figures [...], so that thousands of resamples are one call.
    """

    statistics: Array  # [N, K]
    value: Callable[[Array], Array]
    signature: str


class TaskMetric(Protocol):
    """An entry of `evaluate/metrics/TASK/`: `METRIC` in a file of its name."""

    name: str
    """As the field writes it: BLEU, chrF, exact match, ROUGE-L, macro-F1."""
    unit: str
    """`%` for figures from 0 to 100, else what it counts."""
    higher_is_better: bool

    def measure(self, predictions: Sequence[Prediction], records: Sequence[Record], language: str) -> Measured:
        """Compare predictions with the references of records in `language`, the answers' ISO 639-1 code.

        Raises: UserError when their numbers differ or a reference is empty.
        """


@runtime_checkable
class OccasionalMetric(TaskMetric, Protocol):
    """A metric that is measured beside the task's own where it says something of the records."""

    def concerns(self, records: Sequence[Record]) -> bool:
        """Whether it says something of these records."""


class TaskBaseline(Protocol):
    """An entry of `evaluate/baselines/TASK/`: `BASELINE` in a file of its name."""

    name: str

    def train(self, records: Sequence[Record], language: str) -> System:
        """Learn from the training records in seconds; the same records give the same system."""
