"""Exact deduplication: two texts are the same when they differ in case and white space only; the first is kept."""

import hashlib

import numpy as np
import numpy.typing as npt

DIGEST_BYTES = 16
AT_ONCE = 2**19  # digests
Digests = npt.NDArray[np.uint64]  # [documents, 2]


def digest(text: str) -> bytes:
    """The 16 bytes that stand for a text in deduplication and in the split."""
    normal = " ".join(text.casefold().split())
    return hashlib.blake2b(normal.encode(), digest_size=DIGEST_BYTES).digest()


def as_array(digests: bytes | bytearray) -> Digests:
    """Digests in a row as an array, one row of two numbers each."""
    return np.frombuffer(digests, dtype="<u8").reshape(-1, 2)


def originals(digests: Digests) -> npt.NDArray[np.int64]:
    """For each document, the number of the first one with its digest: its own when there is none before.

    The digests are looked at in shares, by their first bits, so that few of them are in memory a second time.
    """
    first = np.arange(len(digests))
    bits = min(6, (len(digests) // AT_ONCE).bit_length())
    for share in range(2**bits):
        numbers = np.flatnonzero(digests[:, 0] >> np.uint64(64 - bits) == share) if bits else first.copy()
        own = digests[numbers]
        order = np.lexsort((own[:, 1], own[:, 0]))  # stable: equal digests stay in document order
        own = own[order]
        starts = np.ones(len(own), dtype=np.bool_)
        starts[1:] = (own[1:] != own[:-1]).any(axis=1)
        first[numbers[order]] = numbers[order[starts]][np.cumsum(starts) - 1]
    return first


def first_occurrences(digests: Digests) -> npt.NDArray[np.bool_]:
    """Which documents are the first with their digest."""
    keep: npt.NDArray[np.bool_] = originals(digests) == np.arange(len(digests))
    return keep
