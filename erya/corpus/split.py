"""Training, validation and test documents, told apart by the hash of the text and a seed.

The documents are ordered by a hash of text and seed; the first share is the validation split, the next the test
split. So the split does not depend on the order of the inputs, its sizes are exact, and no split asked for is empty.
"""

import numpy as np
import numpy.typing as npt

from erya.core.errors import UserError
from erya.corpus.deduplicate import AT_ONCE, Digests

SPLITS = ("train", "validation", "test")


Hashes = npt.NDArray[np.uint64]  # [documents]


def assign(hashes: Hashes, validation: float, test: float) -> npt.NDArray[np.uint8]:
    """The split of each document, by its hash, as an index into SPLITS; a fraction above 0 gives one at least.

    Raises: UserError when the fractions leave nothing to train on or the documents are too few.
    """
    if not (0 <= validation < 1 and 0 <= test < 1 and validation + test < 1):
        raise UserError(
            f"validation fraction {validation} and test fraction {test}: each must be from 0 to below 1,"
            " and both together below 1"
        )
    count = len(hashes)
    sizes = [max(1, round(count * fraction)) if fraction else 0 for fraction in (validation, test)]
    if sum(sizes) >= count:
        raise UserError(
            f"{count} document{'s' * (count != 1)} cannot be split into train, validation and test;"
            " give more text, or set --validation-fraction 0 and --test-fraction 0"
        )
    places = np.zeros(count, dtype=np.uint8)
    places[_smallest(hashes, sum(sizes))] = SPLITS.index("test")
    places[_smallest(hashes, sizes[0])] = SPLITS.index("validation")
    return places


def _smallest(hashes: Hashes, count: int) -> npt.NDArray[np.bool_]:
    """Which are the `count` smallest, the earlier of equal ones."""
    if not count:
        return np.zeros(len(hashes), dtype=np.bool_)
    least = hashes[:0]
    for start in range(0, len(hashes), AT_ONCE):
        least = np.concatenate((least, hashes[start : start + AT_ONCE]))
        if len(least) > count:
            least = np.partition(least, count - 1)[:count]
    limit = least.max()
    chosen: npt.NDArray[np.bool_] = hashes < limit
    chosen[np.flatnonzero(hashes == limit)[: count - np.count_nonzero(chosen)]] = True
    return chosen


def mixed(digests: Digests, seed: int) -> Hashes:
    """A new hash of each digest for each seed. Source: SplitMix64 finalizer, https://prng.di.unimi.it/splitmix64.c"""
    golden = 0x9E3779B97F4A7C15
    with np.errstate(over="ignore"):
        x = digests[:, 0] + np.uint64(golden * (seed + 1) % 2**64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            x ^= x >> np.uint64(shift)
            x *= np.uint64(factor)
        x ^= x >> np.uint64(31)
        return x
