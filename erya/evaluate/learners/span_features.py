"""What a span of a context shows of being the answer to a question, without any model.

A question in; out, for each word of its context, which features it has as the first, as the last and as any word of an
answer: how much of the question stands around it (weighted by TF-IDF), its shape and neighbours with the kind of
question asked. Features are indices into one table of weights, so that the score of every span is a few sums.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from erya.corpus.records import Question
from erya.evaluate.learners.words import InverseFrequency, Words, is_word, words_of
from erya.evaluate.significance import Array

Indices = npt.NDArray[np.int64]
Item = TypeVar("Item")

Column = tuple[Indices, int]
"""A value for each word, and the number of values there are."""

KNOWN = 1501
"""Frequent words told apart, and 0 for the others."""
WIDE = 21
"""Kinds of question told apart by the question word, and 0 for the others."""
NARROW = 151
"""Kinds of question told apart by the question word with the word after it, and 0 for the others."""
RANKS = 4
TELLING = 1.0
"""The weight in nats above which a word of the question is one to measure distances from."""
WINDOW = 10
SHARES = 6
STEM_CHARACTERS = 5
NEAR = np.array([0, 1, 2, 3, 4, 6, 9, 16])
"""Distances in words at which a new class of distance begins."""
ASKING = {
    "en": re.compile(r"\b(who|whose|whom|when|where|why|how|which|what|name)\b\W*(\w*)"),
    "zh": re.compile(r"(谁|何时|何地|为什么|为何|多少|多久|多大|多长|多高|几|哪里|哪儿|哪|怎么|怎样|如何|什么|何)(.?)"),
}
ASKING["ja"] = re.compile(r"(誰|いつ|どこ|なぜ|何|どの|どう|いくら|いくつ)(.?)")
SHAPES = (r"\W", r"\d{4}", r"\d{1,2}", r"\d.*", r"[\u3040-\u30ff\u3400-\u9fff]", r"[A-Z]{2,}", r"[A-Z].*", r".*")


@dataclass(frozen=True)
class SpanFeatures:
    """Indices of weights for each of T words, as first, last and any word of a span, and for each of L lengths."""

    words: Words
    first: Indices  # [T, features]
    last: Indices  # [T, features]
    inside: Indices  # [T, features]
    length: Indices  # [L, features]
    nothing: Indices  # [features], of there being no answer


@dataclass(frozen=True)
class _Context:
    """What a context is whatever is asked."""

    words: Words
    stems: list[str]
    known: Indices
    shapes: Indices
    sentences: Indices
    weights: Array


@dataclass(frozen=True)
class _Seen:
    """What each word of a context shows of a question; `asked` is the kind of question, the same for all."""

    asked: int
    shape: Indices
    known: Indices
    matched: Indices
    sentence: Indices
    rank: Indices
    left: Indices
    right: Indices
    far_left: Indices
    far_right: Indices


class SpanReader:
    """Makes features of questions; its words, kinds of question and weights are those of the training records."""

    def __init__(self, records: Sequence[Question], language: str, longest: int) -> None:
        self.language = language
        self.longest = longest
        self._asking = ASKING.get(language, ASKING["en"])
        contexts = [words_of(text, language) for text in dict.fromkeys(record.context for record in records)]
        self.frequency = InverseFrequency(_stem(words.words) for words in contexts)
        self._known = _ranked((word for words in contexts for word in words.words), KNOWN - 1)
        asked = [self._asked(record.question) for record in records]
        self._kinds = _ranked((word for word, _ in asked), WIDE - 1)
        self._narrow_kinds = _ranked(asked, NARROW - 1)
        self._context = lru_cache(16)(self._read_context)
        self.size = 0  # of the table of weights; known after the first reading

    def read(self, question: Question) -> SpanFeatures:
        """The features of every span of a question's context."""
        context = self._context(question.context)
        asked = self._asked(question.question)
        seen = self._look(context, question.question, self._kinds.get(asked[0], 0))
        kind = self._narrow_kinds.get(asked, 0)
        first, base = _table(0, (seen.shape * NARROW + kind, len(SHAPES) * NARROW), *_first_columns(seen))
        last, base = _table(base, (seen.shape * NARROW + kind, len(SHAPES) * NARROW), *_last_columns(seen))
        inside, base = _table(base, *_inside_columns(seen))
        lengths = np.arange(self.longest)
        length, base = _table(
            base,
            (lengths * NARROW + kind, self.longest * NARROW),
            (lengths * WIDE + seen.asked, self.longest * WIDE),
            (lengths, self.longest),
        )
        best = np.array([int(seen.sentence.max(initial=0))])
        nothing, self.size = _table(base, (best, SHARES), (np.array([kind]), NARROW))
        return SpanFeatures(context.words, first, last, inside, length, nothing[0])

    def _look(self, context: _Context, question: str, asked: int) -> _Seen:
        stems = _stem(words_of(question, self.language).words)
        matches = _matches(context.stems, stems)
        weights = context.weights * matches  # a longer run of question words tells more
        total = max(float(self.frequency.weights(set(stems)).sum()), 1.0)
        return _Seen(
            asked,
            context.shapes,
            context.known,
            np.minimum(matches, 2),
            *_sentence_shares(context, weights, total),
            *_windows(weights, total),
            *_distances(weights > TELLING),
        )

    def _asked(self, question: str) -> tuple[str, str]:
        found = self._asking.search(question.lower())
        return (found[1], found[2]) if found else ("", "")

    def _read_context(self, text: str) -> _Context:
        words = words_of(text, self.language)
        stems = _stem(words.words)
        shapes = np.array([_shape(words.span(i, i)) for i in range(len(stems))], dtype=np.int64)
        known = np.array([self._known.get(word, 0) for word in words.words], dtype=np.int64)
        sentences = np.array(words.sentences, dtype=np.int64)
        return _Context(words, stems, known, shapes, sentences, self.frequency.weights(stems))


