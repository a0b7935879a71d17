"""The last stages: the documents of all parts in; those that stay, split, out as the shards of the corpus."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from erya.corpus.deduplicate import Digests, Originals, are_first
from erya.corpus.parts import REMOVED, read_part
from erya.corpus.records import Document
from erya.corpus.removed import RemovedTally, RemovedWriter, read_removed, removed
from erya.corpus.runner import progressed
from erya.corpus.split import SPLITS, assign, mixed
from erya.corpus.store import SHARD_CHARACTERS, ShardWriter
from erya.corpus.summary import Tally
from erya.corpus.work import Result

NEAR, EXACT = 254, 255  # the places of duplicates, which do not stay
RULES = {NEAR: "near_duplicate", EXACT: "exact_duplicate"}
SAMPLES_A_GROUP, SAMPLE_CHARACTERS = 3, 400
Places = npt.NDArray[np.uint8]  # for each document, an index into SPLITS, NEAR or EXACT
Pairs = npt.NDArray[np.uint64]  # the number of each near-duplicate and that of an earlier document: [documents, 2]


def place_documents(
    stretches: Iterable[Digests], first: Originals, pairs: Pairs, validation: float, test: float, seed: int
) -> tuple[Places, Originals]:
    """Where each document goes and which it repeats, given which it is equal to and the near-duplicates of the rest.

    Raises: UserError when there are too few documents to split.
    """
    near = pairs[:, 0].astype(np.int64)
    keep = are_first(first)
    places = np.full(len(first), EXACT, dtype=np.uint8)
    places[near], keep[near] = NEAR, False
    hashes = np.empty(np.count_nonzero(keep), dtype=np.uint64)
    start = filled = 0
    for digests in stretches:
        kept = digests[keep[start : start + len(digests)]]
        hashes[filled : filled + len(kept)] = mixed(kept, seed)
        start, filled = start + len(digests), filled + len(kept)
    places[keep] = assign(hashes, validation, test)
    first = first.copy()
    first[near] = pairs[:, 1]
    return places, first


@dataclass(frozen=True, slots=True)
class Group:
    """Parts in a row whose documents fill about one shard: the documents from number `first` to before `end`."""

    parts: tuple[Path, ...]
    first: int
    end: int
    characters: int


def group_parts(parts: Sequence[Path], documents: Sequence[int], characters: Sequence[int]) -> list[Group]:
    """All parts, in groups that depend on the sizes of the parts alone."""
    groups: list[Group] = []
    gathered: list[Path] = []
    first = end = size = 0
    for part, count, length in zip(parts, documents, characters, strict=True):
        gathered.append(part)
        end, size = end + count, size + length
        if size >= SHARD_CHARACTERS:
            groups.append(Group(tuple(gathered), first, end, size))
            gathered, first, size = [], end, 0
    if gathered or not groups:
        groups.append(Group(tuple(gathered), first, end, size))
    return groups


@dataclass(frozen=True)
class WriteGroup:
    """The task that writes the shards of a group."""

    parts: tuple[Path, ...]  # of the whole corpus
    firsts: tuple[int, ...]  # the number of the first document of each
    places: Path  # a file of Places, of all documents
    originals: Path  # a file of Originals, of all documents

    def __call__(self, group: Group, folder: Path) -> Result:
        """Write the documents that stay into the shards of their splits, in `folder`, and why the others go."""
        places = np.load(self.places, mmap_mode="r")[group.first : group.end].tolist()
        originals = np.load(self.originals, mmap_mode="r")[group.first : group.end].tolist()
        ids = self._ids({first for first, place in zip(originals, places, strict=True) if place in RULES})
        splits, near = {split: Tally() for split in SPLITS}, Tally()
        removals = RemovedTally()
        samples: list[Document] = []
        with ExitStack() as stack:
            writers = {split: stack.enter_context(ShardWriter(folder, split)) for split in SPLITS}
            gone = stack.enter_context(RemovedWriter(folder / REMOVED))
            for row in read_removed(part / REMOVED for part in group.parts):
                gone.write(row)
            documents = (document for part in group.parts for document in read_part(part))
            for document, place, original in zip(documents, places, originals, strict=True):
                progressed(len(document.text))
                if place in RULES:
                    row = removed(document, RULES[place], f"of {ids[original]}")
                    removals.add(row)
                    gone.write(row)
                    if place == NEAR:
                        near.add(document)
                    continue
                splits[SPLITS[place]].add(document)
                writers[SPLITS[place]].write(document)
                if SPLITS[place] == "train" and len(samples) < SAMPLES_A_GROUP:
                    samples.append(replace(document, text=document.text[:SAMPLE_CHARACTERS]))
        return {
            "splits": {split: tally.as_json() for split, tally in splits.items()},
            "near": near.as_json(),
            "removed": removals.as_json(),
            "samples": [asdict(document) for document in samples],
        }

    def _ids(self, numbers: set[int]) -> dict[int, str]:
        """The ids of some documents of the corpus."""
        ids: dict[int, str] = {}
        for part in sorted({bisect_right(self.firsts, number) - 1 for number in numbers}):
            for number, document in enumerate(read_part(self.parts[part], ("id",)), self.firsts[part]):
                if number in numbers:
                    ids[number] = document.id
        return ids


def gather_shards(groups: Sequence[tuple[Path, Result]], out: Path) -> None:
    """Move the shards of all groups to `out`, those of each split numbered in a row; an empty one only when alone."""
    for split in SPLITS:
        filled = [folder for folder, result in groups if result["splits"][split]["documents"]] or [groups[0][0]]
        shards = [shard for folder in filled for shard in sorted(folder.glob(f"{split}-*.parquet"))]
        for number, shard in enumerate(shards):
            shard.rename(out / f"{split}-{number:05}.parquet")
    for number, (folder, _) in enumerate(groups):
        (folder / REMOVED).rename(out / f"removed-{number:05}.parquet")
