"""Macro-F1: the mean of the F1 of each label that occurs, predicted or true, so that a rare one weighs as a common."""

from collections.abc import Sequence

import numpy as np

from erya.corpus.records import Labelled
from erya.evaluate.scoring.labels import LabelMetric
from erya.evaluate.significance import Array
from erya.tasks.base.prediction import Prediction


def _rows(predictions: Sequence[Prediction], records: Sequence[Labelled]) -> Array:
    """For each label whether it was given rightly [N, L], then how often it was given or true [N, L]."""
    given = np.array([prediction.text for prediction in predictions])[:, None]
    true = np.array([record.label for record in records])[:, None]
    labels = np.unique(np.concatenate([given, true]))
    right = (given == labels) & (true == labels)
    occurring = (given == labels).astype(np.float64) + (true == labels)
    return np.concatenate([right.astype(np.float64), occurring], axis=1)


def _mean_f1(sums: Array) -> Array:
    right, occurring = np.split(sums, 2, axis=-1)
    f1 = 2 * right / np.maximum(occurring, 1)
    return np.asarray(100 * f1.sum(axis=-1) / (occurring > 0).sum(axis=-1))


METRIC = LabelMetric("macro-F1", "metric:macro-f1", _rows, _mean_f1)
