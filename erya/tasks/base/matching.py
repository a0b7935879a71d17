"""What a context has in common with its question.

A question and a context in. Out, for each character of the context, whether it belongs to a word of the question or,
where words are not spaced, to two neighbouring characters of it; and the sentence that has most of the question. Words
are alike whose first five letters are, as "player" and "played".
Source: the exact match of Chen et al. 2017, "Reading Wikipedia to Answer Open-Domain Questions", arXiv:1704.00051, 3.2.
"""

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool

from erya.corpus.sentences import sentence_spans

STEM_LETTERS = 5
_UNSPACED = r"[\u3040-\u30ff\u3400-\u9fff]"
_UNIT = re.compile(rf"(?={_UNSPACED}{{2}})|[^\W_\u3040-\u30ff\u3400-\u9fff]+")


def in_question(question: str, context: str) -> Bool[np.ndarray, " characters"]:
    """Whether each character of the context is of a word, or a pair of characters, that stands in the question."""
    asked = {unit for unit, _, _ in _units(question)}
    found = np.zeros(len(context), bool)
    for unit, start, end in _units(context):
        if unit in asked:
            found[start:end] = True
    return found


def nearest_sentence(question: str, context: str, language: str) -> tuple[int, int]:
    """Where the sentence is that has most of the question, the first of equals; an empty stretch where none has any.

    Every word of the question counts for one, shared out among the places it has in the context: so "the" counts for
    little. `language` is an ISO 639-1 code.
    """
    asked = {unit for unit, _, _ in _units(question)}
    places = Counter(unit for unit, _, _ in _units(context))
    best, nearest = 0.0, (0, 0)
    for start, end in sentence_spans(context, language):
        units = {unit for unit, _, _ in _units(context[start:end])}
        share = sum(1 / places[unit] for unit in sorted(units & asked))  # in one order, so the sum is always the same
        if share > best:
            best, nearest = share, (start, end)
    return nearest


def _units(text: str) -> Iterator[tuple[str, int, int]]:
    """Words by their first letters and pairs of unspaced characters, each with where it begins and ends."""
    for match in _UNIT.finditer(text):
        start = match.start()
        if match.end() > start:
            yield match.group()[:STEM_LETTERS].lower(), start, match.end()
        else:
            yield text[start : start + 2], start, start + 2
