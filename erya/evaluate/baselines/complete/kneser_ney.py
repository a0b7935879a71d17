"""Interpolated modified Kneser–Ney over the model's own tokens: the best classical language model.

In: the documents the model was trained on. Out: a scorer. Every n-gram of an order has a number: its place among the
sorted keys `number of its first n-1 tokens × vocabulary + last token`. So each order is one sorted array, contexts are
numbers of the order below, and counting, smoothing and scoring are a handful of array operations an order.
Source: Chen & Goodman 1998 (TR-10-98), section 3; counts-of-counts discounts after Ney, Essen & Kneser 1994.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from erya.evaluate.baseline import Baseline, Corpus, padded_stream
from erya.evaluate.scorer import Advance, Ending, Ids, Nats

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
ORDER = 5
FALLBACK_DISCOUNTS = (0.5, 1.0, 1.5)  # for a text too small to have n-grams seen once, twice, three and four times
QUERY_TOKENS = 500_000


@dataclass(frozen=True)
class Level:
    """One order: its n-grams' sorted keys, their discounted share, and what each context leaves to the order below."""

    keys: Ints
    share: Floats
    left: Floats  # gamma of Chen & Goodman; 1 for a context never seen


def discounts(counts: Ints) -> tuple[float, float, float]:
    """D1, D2 and D3+ from how many n-grams were seen once, twice, three and four times.

    Source: Chen & Goodman 1998, section 3: Y = n1/(n1+2·n2), D1 = 1-2Y·n2/n1, D2 = 2-3Y·n3/n2, D3+ = 3-4Y·n4/n3.
    """
    n1, n2, n3, n4 = (int(np.count_nonzero(counts == times)) for times in (1, 2, 3, 4))
    if not (n1 and n2 and n3 and n4):
        return FALLBACK_DISCOUNTS
    y = n1 / (n1 + 2 * n2)
    found = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
    if any(not 0 < discount <= times for times, discount in enumerate(found, start=1)):
        return FALLBACK_DISCOUNTS
    return found


def _numbered(keys: Ints) -> tuple[Ints, Ints, Ints]:
    """Sorted unique keys, the place of each key among them, and a position at which each unique key stands."""
    order = np.argsort(keys)
    ranked = keys[order]
    first = np.empty(len(keys), bool)
    first[:1] = True
    np.not_equal(ranked[1:], ranked[:-1], out=first[1:])
    places = np.empty(len(keys), np.int64)
    places[order] = np.cumsum(first) - 1
    return ranked[first], places, order[first]


def _level(keys: Ints, counts: Ints, vocab_size: int, contexts: int) -> Level:
    """Smooth one order: (c - D(c)) / Σc for each n-gram, and Σ D(c) / Σc for each context."""
    discount = np.array([0.0, *discounts(counts)])[np.minimum(counts, 3)]
    context = keys // vocab_size
    total = np.bincount(context, weights=counts, minlength=contexts)
    taken = np.bincount(context, weights=discount, minlength=contexts)
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.where(total > 0, taken / total, 1.0)
        share = np.where(counts > 0, (counts - discount) / total[context], 0.0)
    return Level(keys, share, left)


