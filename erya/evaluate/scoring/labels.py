"""How labels are compared: predictions and labelled texts in, each item's share of a figure or their confusion out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from erya import __version__
from erya.core.errors import UserError
from erya.corpus.records import Labelled
from erya.evaluate.significance import Array
from erya.evaluate.task import Measured
from erya.tasks.base.prediction import Prediction, Record

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LabelMetric:
    """A metric of classification: `rows` gives each item's statistics, `value` the figure of sums of them."""

    name: str
    choices: str
    """As the signature has it."""
    rows: Callable[[Sequence[Prediction], Sequence[Labelled]], Array]
    value: Callable[[Array], Array]
    higher_is_better: bool = True
    unit: str = "%"

    def measure(self, predictions: Sequence[Prediction], records: Sequence[Record], language: str) -> Measured:
        """Compare labels.

        Raises: UserError when their numbers differ, there are none, or a true label is empty.
        """
        labelled = _labelled(predictions, records)
        labels = len({record.label for record in labelled})
        signature = f"{self.choices}|labels:{labels}|language:{language}|items:{len(labelled)}|erya:{__version__}"
        return Measured(self.rows(predictions, labelled), self.value, signature)


def confusion_matrix(predictions: Sequence[Prediction], records: Sequence[Record]) -> tuple[list[str], Counts]:
    """The labels in sorted order, and how often each true one (row) was given as each other (column).

    Raises: UserError as `LabelMetric.measure`.
    """
    labelled = _labelled(predictions, records)
    labels = sorted({record.label for record in labelled} | {prediction.text for prediction in predictions})
    place = {label: index for index, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)), dtype=np.int64)
    for prediction, record in zip(predictions, labelled, strict=True):
        counts[place[record.label], place[prediction.text]] += 1
    return labels, counts


def right_ones(predictions: Sequence[Prediction], records: Sequence[Labelled]) -> Array:
    """1 for each right label, 0 for each wrong one."""
    pairs = zip(predictions, records, strict=True)
    return np.array([prediction.text == record.label for prediction, record in pairs], dtype=np.float64)


def _labelled(predictions: Sequence[Prediction], records: Sequence[Record]) -> list[Labelled]:
    labelled = [record for record in records if isinstance(record, Labelled)]
    assert len(labelled) == len(records), "only labelled texts are classified"
    if len(predictions) != len(labelled) or not labelled:
        raise UserError(
            f"{len(predictions):,} predictions for {len(labelled):,} labelled texts; give one for each, one at least"
        )
    empty = [record.id for record in labelled if not record.label.strip()]
    if empty:
        raise UserError(f"{len(empty):,} labels are empty (the first: {empty[0]}); leave those texts out")
    return labelled
