"""MinHash and its bands: texts whose shingle sets overlap much are likely to share a key.

Own numpy and no library: the keys of a corpus are stored and compared over machines and over time, and here everything
that they depend on is in sight. `scheme` names it; whoever stores keys stores that name with them.
"""

import unicodedata
from functools import cache

import numpy as np
from pydantic import Field

from erya.core.config import Section
from erya.corpus.near.shingles import Hashes, mixed, multipliers, shingles

VERSION = 1  # raised whenever a text would get other keys
MINIMA = 90  # of a text: 18 bands of 5 at the threshold 0.8
MISSED = 0.001  # most of the pairs whose similarity is just the threshold
_AT_ONCE = 1_024  # shingles: their products stay in the processor's cache
_OF_BAND, _OF_ROW = multipliers(MINIMA, seed=2), multipliers(MINIMA, seed=3)
_FACTORS = (multipliers(MINIMA, seed=4) >> np.uint64(32)).astype(np.uint32) | np.uint32(1)
_OFFSETS = (multipliers(MINIMA, seed=5) >> np.uint64(32)).astype(np.uint32)


class NearOptions(Section):
    """Which documents are near-duplicates."""

    threshold: float = Field(
        default=0.8, ge=0.5, le=1.0, description="Jaccard similarity of the shingle sets from which a document goes."
    )
    comparisons: int = Field(
        default=64, ge=2, description="Most earlier documents that a document is compared with, likeliest first."
    )


@cache
def bands_and_rows(threshold: float) -> tuple[int, int]:
    """How many keys of how many minima each: the most minima a key that miss few enough pairs at the threshold.

    With b bands of r rows, a pair of similarity s shares no key with probability (1 - s^r)^b.
    Source: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4.2.
    """
    fitting = (rows for rows in range(MINIMA, 0, -1) if (1 - threshold**rows) ** (MINIMA // rows) <= MISSED)
    rows = next(fitting)
    return MINIMA // rows, rows


def scheme(options: NearOptions) -> str:
    """What keys depend on beside the text: part of the identity of everything that is made from them."""
    bands, rows = bands_and_rows(options.threshold)
    return f"near {VERSION}, {bands} bands of {rows}, Unicode {unicodedata.unidata_version}"


def keys(text: str, options: NearOptions) -> Hashes:
    """One key for each band: two texts that share a key are candidates for near-duplicates."""
    bands, rows = bands_and_rows(options.threshold)
    least = minima(shingles(text))[: bands * rows].reshape(bands, rows)
    return mixed(least @ _OF_ROW[:rows] + _OF_BAND[:bands])


def minima(hashes: Hashes) -> Hashes:
    """The least value of each of the hash functions over all shingles.

    The shingles are random numbers already, so that a linear function modulo 2^32 of 32 of their bits will do.
    """
    small = (hashes >> np.uint64(32)).astype(np.uint32)
    least = np.full(MINIMA, 2**32 - 1, dtype=np.uint32)
    for start in range(0, len(small), _AT_ONCE):
        values = np.multiply.outer(small[start : start + _AT_ONCE], _FACTORS)
        values += _OFFSETS
        np.minimum(least, values.min(axis=0), out=least)
    return least.astype(np.uint64)