class KneserNey:
    """A trained model: one `Level` an order, the unigram first."""

    name = "kneser-ney-5"

    def __init__(self, corpus: Corpus, order: int = ORDER) -> None:
        self.order, self.vocab_size, self.end_of_text_id = order, corpus.vocab_size, corpus.end_of_text_id
        stream, predicted = padded_stream(corpus.documents, corpus.end_of_text_id, order - 1, ends=True)
        self.tokens = int(predicted.sum())
        self.levels = self._count(stream, predicted)
        self.signature = f"order:{order}|smoothing:interpolated-modified-kneser-ney|trained-on:{self.tokens}tokens"

    def _count(self, stream: Ints, predicted: npt.NDArray[np.bool_]) -> list[Level]:
        """Raw counts for the highest order; below it, in how many different tokens' company an n-gram is seen."""
        keys: list[Ints] = []
        counts: list[Ints] = []
        places = np.zeros(len(stream), np.int64)
        for _ in range(self.order):
            below = places
            unique, places, where = _numbered(np.roll(below, 1) * self.vocab_size + stream)
            seen = np.bincount(places[predicted], minlength=len(unique))
            if keys:
                counts[-1] = np.bincount(below[where[seen > 0]], minlength=len(keys[-1]))
            keys.append(unique)
            counts.append(seen)
        contexts = [1, *map(len, keys)]
        return [_level(*entry) for entry in zip(keys, counts, [self.vocab_size] * self.order, contexts, strict=False)]

    def nats(self, texts: Sequence[Ids], advance: Advance) -> list[Nats]:
        """-ln p of each token of each text."""
        found: list[Nats] = []
        start = 0
        while start < len(texts):
            end, tokens = start, 0
            while end < len(texts) and (end == start or tokens + len(texts[end]) <= QUERY_TOKENS):
                tokens += len(texts[end])
                end += 1
            stream, predicted = padded_stream(texts[start:end], self.end_of_text_id, self.order - 1, ends=False)
            nats = -np.log(self._probabilities(stream)[predicted])
            found += np.split(nats, np.cumsum([len(text) for text in texts[start:end]])[:-1])
            advance(tokens)
            start = end
        return found

    def _probabilities(self, stream: Ints) -> Floats:
        """p of each token after the `order - 1` before it."""
        p = np.full(len(stream), 1 / self.vocab_size)
        places = np.zeros(len(stream), np.int64)
        for level in self.levels:
            contexts = np.roll(places, 1)
            places = _find(level.keys, np.where(contexts >= 0, contexts * self.vocab_size + stream, -1))
            share = np.where(places >= 0, level.share[places], 0.0)
            p = share + np.where(contexts >= 0, level.left[contexts], 1.0) * p
        return p

    def distribution(self, context: Ids) -> Floats:
        """p of every token of the vocabulary after these; with fewer than `order - 1`, a text begins with them."""
        p = np.full(self.vocab_size, 1 / self.vocab_size)
        padded = [self.end_of_text_id] * (self.order - 1) + [int(token) for token in context[-self.order :]]
        for length, level in enumerate(self.levels):
            number = self._number(padded[len(padded) - length :])
            if number is None:
                break  # a context never seen has no longer one that was
            low, high = np.searchsorted(level.keys, [number * self.vocab_size, (number + 1) * self.vocab_size])
            p *= level.left[number]
            p[level.keys[low:high] % self.vocab_size] += level.share[low:high]
        return p

    def _number(self, tokens: Sequence[int]) -> int | None:
        number = 0
        for level, token in zip(self.levels, tokens, strict=False):
            key = number * self.vocab_size + token
            number = int(np.searchsorted(level.keys, key))
            if number == len(level.keys) or level.keys[number] != key:
                return None
        return number

    def endings(self, texts: Sequence[Ids], last: Sequence[int], advance: Advance) -> list[Ending]:
        """The last tokens of each text, given all before them."""
        found = []
        for text, count in zip(texts, last, strict=True):
            nats, likeliest = 0.0, True
            for at in range(len(text) - count, len(text)):
                shares = self.distribution(text[:at])
                nats -= float(np.log(shares[text[at]]))
                likeliest = likeliest and int(shares.argmax()) == int(text[at])
            found.append(Ending(nats, likeliest))
            advance(len(text))
        return found


def _find(keys: Ints, wanted: Ints) -> Ints:
    """The place of each wanted key among sorted keys, -1 where it is not one of them."""
    places = np.searchsorted(keys, wanted)
    places[places == len(keys)] = 0
    return np.where(keys[places] == wanted, places, -1)


BASELINE = Baseline(name="kneser_ney", train=KneserNey)
