"""A text as the rules look at it: its lines, paragraphs and words, each found once and shared by all rules.

In a language written without spaces every character that is no white space stands where the rules count words, and
`CHARACTERS_A_WORD` of them make one: a limit of 50 words is 100 Chinese characters, an n-gram of 5 words is 10.
"""

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import count
from unicodedata import category

import numpy as np
import numpy.typing as npt

from erya.corpus.quality.repeats import Repeats
from erya.corpus.sentences import UNSPACED as WITH_END_MARKS

WITHOUT_END_MARKS = frozenset({"th", "lo", "km", "my"})
UNSPACED = WITH_END_MARKS | WITHOUT_END_MARKS
"""Languages written without spaces between words; the sentences of some end without a mark that all agree on."""
CHARACTERS_A_WORD = 2

_BLANK_LINES = re.compile(r"\n\s*\n")
Integers = npt.NDArray[np.int64]


class Text:
    """One view of a text for all rules: `units` are words, or characters of which `word` make one."""

    def __init__(self, text: str, language: str | None) -> None:
        self.text = text
        self.language = language
        self.unspaced = language in UNSPACED
        self.word = CHARACTERS_A_WORD if self.unspaced else 1

    @cached_property
    def lines(self) -> list[str]:
        """The lines that hold something, without the white space around them."""
        return [line for line in map(str.strip, self.text.split("\n")) if line]

    @cached_property
    def paragraphs(self) -> list[str]:
        """What stands between blank lines."""
        return [part for part in map(str.strip, _BLANK_LINES.split(self.text)) if part]

    @cached_property
    def duplicate_lines(self) -> tuple[float, float]:
        """The share of lines that stood before in the text, and their share of all lines' characters."""
        return _duplicates(self.lines)

    @cached_property
    def duplicate_paragraphs(self) -> tuple[float, float]:
        """The share of paragraphs that stood before in the text, and their share of all paragraphs' characters."""
        return _duplicates(self.paragraphs)

    @cached_property
    def units(self) -> str | list[str]:
        """The words of a spaced language, the characters of an unspaced one."""
        parts = self.text.split()
        return "".join(parts) if self.unspaced else parts

    @cached_property
    def words(self) -> float:
        """How many words there are; in an unspaced language, how many the characters would make."""
        return len(self.units) / self.word

    @cached_property
    def characters(self) -> int:
        """How many characters are no white space."""
        return sum(map(len, self.units))

    @cached_property
    def distinct(self) -> dict[str, int]:
        """The different units, each with the number that `numbers` has for it."""
        if self.unspaced:
            return {chr(code): code for code in np.flatnonzero(np.bincount(self.numbers) > 0).tolist()}
        return dict(zip(dict.fromkeys(self.units), count()))

    @cached_property
    def numbers(self) -> Integers:
        """The text as the numbers of its units."""
        units = self.units
        if isinstance(units, str):
            return np.frombuffer(units.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
        return np.fromiter(map(self.distinct.__getitem__, units), np.int64, len(units))

    @cached_property
    def alphabetic(self) -> float | None:
        """The share of units with a letter among those that are more than punctuation; None when there are none."""
        bare = [unit for unit in self.distinct if not unit.isalpha() and not any(map(str.isalpha, unit))]
        counts = np.bincount(self.numbers, minlength=1)
        number = self.distinct
        without = sum(int(counts[number[unit]]) for unit in bare)
        marks = sum(int(counts[number[unit]]) for unit in bare if all(category(part)[0] == "P" for part in unit))
        total = len(self.numbers) - marks
        return (len(self.numbers) - without) / total if total else None

    @cached_property
    def repeats(self) -> Repeats:
        """Its n-grams of units that occur more than once."""
        units = self.units
        alike = isinstance(units, str)
        lengths = np.ones(len(units), np.int64) if alike else np.fromiter(map(len, units), np.int64, len(units))
        return Repeats(self.numbers, lengths)


def _duplicates(parts: Sequence[str]) -> tuple[float, float]:
    different = dict.fromkeys(parts)
    if len(different) == len(parts):
        return 0.0, 0.0
    characters = sum(map(len, parts))
    return (len(parts) - len(different)) / len(parts), (characters - sum(map(len, different))) / characters