def _first_columns(seen: _Seen) -> list[Column]:
    before = _shift(seen.known, 1)
    return [
        (seen.known * WIDE + seen.asked, KNOWN * WIDE),
        (before * WIDE + seen.asked, KNOWN * WIDE),
        (before, KNOWN),
        (seen.matched * 3 + _shift(seen.matched, 1), 9),
        (seen.left * len(SHAPES) + seen.shape, SHARES * len(SHAPES)),
        (seen.far_left * WIDE + seen.asked, (len(NEAR) + 1) * WIDE),
        (seen.sentence * RANKS + seen.rank, SHARES * RANKS),
        (seen.rank * WIDE + seen.asked, RANKS * WIDE),
        (seen.shape * len(SHAPES) + _shift(seen.shape, 1), len(SHAPES) ** 2),
    ]


def _last_columns(seen: _Seen) -> list[Column]:
    after = _shift(seen.known, -1)
    return [
        (seen.known * WIDE + seen.asked, KNOWN * WIDE),
        (after * WIDE + seen.asked, KNOWN * WIDE),
        (after, KNOWN),
        (seen.matched * 3 + _shift(seen.matched, -1), 9),
        (seen.right * len(SHAPES) + seen.shape, SHARES * len(SHAPES)),
        (seen.far_right * WIDE + seen.asked, (len(NEAR) + 1) * WIDE),
        (seen.shape * len(SHAPES) + _shift(seen.shape, -1), len(SHAPES) ** 2),
    ]


def _inside_columns(seen: _Seen) -> list[Column]:
    return [(seen.shape * WIDE + seen.asked, len(SHAPES) * WIDE), (seen.known, KNOWN), (seen.matched, 3)]


def _stem(words: Iterable[str]) -> list[str]:
    """The first letters of each word: a crude stemmer that needs no language."""
    return [word[:STEM_CHARACTERS] for word in words]


@lru_cache(2**16)
def _shape(word: str) -> int:
    return next(place for place, shape in enumerate(SHAPES) if re.fullmatch(shape, word))


def _ranked(items: Iterable[Item], most: int) -> dict[Item, int]:
    """The most frequent items numbered from 1; 0 stands for the others."""
    return {item: rank for rank, (item, _) in enumerate(Counter(items).most_common(most), start=1)}


def _table(base: int, *columns: Column) -> tuple[Indices, int]:
    """Columns of values below their sizes, each moved to its own stretch of indices from `base`; the next free one."""
    offsets = np.cumsum([base, *(size for _, size in columns)])
    return np.stack([values for values, _ in columns], axis=1) + offsets[:-1], int(offsets[-1])


def _shift(values: Indices, by: int) -> Indices:
    """Each word's value of the word before it (`by` 1) or after it (-1); 0 at the edge."""
    moved = np.zeros_like(values)
    if by > 0:
        moved[1:] = values[:-1]
    else:
        moved[:-1] = values[1:]
    return moved


def _matches(stems: list[str], question: list[str]) -> Indices:
    """For each word of the context the length, up to 3, of the longest run of question words that it is part of."""
    found = np.zeros(len(stems), dtype=np.int64)
    for size in (1, 2, 3):
        runs = set(zip(*(question[i:] for i in range(size)), strict=False))
        for place, run in enumerate(zip(*(stems[i:] for i in range(size)), strict=False)):
            if run in runs:
                found[place : place + size] = size
    found[[not is_word(stem) for stem in stems]] = 0
    return found


def _sentence_shares(context: _Context, weights: Array, total: float) -> tuple[Indices, Indices]:
    """Of each word's sentence: how much of the question it holds, in classes, and its rank by that, up to 3."""
    if not len(context.sentences):
        return context.sentences, context.sentences
    sums: Array = np.bincount(context.sentences, weights).astype(np.float64)
    ranks = np.empty(len(sums), dtype=np.int64)
    ranks[np.argsort(-sums, kind="stable")] = np.arange(len(sums))
    return _classes(sums, total)[context.sentences], np.minimum(ranks, RANKS - 1)[context.sentences]


def _windows(weights: Array, total: float) -> tuple[Indices, Indices]:
    """How much of the question stands in the words before and after each word, in classes."""
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    places = np.arange(len(weights))
    left = sums[places] - sums[np.maximum(places - WINDOW, 0)]
    right = sums[np.minimum(places + 1 + WINDOW, len(weights))] - sums[places + 1]
    return _classes(left, total), _classes(right, total)


def _classes(amounts: Array, total: float) -> Indices:
    return np.minimum(amounts / total * SHARES, SHARES - 1).astype(np.int64)


def _distances(matched: npt.NDArray[np.bool_]) -> tuple[Indices, Indices]:
    """The class of the distance to the nearest telling question word before and after each word."""
    places = np.arange(len(matched))
    far = len(matched) + int(NEAR[-1])
    before = places - np.maximum.accumulate(np.where(matched, places, -far))
    after = np.minimum.accumulate(np.where(matched, places, 2 * far)[::-1])[::-1] - places
    return np.searchsorted(NEAR, before, side="right"), np.searchsorted(NEAR, after, side="right")
