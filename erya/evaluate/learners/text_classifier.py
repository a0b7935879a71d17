"""A scikit-learn classifier of texts as a baseline's system: labelled texts in, labels with probabilities out."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from erya.core.errors import UserError
from erya.corpus.records import Labelled
from erya.tasks.base.prediction import Prediction, Record


@dataclass(frozen=True)
class TextClassifier:
    """A fitted pipeline with `predict_proba`."""

    pipeline: Any

    def __call__(self, records: Sequence[Record]) -> list[Prediction]:
        """The likeliest label of each text, with the probabilities of all."""
        texts = [record.text for record in records if isinstance(record, Labelled)]
        if not texts:
            return []
        labels = [str(label) for label in self.pipeline.classes_]
        return [predicted(labels, row) for row in self.pipeline.predict_proba(texts).tolist()]


def predicted(labels: Sequence[str], probabilities: Sequence[float]) -> Prediction:
    """The prediction of the likeliest label; of equal ones the first."""
    shares = dict(zip(labels, probabilities, strict=True))
    best = max(shares, key=lambda label: shares[label])
    return Prediction(best, score=shares[best], probabilities=shares)


def texts_and_labels(records: Sequence[Record]) -> tuple[list[str], list[str]]:
    """What to learn from.

    Raises: UserError when there is less than two labels to tell apart.
    """
    labelled = [record for record in records if isinstance(record, Labelled)]
    texts, labels = [record.text for record in labelled], [record.label for record in labelled]
    if len(set(labels)) < 2:
        raise UserError(
            f"a classifier learns from texts of two labels at least; got {len(texts):,} of {len(set(labels))}"
        )
    return texts, labels


def fit(pipeline: Any, texts: Sequence[str], labels: Sequence[str]) -> Any:
    """The pipeline, fitted; that the optimizer stops at its limit of steps is no failure of a baseline."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return pipeline.fit(texts, labels)
