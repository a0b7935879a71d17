"""What one stage of near-duplicates leaves for the next: arrays in files, of which the next reads what it needs."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from erya.corpus.near.shingles import Hashes


def load(path: Path) -> Hashes:
    """The array of a file, mapped: what is not looked at is not read."""
    return np.asarray(np.load(path, mmap_mode="r"))


def within(ordered: Hashes, first: int, end: int) -> slice:
    """Where in sorted numbers those from `first` to before `end`, which may be 2^64, are."""
    start, stop = (int(np.searchsorted(ordered, np.uint64(min(bound, 2**64 - 1)))) for bound in (first, end))
    return slice(start, stop if end < 2**64 else len(ordered))


def buckets(keys: Hashes, documents: Hashes) -> Hashes:
    """The documents of each key that several have, as four rows.

    The first row has the documents, bucket after bucket, in each in the order in which they are given, which is that
    of the corpus. The second has the same in sorted order, the third the index of each in the first row, the fourth the
    index of the first one of its bucket.
    """
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    begins, ends = np.ones((2, len(keys)), dtype=np.bool_)
    begins[1:] = ends[:-1] = keys[1:] != keys[:-1]
    shared = ~(begins & ends)
    members, begins = documents[order][shared], begins[shared]
    starts = np.maximum.accumulate(np.where(begins, np.arange(len(members)), 0))
    by_document = np.argsort(members, kind="stable")
    return np.stack(
        [members, members[by_document], by_document.astype(np.uint64), starts[by_document].astype(np.uint64)]
    )


def candidates(tables: Sequence[Hashes], first: int, end: int, comparisons: int) -> Iterator[tuple[int, list[int]]]:
    """Each of some documents with the earlier ones to compare it with, those that share most keys with it first.

    Work is bounded: of a bucket count only the first and the latest earlier members, half of `comparisons` each, and of
    all that count only the `comparisons` likeliest. So a document with no more candidates than that sees all of them,
    and 100,000 variants of one text cost 100,000 short lists.
    """
    entries = []
    for number, (_, documents, indices, starts) in enumerate(tables):
        here = within(documents, first, end)
        later = np.flatnonzero(indices[here] > starts[here])
        own = [documents[here][later], starts[here][later], indices[here][later]]
        entries.append(np.stack([*own, np.full(len(later), number, dtype=np.uint64)]))
    table = np.concatenate(entries, axis=1)
    table = table[:, np.argsort(table[0], kind="stable")]
    changes = np.flatnonzero(table[0][1:] != table[0][:-1]) + 1
    for one in np.split(table, changes, axis=1) if table.size else ():
        earlier = [_some(tables[number][0], start, stop, comparisons) for _, start, stop, number in one.T.tolist()]
        documents, counts = np.unique(np.concatenate(earlier), return_counts=True)
        yield int(one[0, 0]), documents[np.argsort(-counts, kind="stable")[:comparisons]].tolist()


def _some(members: Hashes, start: int, stop: int, most: int) -> Hashes:
    if stop - start <= most:
        return members[start:stop]
    half = most // 2
    return np.concatenate([members[start : start + half], members[stop - (most - half) : stop]])


def joined(documents: Hashes, sets: Sequence[Hashes]) -> Hashes:
    """Shingle sets in one array: how many, the documents, where the set of each ends, and the sets."""
    ends = np.cumsum([len(one) for one in sets], dtype=np.uint64)
    return np.concatenate([np.array([len(sets)], dtype=np.uint64), documents, ends, *sets])


class Sets:
    """The shingle sets of one part, read where they are needed."""

    def __init__(self, path: Path) -> None:
        table = load(path)
        count = int(table[0])
        self.documents, self.ends, self.values = np.split(table[1:], [count, 2 * count])

    def of(self, document: int) -> Hashes:
        """The sorted set of one document."""
        number = int(np.searchsorted(self.documents, np.uint64(document)))
        return self.values[int(self.ends[number - 1]) if number else 0 : int(self.ends[number])]


def similar(one: Hashes, other: Hashes, threshold: float) -> bool:
    """Whether two shingle sets, each sorted and not empty, have a Jaccard similarity of the threshold at least."""
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    if len(small) < threshold * len(large):
        return False
    found = np.searchsorted(large, small)
    found[found == len(large)] = 0
    common = int(np.count_nonzero(large[found] == small))
    return common / (len(one) + len(other) - common) >= threshold
