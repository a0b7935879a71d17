"""From files of keys to the documents that go, in stages from files to files, a part or a share of the keys at a time.

    keys      in a part: its documents' keys, sorted by key                                      write_keys
    buckets   a share of the key space: the documents of all parts that share a key in it        find_buckets
    shingles  in a part: the shingle sets of those of its documents that are in some bucket      collect_shingles
    removed   in a part: the documents with an earlier near-duplicate, and which one that is     find_removed

A document goes when an EARLIER document, whether that one goes or not, has a Jaccard similarity with it of the
threshold at least. Every pair that shares a key and is compared is compared exactly; which pairs are, is bounded: see
`_candidates`. Each function does nothing where its output is there already; what is written is whole or absent. The
result depends neither on the number of shares nor on where and in which order the tasks of a stage run.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from erya.core.storage import disk_errors, fsync_path
from erya.corpus.near.shingles import Hashes, shingle_set
from erya.corpus.near.signature import NearOptions

Read = Callable[[Path, Sequence[int]], Iterator[str]]
"""The texts of some rows of a part, in order."""
_ROW_BITS = 32  # a document's place in the corpus: the number of its part, then its row there


def place(part: int, row: int) -> int:
    """A document's place in the order of the corpus as one number."""
    return part << _ROW_BITS | row


def part_and_row(place: int) -> tuple[int, int]:
    """The number of a document's part and its row there."""
    return place >> _ROW_BITS, place & (1 << _ROW_BITS) - 1


def numbered(folder: Path, number: int) -> Path:
    """The file of a stage for a part or a share."""
    return folder / f"{number:06}.npy"


def write_keys(path: Path, keys: Sequence[Hashes]) -> None:
    """Write the keys of a part's documents, one array for each: a table of keys, sorted, and their rows."""
    if path.exists():
        return
    flat = np.concatenate(keys) if keys else np.empty(0, dtype=np.uint64)
    order = np.argsort(flat, kind="stable")
    rows = order // (len(flat) // max(len(keys), 1) or 1)
    _save(path, np.stack([flat[order], rows.astype(np.uint64)]))


def find_buckets(share: int, shares: int, keys: Sequence[Path], kept: Sequence[Path], folder: Path) -> None:
    """Write the buckets of a share of the keys: the documents of each key that is not of one document alone.

    `kept` holds for each part, as Booleans, which of its rows still count; without it, all do. Written is a table of
    four rows: the places of the documents, bucket after bucket, and the same sorted by place, each with its index in
    the first row and with that of its bucket's start.
    """
    out = numbered(folder, share)
    if out.exists():
        return
    found, places = [], []
    for part, path in enumerate(keys):
        table = _load(path)
        here = np.array(table[:, _of_share(table[0], share, shares)])
        if kept:
            here = here[:, np.load(kept[part])[here[1]]]
        found.append(here[0])
        places.append(here[1] + np.uint64(place(part, 0)))
    ordered = np.concatenate(found)
    order = np.argsort(ordered, kind="stable")  # places are ascending, and stay so within each bucket
    ordered = ordered[order]
    begins, ends = np.ones((2, len(ordered)), dtype=np.bool_)
    begins[1:] = ends[:-1] = ordered[1:] != ordered[:-1]
    shared = ~(begins & ends)
    members, begins = np.concatenate(places)[order][shared], begins[shared]
    starts = np.maximum.accumulate(np.where(begins, np.arange(len(members)), 0))
    by_place = np.argsort(members, kind="stable")
    _save(out, np.stack([members, members[by_place], by_place.astype(np.uint64), starts[by_place].astype(np.uint64)]))


