"""Expected calibration error: how far, on average, what a system says it is sure of is from how often it is right.

Source: Guo et al. 2017, "On Calibration of Modern Neural Networks"; 15 bins of equal width.
"""

from collections.abc import Sequence

import numpy as np

from erya.core.errors import UserError
from erya.corpus.records import Labelled
from erya.evaluate.scoring.labels import LabelMetric, right_ones
from erya.evaluate.significance import Array
from erya.tasks.base.prediction import Prediction

BINS = 15
ROUNDING = 1e-3  # what probabilities of half precision may miss of a sum of 1


def _rows(predictions: Sequence[Prediction], records: Sequence[Labelled]) -> Array:
    """Each item's rightness less its confidence, in the column of its bin, and a one."""
    confidence = np.array([_confidence(one, record.id) for one, record in zip(predictions, records, strict=True)])
    bins = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)  # a bin holds its upper end
    items = len(confidence)
    rows = np.zeros((items, BINS + 1))
    rows[np.arange(items), bins] = right_ones(predictions, records) - confidence
    rows[:, BINS] = 1
    return rows


def _confidence(prediction: Prediction, identity: str) -> float:
    shares = prediction.probabilities
    total = sum(shares.values())
    proper = min(shares.values(), default=-1.0) >= 0 and abs(total - 1) <= ROUNDING
    if not proper or prediction.text not in shares:
        raise UserError(
            f"{identity}: the calibration error needs the probabilities of all labels, the predicted one among them,"
            f" that sum to 1; got {len(shares)} with a sum of {total:.4g}"
        )
    return shares[prediction.text]


def _expected(sums: Array) -> Array:
    return np.asarray(100 * np.abs(sums[..., :BINS]).sum(axis=-1) / sums[..., BINS])


METRIC = LabelMetric(
    "calibration error", f"metric:ece|bins:{BINS}|width:equal", _rows, _expected, higher_is_better=False
)
