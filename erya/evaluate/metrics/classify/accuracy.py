"""Accuracy: the share of texts whose label is right."""

from collections.abc import Sequence

import numpy as np

from erya.corpus.records import Labelled
from erya.evaluate.scoring.labels import LabelMetric, right_ones
from erya.evaluate.significance import Array
from erya.tasks.base.prediction import Prediction


def _rows(predictions: Sequence[Prediction], records: Sequence[Labelled]) -> Array:
    right = right_ones(predictions, records)
    return np.stack([right, np.ones_like(right)], axis=1)


def _percent(sums: Array) -> Array:
    return np.asarray(100 * sums[..., 0] / sums[..., 1])


METRIC = LabelMetric("accuracy", "metric:accuracy", _rows, _percent)
