"""The last stages: the documents of all parts in; those that stay, split, out as the shards of the corpus."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from erya.corpus.deduplicate import first_occurrences
from erya.corpus.parts import DOCUMENTS, read_digests
from erya.corpus.records import Document
from erya.corpus.runner import progressed
from erya.corpus.split import SPLITS, assign
from erya.corpus.store import SHARD_CHARACTERS, ShardWriter, read_shard
from erya.corpus.summary import Tally
from erya.corpus.work import Result

GONE = 255  # the place of a document that does not stay
Places = npt.NDArray[np.uint8]  # for each document, an index into SPLITS, or GONE


def place_documents(parts: Sequence[Path], validation: float, test: float, seed: int) -> Places:
    """Where each document of the parts goes.

    Raises: UserError when there are too few documents to split.
    """
    digests = read_digests(parts)
    keep = first_occurrences(digests)
    places = np.full(len(digests), GONE, dtype=np.uint8)
    places[keep] = assign(digests[keep], validation, test, seed)
    return places


@dataclass(frozen=True, slots=True)
class Group:
    """Parts in a row whose documents fill about one shard; `first` is the number of the first document of all."""

    parts: tuple[Path, ...]
    first: int
    characters: int


def group_parts(parts: Sequence[Path], documents: Sequence[int], characters: Sequence[int]) -> list[Group]:
    """All parts, in groups that depend on the sizes of the parts alone."""
    groups: list[Group] = []
    gathered: list[Path] = []
    first = count = size = 0
    for part, number, length in zip(parts, documents, characters, strict=True):
        gathered.append(part)
        count, size = count + number, size + length
        if size >= SHARD_CHARACTERS:
            groups.append(Group(tuple(gathered), first, size))
            gathered, first, size = [], count, 0
    if gathered or not groups:
        groups.append(Group(tuple(gathered), first, size))
    return groups


@dataclass(frozen=True)
class WriteGroup:
    """The task that writes the shards of a group."""

    places: Path  # a file of Places, of all documents

    def __call__(self, group: Group, folder: Path) -> Result:
        """Write the documents that stay into the shards of their splits, in `folder`."""
        places = np.load(self.places, mmap_mode="r")[group.first :]
        tallies = {split: Tally() for split in SPLITS}
        with ExitStack() as stack:
            writers = {split: stack.enter_context(ShardWriter(folder, split)) for split in SPLITS}
            for document, place in zip(_documents(group), places, strict=False):
                progressed(len(document.text))
                if place != GONE:
                    tallies[SPLITS[place]].add(document)
                    writers[SPLITS[place]].write(document)
        return {"splits": {split: tally.as_json() for split, tally in tallies.items()}}


def _documents(group: Group) -> Iterator[Document]:
    for part in group.parts:
        for shard in sorted(part.glob(f"{DOCUMENTS}-*.parquet")):
            yield from read_shard(shard)


def gather_shards(groups: Sequence[tuple[Path, Result]], out: Path) -> None:
    """Move the shards of all groups to `out`, those of each split numbered in a row; an empty one only when alone."""
    for split in SPLITS:
        filled = [folder for folder, result in groups if result["splits"][split]["documents"]] or [groups[0][0]]
        shards = [shard for folder in filled for shard in sorted(folder.glob(f"{split}-*.parquet"))]
        for number, shard in enumerate(shards):
            shard.rename(out / f"{split}-{number:05}.parquet")
