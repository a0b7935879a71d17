"""FineWeb's own three rules, which look at lines.

Source: Penedo et al. 2024, "The FineWeb Datasets: Decanting the Web for the Finest Text Data at Scale", section 3.6.
Its appendix and its code have 0.01 for the repeated lines; here is the 0.1 of the text. A short line has fewer than 30
characters; of Chinese, where 30 English characters are about 5 words, fewer than 10. The limit of the line ends in
Chinese is FineWeb-2's (Penedo et al. 2025, configuration `cmn_Hani`).
"""

import math

from erya.corpus.quality.rule import Rule
from erya.corpus.quality.text import WITHOUT_END_MARKS, Text

SOURCE = "Penedo et al. 2024, section 3.6"
SHORT_CHARACTERS = 30
SHORT_UNSPACED_CHARACTERS = 10
END_MARKS = tuple(".!?…\"'”’»。！？｡」』؟।։።")


def line_ends(text: Text) -> float | None:
    """The share of lines that end with a mark that ends sentences."""
    if text.language in WITHOUT_END_MARKS or not text.lines:
        return None
    return sum(line.endswith(END_MARKS) for line in text.lines) / len(text.lines)


def short_lines(text: Text) -> float | None:
    """The share of short lines."""
    limit = SHORT_UNSPACED_CHARACTERS if text.unspaced else SHORT_CHARACTERS
    return sum(len(line) < limit for line in text.lines) / len(text.lines) if text.lines else None


RULES = (
    Rule(
        "fineweb_line_ends",
        "share of lines that end a sentence",
        SOURCE,
        line_ends,
        least=0.12,
        unspaced=(0.106, math.inf),
    ),
    Rule("fineweb_short_lines", "share of short lines", SOURCE, short_lines, most=0.67),
    Rule(
        "fineweb_duplicate_line_characters",
        "share of characters in repeated lines",
        SOURCE,
        lambda text: text.duplicate_lines[1],
        most=0.1,
    ),
)
