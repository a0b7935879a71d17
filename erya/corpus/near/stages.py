"""The stages of near-duplicates: tasks from files to files, each on one part of the corpus or one share of the keys.

    keys      of a part: those of its documents, sorted                                          write_keys
    buckets   of a share of the keys: the documents of all parts that share one of them          FindBuckets
    shingles  of a part: the shingle sets of those of its documents that are in some bucket      CollectShingles
    pairs     of a part: its documents with an earlier near-duplicate, each with that one        FindPairs

A document goes by its number, which is its place in the corpus. No task needs more memory than its part or its share.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress, islice
from pathlib import Path

import numpy as np

from erya.corpus.near.shingles import Hashes, shingle_set
from erya.corpus.near.signature import NearOptions
from erya.corpus.near.tables import Sets, buckets, candidates, joined, load, similar, within
from erya.corpus.runner import progressed
from erya.corpus.work import Result

KEYS, BUCKETS, SHINGLES, PAIRS = "keys.npy", "buckets.npy", "shingles.npy", "pairs.npy"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the corpus: its folder, with its keys, and its documents, from the `first` to before the `end`."""

    folder: Path
    first: int
    end: int

    def key_bytes(self) -> int:
        """The size of its keys."""
        return (self.folder / KEYS).stat().st_size


def write_keys(folder: Path, keys: Sequence[Hashes]) -> None:
    """Write the keys of a part's documents, one array for each: all keys, sorted, and the row of each in the part."""
    flat = np.concatenate(keys) if keys else np.empty(0, dtype=np.uint64)
    order = np.argsort(flat, kind="stable")
    rows = order // max(1, len(flat) // max(1, len(keys)))
    np.save(folder / KEYS, np.stack([flat[order], rows.astype(np.uint64)]))


@dataclass(frozen=True)
class FindBuckets:
    """The task that finds the buckets of a share of the keys."""

    parts: Sequence[Part]
    kept: Path  # a file of Booleans: which documents of the corpus still count
    shares: int

    def __call__(self, share: int, folder: Path) -> Result:
        """Find the buckets of one share."""
        kept = np.load(self.kept, mmap_mode="r")
        first, end = share * 2**64 // self.shares, (share + 1) * 2**64 // self.shares
        keys, documents = [], []
        for part in self.parts:
            table = load(part.folder / KEYS)
            here = table[:, within(table[0], first, end)]
            numbers = here[1] + np.uint64(part.first)
            counts = kept[numbers]
            keys.append(here[0][counts])
            documents.append(numbers[counts])
            progressed(here.nbytes)
        found = buckets(np.concatenate(keys), np.concatenate(documents))
        np.save(folder / BUCKETS, found)
        return {"entries": found.shape[1]}


@dataclass(frozen=True)
class CollectShingles:
    """The task that collects the shingle sets of a part."""

    buckets: Sequence[Path]
    read: Callable[[Path], Iterable[str]]  # the texts of a part's folder, in order

    def __call__(self, part: Part, folder: Path) -> Result:
        """Collect the shingle sets of one part."""
        rows = [load(path)[1] for path in self.buckets]
        documents = np.unique(np.concatenate([row[within(row, part.first, part.end)] for row in rows]))
        wanted = np.zeros(part.end - part.first, dtype=np.bool_)
        wanted[documents - np.uint64(part.first)] = True
        texts = compress(_counted(self.read(part.folder), part.key_bytes() // max(1, len(wanted))), wanted)
        np.save(folder / SHINGLES, joined(documents, [shingle_set(text) for text in texts]))
        return {"documents": len(documents)}


def _counted(texts: Iterable[str], bytes_each: int) -> Iterator[str]:
    for text in texts:
        progressed(bytes_each)
        yield text


@dataclass(frozen=True)
class FindPairs:
    """The task that compares the documents of a part with their candidates, in that part and in those before it."""

    parts: Sequence[Part]
    buckets: Sequence[Path]
    shingles: Sequence[Path]
    options: NearOptions

    def __call__(self, part: Part, folder: Path) -> Result:
        """Find those of one part that have an earlier near-duplicate."""
        firsts = [one.first for one in self.parts]
        opened = lru_cache(maxsize=64)(lambda number: Sets(self.shingles[number]))

        def set_of(document: int) -> Hashes:
            return opened(bisect_right(firsts, document) - 1).of(document)

        pairs = []
        tables = [load(path) for path in self.buckets]
        for document, earlier in candidates(tables, part.first, part.end, self.options.comparisons):
            own = set_of(document)
            near = (other for other in earlier if similar(own, set_of(other), self.options.threshold))
            pairs += [(document, other) for other in islice(near, 1)]
        np.save(folder / PAIRS, np.array(pairs, dtype=np.uint64).reshape(-1, 2))
        progressed(self.shingles[self.parts.index(part)].stat().st_size)
        return {"documents": len(pairs)}
