"""The words of a text with their places, as the classical baselines see them: Chinese by character.

A text in; its words, lower-cased, and where each begins and ends out. Punctuation marks are words that hold no letter.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from erya.corpus.sentences import sentence_spans
from erya.evaluate.significance import Array

_WORD = re.compile(r"[\u3400-\u9fff\u3040-\u30ff]|\d+(?:[.,]\d+)*|[^\W\d_\u3400-\u9fff\u3040-\u30ff]+|\S")


@dataclass(frozen=True)
class Words:
    """A text's words: `text[starts[i]:ends[i]]`, lower-cased, is `words[i]`, in sentence `sentences[i]`."""

    text: str
    words: list[str]
    starts: list[int]
    ends: list[int]
    sentences: list[int]

    def span(self, first: int, last: int) -> str:
        """The text from a word to another, both included."""
        return self.text[self.starts[first] : self.ends[last]]

    def place(self, start: int, end: int) -> tuple[int, int] | None:
        """The first and last word that lie in a span of characters; None when no word does."""
        inside = [i for i in range(len(self.words)) if self.ends[i] > start and self.starts[i] < end]
        return (inside[0], inside[-1]) if inside else None


def words_of(text: str, language: str) -> Words:
    """The words of a text, each with its place and its sentence."""
    found = list(_WORD.finditer(text))
    ends = [end for _, end in sentence_spans(text, language)]
    starts = [match.start() for match in found]
    sentences = np.searchsorted(ends, starts, side="right").tolist() if ends else []
    return Words(text, [match.group().lower() for match in found], starts, [m.end() for m in found], sentences)


def is_word(word: str) -> bool:
    """Whether it is more than a punctuation mark."""
    return word[0].isalnum()


class InverseFrequency:
    """How much a word tells: the logarithm of the inverse share of texts it is in, 1 added to both counts."""

    def __init__(self, texts: Iterable[Iterable[str]]) -> None:
        self.texts = 0
        self.count: Counter[str] = Counter()
        for words in texts:
            self.texts += 1
            self.count.update(set(words))

    def weights(self, words: Iterable[str]) -> Array:
        """The weight of each word in nats; 0 for punctuation."""
        counts = np.array([self.count[word] if is_word(word) else self.texts for word in words], dtype=np.float64)
        return np.log((self.texts + 1.0) / (counts + 1.0))
