"""Which documents share a run of words with an evaluation set, and so would teach a model its answers.

A document is contaminated when it shares 13 words in a row with a text of an evaluation file (Brown et al. 2020,
"Language Models are Few-Shot Learners", appendix C), or 50 characters in a row of which half are Chinese or Japanese.
Case, punctuation, white space and the width of characters make no difference. A text that is shorter than a run is
looked for as a whole, and only when it has 8 words or 30 characters: what is shorter is said by chance.

Runs are looked up by a 64-bit hash and then compared unit by unit, so that collisions do no harm.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from erya.core.errors import UserError
from erya.corpus.evaluation_texts import read_texts

SHOWN_CHARACTERS = 160
_MULTIPLIER = 0x9E3779B97F4A7C15  # odd, so that no power of it loses bits
_MASK = 2**64 - 1
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

Numbers = npt.NDArray[np.uint64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Unit:
    """How many units in a row are a run, and from how many on a shorter text is looked for as a whole."""

    run: int
    whole: int
    between: str


WORDS = Unit(run=13, whole=8, between=" ")
CHARACTERS = Unit(run=50, whole=30, between="")


class Evaluations:
    """The runs of words and of characters of evaluation files, ready to be looked for; picklable."""

    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        """Take texts, each with the name of its file."""
        split = [(name, _words(text)) for name, text in texts]
        self.vocabulary: dict[str, int] = {}
        for _, words in split:
            for word in words:
                self.vocabulary.setdefault(word, len(self.vocabulary) + 1)
        self.words = Runs(WORDS, [(name, self._numbers(words)) for name, words in split])
        joined = [(name, "".join(words)) for name, words in split]
        self.characters = Runs(CHARACTERS, [(name, _codes(text)) for name, text in joined if _mostly_unspaced(text)])

    @classmethod
    def read(cls, paths: Sequence[str | Path]) -> Self:
        """Take the texts of evaluation files, of any format and shape.

        Raises: UserError when a file cannot be read or holds no text that is long enough to be looked for.
        """
        known = list(map(Path, paths))
        names = [path.name for path in known]
        if len(set(names)) < len(names):
            names = [path.as_posix() for path in known]
        found = cls([(name, text) for name, path in zip(names, known, strict=True) for text in _different(path)])
        for name in names:
            if name not in found.words.files and name not in found.characters.files:
                raise UserError(
                    f"{name}: holds no text of {WORDS.whole} words or {CHARACTERS.whole} Chinese characters;"
                    " nothing shorter is looked for"
                )
        return found

    def overlap(self, text: str) -> str | None:
        """`FILE: 'the shared run of words'` for a text that shares one, otherwise None."""
        words = _words(text)
        found = self.words.find(self._numbers(words), words) if self.words.count else None
        if found is None and self.characters.count and _UNSPACED.search(text):
            joined = "".join(words)
            found = self.characters.find(_codes(joined), joined)
        return found

    def _numbers(self, words: Sequence[str]) -> Numbers:
        """The words as numbers; 0 is a word that no evaluation has."""
        return np.fromiter(map(self.vocabulary.get, words, repeat(0)), np.uint64, len(words))


class Runs:
    """All runs of one unit in texts, and the shorter texts as a whole; `count` says how many."""

    def __init__(self, unit: Unit, texts: Sequence[tuple[str, Numbers]]) -> None:
        self.unit = unit
        known = [(name, text) for name, text in texts if len(text) >= unit.whole]
        self.files = [name for name, _ in known]
        self.ends = np.cumsum([len(text) for _, text in known], dtype=np.intp)
        self.units = np.concatenate([np.zeros(0, np.uint64), *(text for _, text in known)])
        lengths = np.diff(self.ends, prepend=0)
        starts = self.ends - lengths
        room = np.repeat(self.ends, lengths) - np.arange(len(self.units))  # units to the end of the text
        self.runs = _Table(self.units, np.flatnonzero(room >= unit.run), unit.run)
        self.wholes = _Table(self.units, starts[lengths < unit.run], unit.whole)
        self.count = len(self.runs.places) + len(self.wholes.places)

    def find(self, numbers: Numbers, units: Sequence[str]) -> str | None:
        """The first run that a document has, with the file it is in."""
        for table in (self.runs, self.wholes):
            for place, known in table.candidates(numbers):
                text = int(np.searchsorted(self.ends, known, side="right"))
                start, end = int(self.ends[text - 1]) if text else 0, int(self.ends[text])
                needed = self.unit.run if table is self.runs else end - start
                before = _equal(numbers[:place][::-1], self.units[start:known][::-1])
                after = _equal(numbers[place:], self.units[known:end])
                if after >= needed:
                    run = self.unit.between.join(units[place - before : place + after])
                    shown = run if len(run) <= SHOWN_CHARACTERS else f"{run[: SHOWN_CHARACTERS - 1]}…"
                    return f"{self.files[text]}: '{shown}'"
        return None


class _Table:
    """Places in a long array by the hash of the units that begin there; a small filter says no to most other hashes."""

    def __init__(self, units: Numbers, places: Places, width: int) -> None:
        self.width = width
        hashes = _hashes(units, width)[places] if len(places) else np.zeros(0, np.uint64)
        order = np.argsort(hashes, kind="stable")
        self.hashes, self.places = hashes[order], places[order]
        bits = max(10, (16 * len(places)).bit_length())
        self.shift = np.uint64(64 - bits)
        self.filter = np.zeros(2**bits, np.bool_)
        self.filter[hashes >> self.shift] = True

    def candidates(self, numbers: Numbers) -> Iterator[tuple[int, int]]:
        """Places of a document, in order, each with a place here of the same hash."""
        if not len(self.places) or len(numbers) < self.width:
            return
        hashes = _hashes(numbers, self.width)
        likely = np.flatnonzero(self.filter[hashes >> self.shift])
        first = np.searchsorted(self.hashes, hashes[likely])
        after = np.searchsorted(self.hashes, hashes[likely], side="right")
        for place, begin, end in zip(likely.tolist(), first.tolist(), after.tolist(), strict=True):
            for known in self.places[begin:end].tolist():
                yield place, known


def _hashes(numbers: Numbers, width: int) -> Numbers:
    """The hash of the `width` numbers that begin at each place: sum of number[i] * M^(width - 1 - i), modulo 2^64."""
    if width == 1:
        return numbers
    half = width // 2
    short = _hashes(numbers, half)
    power = np.uint64(pow(_MULTIPLIER, half, _MASK + 1))
    count = len(numbers) - 2 * half + 1
    whole: Numbers = short[:count] * power + short[half : half + count]
    return whole if width % 2 == 0 else whole[:-1] * np.uint64(_MULTIPLIER) + numbers[width - 1 :]


def _equal(one: Numbers, other: Numbers) -> int:
    """How many numbers at the beginning are the same."""
    length = min(len(one), len(other))
    different = np.flatnonzero(one[:length] != other[:length])
    return int(different[0]) if len(different) else length


def _different(path: Path) -> list[str]:
    return list(dict.fromkeys(read_texts(path)))


def _words(text: str) -> list[str]:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("’", "")
    return _WORD.findall(text.lower().replace("'", ""))


def _codes(text: str) -> Numbers:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)


def _mostly_unspaced(text: str) -> bool:
    return 2 * len(_UNSPACED.findall(text)) >= len(text) > 0
