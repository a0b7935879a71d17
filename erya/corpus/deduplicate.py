"""Exact deduplication: two texts are the same when they differ in case and white space only; the first is kept."""

import hashlib
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

DIGEST_BYTES = 16
AT_ONCE = 2**19  # digests
MOST_BITS = 10  # 1,024 shares, for each of which all digests are read
Digests = npt.NDArray[np.uint64]  # [documents, 2]
Originals = npt.NDArray[np.uint32]  # for each document, the number of the one that it repeats: its own when it stays


def digest(text: str) -> bytes:
    """The 16 bytes that stand for a text in deduplication and in the split."""
    normal = " ".join(text.casefold().split())
    return hashlib.blake2b(normal.encode(), digest_size=DIGEST_BYTES).digest()


def as_array(digests: bytes | bytearray) -> Digests:
    """Digests in a row as an array, one row of two numbers each."""
    return np.frombuffer(digests, dtype="<u8").reshape(-1, 2)


def originals(stretches: Iterable[Digests], count: int) -> Originals:
    """For each of `count` documents, the number of the first one with its digest: its own when there is none before.

    The digests come in stretches, which are gone through several times.
    """
    first = np.arange(count, dtype=np.uint32)
    for numbers, own in in_shares(stretches, count):
        order = np.lexsort((own[:, 1], own[:, 0]))  # stable: equal digests stay in document order
        own = own[order]
        starts = np.ones(len(own), dtype=np.bool_)
        starts[1:] = (own[1:] != own[:-1]).any(axis=1)
        first[numbers[order]] = numbers[order[starts]][np.cumsum(starts) - 1]
    return first


def are_first(first: Originals) -> npt.NDArray[np.bool_]:
    """Which documents repeat no earlier one."""
    keep: npt.NDArray[np.bool_] = first == np.arange(len(first), dtype=first.dtype)
    return keep


def in_shares(
    stretches: Iterable[npt.NDArray[np.uint64]], count: int
) -> Iterator[tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]]:
    """The numbers and rows [documents, K] of `count` documents, by the first bits of the rows' first number.

    So that few of them are in memory at once, and equal rows are in the same share.
    """
    bits = min(MOST_BITS, (count // AT_ONCE).bit_length())
    for share in range(2**bits):
        numbers, rows, start = [np.empty(0, np.uint32)], [], 0
        for stretch in stretches:
            own = np.flatnonzero(stretch[:, 0] >> np.uint64(64 - bits) == share) if bits else np.arange(len(stretch))
            numbers.append((start + own).astype(np.uint32))
            rows.append(stretch[own])
            start += len(stretch)
        if rows:
            yield np.concatenate(numbers), np.concatenate(rows)
