"""TF-IDF with logistic regression by scikit-learn: words and pairs of words, or Chinese characters one to three long.

How strongly it is regularised is chosen on a tenth of the training texts; then it learns from all of them.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from erya.corpus.sentences import UNSPACED
from erya.evaluate.learners.text_classifier import TextClassifier, fit, texts_and_labels
from erya.tasks.base.prediction import Record, System

STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0)
USUAL_STRENGTH = 1.0
HELD_OUT = 0.1
LEAST_HELD_OUT = 50  # texts; with fewer the choice is chance
MOST_STEPS = 300


class TfidfLogistic:
    """The TF-IDF baseline."""

    name = "TF-IDF + logistic regression"

    def train(self, records: Sequence[Record], language: str) -> System:
        """Choose the strength by the log-loss on held-out training texts, which is what calibration asks for.

        Raises: UserError when there are less than two labels.
        """
        texts, labels = texts_and_labels(records)
        return TextClassifier(fit(_pipeline(_strength(texts, labels, language), language), texts, labels))


def _strength(texts: Sequence[str], labels: Sequence[str], language: str) -> float:
    from sklearn.metrics import log_loss
    from sklearn.model_selection import train_test_split

    if len(texts) * HELD_OUT < LEAST_HELD_OUT or min(Counter(labels).values()) < 2:
        return USUAL_STRENGTH
    kept, held_out, kept_labels, held_out_labels = train_test_split(
        texts, labels, test_size=HELD_OUT, stratify=labels, random_state=0
    )
    features = _features(language)
    known, asked = features.fit_transform(kept), features.transform(held_out)
    losses = {}
    for strength in STRENGTHS:
        model = fit(_model(strength), known, kept_labels)
        losses[strength] = log_loss(held_out_labels, model.predict_proba(asked), labels=model.classes_)
    return min(losses, key=lambda strength: losses[strength])


def _pipeline(strength: float, language: str) -> Any:
    from sklearn.pipeline import make_pipeline

    return make_pipeline(_features(language), _model(strength))


def _features(language: str) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    if language in UNSPACED:
        return TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=2)
    return TfidfVectorizer(token_pattern=r"[^\W_]+|[^\w\s]", ngram_range=(1, 2), sublinear_tf=True)


def _model(strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=MOST_STEPS)


BASELINE = TfidfLogistic()
