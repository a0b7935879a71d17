"""Gopher's rules on repetition: lines, paragraphs and n-grams that occur again and again.

Source: Rae et al. 2021, "Scaling Language Models: Methods, Analysis & Insights from Training Gopher", table A1; for
languages in characters the limits of FineWeb-2 for Mandarin (Penedo et al. 2025, configuration `cmn_Hani`).
Characters are counted without white space; what stood before in the text is a duplicate, its first occurrence is none.
An n-gram of n words is one of 2 n characters in Chinese. Encyclopaedia text is spared the rules on lines and
paragraphs, for headings and list items repeat in it.
"""

import math

from erya.corpus.quality.rule import Rule
from erya.corpus.quality.text import Text

SOURCE = "Rae et al. 2021, table A1"
TOP = {2: (0.20, 0.256), 3: (0.18, 0.201), 4: (0.16, 0.171)}  # n: the limit in words, the limit in characters
DUPLICATE = {
    5: (0.15, 0.198),
    6: (0.14, 0.182),
    7: (0.13, 0.167),
    8: (0.12, 0.154),
    9: (0.11, 0.140),
    10: (0.10, 0.127),
}


def _top(n: int, most: float, unspaced: float) -> Rule:
    def measure(text: Text) -> float:
        return text.repeats.top_share(n * text.word)

    title = f"share of characters in the most frequent {n}-gram"
    return Rule(f"gopher_top_{n}_gram", title, SOURCE, measure, most=most, unspaced=(-math.inf, unspaced), wiki=True)


def _duplicate(n: int, most: float, unspaced: float) -> Rule:
    def measure(text: Text) -> float:
        return text.repeats.duplicate_share(n * text.word)

    title = f"share of characters in repeated {n}-grams"
    return Rule(
        f"gopher_duplicate_{n}_grams", title, SOURCE, measure, most=most, unspaced=(-math.inf, unspaced), wiki=True
    )


RULES = (
    Rule(
        "gopher_duplicate_lines",
        "share of repeated lines",
        SOURCE,
        lambda text: text.duplicate_lines[0],
        most=0.30,
        unspaced=(-math.inf, 0.287),
    ),
    Rule(
        "gopher_duplicate_line_characters",
        "share of characters in repeated lines",
        SOURCE,
        lambda text: text.duplicate_lines[1],
        most=0.20,
    ),
    Rule(
        "gopher_duplicate_paragraphs",
        "share of repeated paragraphs",
        SOURCE,
        lambda text: text.duplicate_paragraphs[0],
        most=0.30,
    ),
    Rule(
        "gopher_duplicate_paragraph_characters",
        "share of characters in repeated paragraphs",
        SOURCE,
        lambda text: text.duplicate_paragraphs[1],
        most=0.20,
    ),
    *(_top(n, *limits) for n, limits in TOP.items()),
    *(_duplicate(n, *limits) for n, limits in DUPLICATE.items()),
)
