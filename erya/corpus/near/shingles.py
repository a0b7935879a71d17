"""Text in, the hashes of its shingles out: what two texts have in common is what their sets of shingles share.

A unit is a word, or a single character of a script that is written without spaces (Chinese, Japanese, Thai, Lao, Khmer,
Burmese, Tibetan); a shingle is five units in a row. So English is cut into word 5-grams and Chinese into character
5-grams, and in a text of both each part is cut by its own rule: no text lies on an edge between two schemes. A number
or a Latin word inside Chinese is one unit. Case, punctuation and white space make no difference.
"""

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

UNITS = 5
SEPARATOR, LETTER, WHOLE = 0, 1, 2  # a character that parts words, is part of a word, is a unit by itself
_WORD_CATEGORIES = frozenset("LMN")
_WITHOUT_SPACES = (  # first and last code point; vowel signs and tone marks of a script count with its letters
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # radicals
    (0x3005, 0x3007),
    (0x3040, 0x312F),  # kana, bopomofo
    (0x31A0, 0x31FF),
    (0x3400, 0x9FFF),  # Han
    (0xF900, 0xFAFF),
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
)
_ASSIGNED = 0x40000  # what Unicode has given to letters lies before it
_OF_LETTERS, _OF_UNITS = 0x5851F42D4C957F2D, 0x2545F4914F6CDD1D  # bases of polynomials: any two odd numbers
_GOLDEN = 0x9E3779B97F4A7C15
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)


def mixed(values: Hashes) -> Hashes:
    """A 64-bit hash of each number. Source: SplitMix64, https://prng.di.unimi.it/splitmix64.c"""
    x = values ^ (values >> _30)
    x *= _FIRST
    x ^= x >> _27
    x *= _SECOND
    x ^= x >> _31
    return x


def multipliers(count: int, seed: int) -> Hashes:
    """Odd 64-bit numbers, the same for the same seed for ever."""
    steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GOLDEN) + np.uint64(seed)
    return mixed(steps) | np.uint64(1)


@cache
def _kinds_and_values() -> tuple[npt.NDArray[np.uint8], Hashes]:
    """The kind of every code point, and the number it stands for in a unit: none for a separator."""
    kinds = np.zeros(0x110000, dtype=np.uint8)
    kinds[:_ASSIGNED] = [unicodedata.category(chr(code))[0] in _WORD_CATEGORIES for code in range(_ASSIGNED)]
    for first, last in _WITHOUT_SPACES:
        kinds[first : last + 1] *= WHOLE
    return kinds, np.where(kinds, multipliers(len(kinds), seed=0), 0).astype(np.uint64)


@cache
def _powers(base: int, count: int) -> tuple[Hashes, Hashes]:
    """The first powers of a base, and of its inverse, modulo 2^64."""
    bases = np.array([[base], [pow(base, -1, 2**64)]], dtype=np.uint64)
    powers = np.cumprod(np.repeat(bases, count, axis=1), axis=1)
    return powers[0], powers[1]


def shingles(text: str) -> Hashes:
    """The hash of each shingle, in the order of the text, repeated ones repeated.

    A text of fewer units is one shingle. A text without a letter or digit has its other characters as units.
    """
    units = _units(text)
    powers, inverse = _powers(_OF_UNITS, _room(len(units) + 1))
    sums = np.zeros(len(units) + 1, dtype=np.uint64)
    np.cumsum(units * powers[: len(units)], out=sums[1:])
    length = min(UNITS, len(units))
    count = len(units) - length + 1
    return mixed((sums[length:] - sums[:count]) * inverse[:count])


def shingle_set(text: str) -> Hashes:
    """The hashes of a text's different shingles, sorted."""
    ordered = np.sort(shingles(text))
    first = np.ones(len(ordered), dtype=np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def _units(text: str) -> Hashes:
    """The hash of each unit, a polynomial of its characters modulo 2^64."""
    codes = _code_points(text.casefold())
    all_kinds, all_values = _kinds_and_values()
    kinds = all_kinds[codes]
    letters = kinds == LETTER
    starts = kinds == WHOLE
    starts[:1] |= letters[:1]
    starts[1:] |= letters[1:] > letters[:-1]
    first = np.flatnonzero(starts)
    if not len(first):
        return mixed(_code_points("".join(text.split())).astype(np.uint64))
    powers, inverse = _powers(_OF_LETTERS, _room(len(codes)))
    return np.add.reduceat(all_values[codes] * powers[: len(codes)], first) * inverse[first]


def _room(count: int) -> int:
    """The next power of two, so that few tables of powers are kept."""
    return 1 << count.bit_length()


def _code_points(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
