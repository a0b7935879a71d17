"""Multinomial logistic regression over every span of a context.

Features and the accepted spans of training questions in, one table of weights out; then, of a question's features, the
probability of each span. A span's score is what its first word, its last word, the words inside and its length weigh,
so that all T × L spans cost a few sums.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from erya.evaluate.learners.span_features import SpanFeatures
from erya.evaluate.significance import Array

Mask = npt.NDArray[np.bool_]

EPOCHS = 4
BATCH = 8
LEARNING_RATE = 0.15
SEED = 0


def span_probabilities(weights: Array, features: SpanFeatures, may_be_nothing: bool) -> tuple[Array, float]:
    """The probability [T, L] of each first word and length less one, and that of there being no answer.

    A span ends in the sentence it begins in.
    """
    first = weights[features.first].sum(axis=1)
    last = weights[features.last].sum(axis=1)
    inside = np.concatenate([[0.0], np.cumsum(weights[features.inside].sum(axis=1))])
    length = weights[features.length].sum(axis=1)
    ends, allowed = _spans(features)
    scores = first[:, None] + last[ends] + inside[ends + 1] - inside[:-1, None] + length[None, :]
    scores = np.where(allowed, scores, -np.inf)
    nothing = weights[features.nothing].sum() if may_be_nothing else -np.inf
    highest = max(float(scores.max(initial=-np.inf)), float(nothing))
    powers, power = np.exp(scores - highest), float(np.exp(nothing - highest))
    total = powers.sum() + power
    return powers / total, power / total


def fit(questions: Sequence[tuple[SpanFeatures, Mask]], size: int) -> Array:
    """The weights under which the accepted spans [T, L] are likely; a question with none accepted has no answer.

    Adagrad, a few passes. Source: Duchi, Hazan & Singer 2011.
    """
    weights, squares = np.zeros(size), np.full(size, 1e-8)
    may_be_nothing = any(not accepted.any() for _, accepted in questions)
    chance = np.random.default_rng(SEED)
    for _ in range(EPOCHS):
        order = chance.permutation(len(questions))
        for start in range(0, len(order), BATCH):
            gradient = _gradient(weights, [questions[i] for i in order[start : start + BATCH]], may_be_nothing)
            squares += gradient**2
            weights -= LEARNING_RATE * gradient / np.sqrt(squares)
    return weights


def _gradient(weights: Array, questions: Sequence[tuple[SpanFeatures, Mask]], may_be_nothing: bool) -> Array:
    """That of the negative logarithm of the probability of the accepted spans together, summed over questions."""
    indices: list[npt.NDArray[np.int64]] = []
    values: list[Array] = []
    for features, accepted in questions:
        spans, nothing = span_probabilities(weights, features, may_be_nothing)
        right = np.where(accepted, spans, 0.0)
        if accepted.any():
            change = spans - right / max(float(right.sum()), 1e-30)
        else:
            change, nothing = spans, nothing - 1.0
        ends, _ = _spans(features)
        by_first = change.sum(axis=1)
        by_last = np.bincount(ends.ravel(), change.ravel(), minlength=len(by_first))
        by_inside = np.cumsum(by_first) - np.cumsum(by_last) + by_last
        for table, by in [
            (features.first, by_first),
            (features.last, by_last),
            (features.inside, by_inside),
            (features.length, change.sum(axis=0)),
            (features.nothing[None], np.array([nothing])),
        ]:
            indices.append(table.ravel())
            values.append(np.repeat(by, table.shape[1]))
    return np.bincount(np.concatenate(indices), np.concatenate(values), minlength=len(weights)).astype(np.float64)


def _spans(features: SpanFeatures) -> tuple[npt.NDArray[np.int64], Mask]:
    """The last word [T, L] of each span, and whether the span is one: within the text and within one sentence."""
    count, longest = len(features.first), len(features.length)
    ends = np.arange(count)[:, None] + np.arange(longest)[None, :]
    sentences = np.array(features.words.sentences, dtype=np.int64)
    inside = ends < count
    ends = np.minimum(ends, count - 1)
    return ends, inside & (sentences[ends] == sentences[:, None])