def _of_share(ordered: Hashes, share: int, shares: int) -> slice:
    last = [np.uint64(number * 2**64 // shares - 1) for number in (share, share + 1) if number]
    bounds = np.searchsorted(ordered, last, side="right").tolist()
    return slice(*([0, *bounds][-2:]))


def collect_shingles(part: int, texts: Sequence[Path], read: Read, buckets: Sequence[Path], folder: Path) -> None:
    """Write the shingle sets of a part's documents that are in a bucket: how many, their rows, their ends, the sets."""
    out = numbered(folder, part)
    if out.exists():
        return
    tables = [_load(path)[1] for path in buckets]
    documents = np.unique(np.concatenate([table[_of_part(table, part)] for table in tables]))
    rows = documents - np.uint64(place(part, 0))
    sets = [shingle_set(text) for text in read(texts[part], rows.tolist())]
    ends = np.cumsum([len(one) for one in sets], dtype=np.uint64)
    _save(out, np.concatenate([np.array([len(rows)], dtype=np.uint64), rows, ends, *sets]))


def find_removed(
    part: int, buckets: Sequence[Path], shingles: Sequence[Path], options: NearOptions, folder: Path
) -> None:
    """Write a part's documents that have an earlier near-duplicate: a table of their rows and of its places."""
    out = numbered(folder, part)
    if out.exists():
        return
    opened = lru_cache(maxsize=64)(lambda number: _Sets(shingles[number]))

    def shingles_of(document: int) -> Hashes:
        number, row = part_and_row(document)
        return opened(number).of(row)

    removed = []
    for document, candidates in _candidates(part, [_load(path) for path in buckets], options.comparisons):
        own = shingles_of(document)
        near = (other for other in candidates if similar(own, shingles_of(other), options.threshold))
        earlier = next(near, None)
        if earlier is not None:
            removed.append((part_and_row(document)[1], earlier))
    _save(out, np.array(removed, dtype=np.uint64).reshape(-1, 2).T)


def read_removed(path: Path) -> dict[int, int]:
    """The rows of a part that go, each with the place of the earlier document."""
    rows, places = np.load(path).tolist()
    return dict(zip(rows, places, strict=True))


def similar(one: Hashes, other: Hashes, threshold: float) -> bool:
    """Whether two shingle sets, each sorted and not empty, have a Jaccard similarity of the threshold at least."""
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    if len(small) < threshold * len(large):
        return False
    found = np.searchsorted(large, small)
    found[found == len(large)] = 0
    common = int(np.count_nonzero(large[found] == small))
    return common / (len(one) + len(other) - common) >= threshold


def _candidates(part: int, tables: Sequence[Hashes], comparisons: int) -> Iterator[tuple[int, list[int]]]:
    """Each document of a part with the earlier ones to compare it with, those that share most keys with it first.

    Work is bounded: of a bucket count only the first and the latest earlier members, half of `comparisons` each, and of
    all that count only the `comparisons` likeliest. So a document with no more candidates than that sees all of them,
    and 100,000 variants of one text cost 100,000 short lists.
    """
    entries = []
    for number, (_, documents, indices, starts) in enumerate(tables):
        here = _of_part(documents, part)
        later = np.flatnonzero(indices[here] > starts[here])
        own = [documents[here][later], starts[here][later], indices[here][later]]
        entries.append(np.stack([*own, np.full(len(later), number, dtype=np.uint64)]))
    table = np.concatenate(entries, axis=1)
    table = table[:, np.argsort(table[0], kind="stable")]
    changes = np.flatnonzero(table[0][1:] != table[0][:-1]) + 1
    for one in np.split(table, changes, axis=1) if table.size else ():
        earlier = [_some(tables[number][0], start, stop, comparisons) for _, start, stop, number in one.T.tolist()]
        places, counts = np.unique(np.concatenate(earlier), return_counts=True)
        yield int(one[0, 0]), places[np.argsort(-counts, kind="stable")[:comparisons]].tolist()


def _some(members: Hashes, start: int, stop: int, most: int) -> Hashes:
    if stop - start <= most:
        return members[start:stop]
    half = most // 2
    return np.concatenate([members[start : start + half], members[stop - (most - half) : stop]])


class _Sets:
    """The shingle sets of one part, read where they are needed."""

    def __init__(self, path: Path) -> None:
        table = _load(path)
        count = int(table[0]) + 1
        self.rows, self.ends, self.values = table[1:count], table[count : 2 * count - 1], table[2 * count - 1 :]

    def of(self, row: int) -> Hashes:
        """The sorted set of one row."""
        number = int(np.searchsorted(self.rows, np.uint64(row)))
        return self.values[int(self.ends[number - 1]) if number else 0 : int(self.ends[number])]


def _of_part(places: Hashes, part: int) -> slice:
    bounds = np.array([place(part, 0), place(part + 1, 0)], dtype=np.uint64)
    return slice(*np.searchsorted(places, bounds).tolist())


def _load(path: Path) -> Hashes:
    """The array of a file, mapped: what is not looked at is not read."""
    return np.asarray(np.load(path, mmap_mode="r"))


def _save(path: Path, array: npt.NDArray[np.uint64]) -> None:
    """Write an array whole or not at all, even when two machines write it at once: both write the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with disk_errors(path, needed_bytes=array.nbytes):
        with temporary.open("wb") as stream:
            np.save(stream, array)
        fsync_path(temporary)
        temporary.replace(path)
