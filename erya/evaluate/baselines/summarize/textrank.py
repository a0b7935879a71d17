"""The sentences most like the others, by PageRank on their word overlap (Mihalcea & Tarau 2004)."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from erya.evaluate.learners.extracts import train_extract
from erya.evaluate.learners.words import is_word, words_of
from erya.evaluate.significance import Array
from erya.tasks.base.prediction import Record, System

DAMPING = 0.85
CLOSE = 1e-6
MOST_SENTENCES = 500
"""Sentences after these are not ranked, so that a book is no different from an article in time."""


class TextRank:
    """The most central sentences, as many as score best on the training records."""

    name = "TextRank"

    def train(self, records: Sequence[Record], language: str) -> System:
        """Choose how much to take."""
        return train_extract(records, language, partial(central, language))


def central(language: str, sentences: list[str]) -> list[int]:
    """The places of the sentences, the most central first, the earlier first where they are equal."""
    if not sentences:
        return []
    ranks = _page_rank(_likeness(language, sentences[:MOST_SENTENCES]))
    return [int(place) for place in np.argsort(-np.round(ranks, 6), kind="stable")]


def _likeness(language: str, sentences: list[str]) -> Array:
    """Different words two sentences share over the logarithms of their lengths; 0 for a sentence with itself."""
    words = [[word for word in words_of(sentence, language).words if is_word(word)] for sentence in sentences]
    column = {word: place for place, word in enumerate(dict.fromkeys(word for found in words for word in found))}
    holds = np.zeros((len(words), len(column)))
    for row, found in enumerate(words):
        holds[row, [column[word] for word in found]] = 1.0
    logarithms = np.log([max(len(found), 1) for found in words])
    below = logarithms[:, None] + logarithms[None]
    common = holds @ holds.T
    # two sentences of one word each have logarithms 0: whatever they share says nothing
    likeness: Array = np.divide(common, below, out=np.zeros_like(common), where=below > 0)
    np.fill_diagonal(likeness, 0.0)
    return likeness


def _page_rank(likeness: Array) -> Array:
    """Each sentence's rank: what it is given by the others, in proportion to their likeness, damped."""
    out = likeness.sum(axis=1, keepdims=True)
    share = np.divide(likeness, out, out=np.zeros_like(likeness), where=out > 0)
    ranks = np.ones(len(likeness))
    while True:
        following = (1 - DAMPING) + DAMPING * (ranks @ share)
        if np.abs(following - ranks).max() < CLOSE:
            return np.asarray(following)
        ranks = following


BASELINE = TextRank()
