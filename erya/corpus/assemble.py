"""The last stages: the documents of all parts in; those that stay, split, out as the shards of the corpus."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from erya.corpus.deduplicate import Digests, first_occurrences
from erya.corpus.parts import read_part
from erya.corpus.runner import progressed
from erya.corpus.split import SPLITS, assign
from erya.corpus.store import SHARD_CHARACTERS, ShardWriter
from erya.corpus.summary import Tally
from erya.corpus.work import Result

NEAR, GONE = 254, 255  # the place of a near-duplicate, and of an exact one
Places = npt.NDArray[np.uint8]  # for each document, an index into SPLITS, NEAR or GONE
Pairs = npt.NDArray[np.uint64]  # the number of each near-duplicate and that of an earlier document: [documents, 2]


def place_documents(digests: Digests, pairs: Pairs, validation: float, test: float, seed: int) -> Places:
    """Where each document of the parts goes, given the near-duplicates among those that are no exact duplicates.

    Raises: UserError when there are too few documents to split.
    """
    places = np.full(len(digests), GONE, dtype=np.uint8)
    keep = first_occurrences(digests)
    keep[pairs[:, 0]] = False
    places[keep] = assign(digests[keep], validation, test, seed)
    places[pairs[:, 0]] = NEAR
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
        tallies, near = {split: Tally() for split in SPLITS}, Tally()
        with ExitStack() as stack:
            writers = {split: stack.enter_context(ShardWriter(folder, split)) for split in SPLITS}
            documents = (document for part in group.parts for document in read_part(part))
            for document, place in zip(documents, places, strict=False):
                progressed(len(document.text))
                if place == NEAR:
                    near.add(document)
                elif place != GONE:
                    tallies[SPLITS[place]].add(document)
                    writers[SPLITS[place]].write(document)
        return {"splits": {split: tally.as_json() for split, tally in tallies.items()}, "near": near.as_json()}


def gather_shards(groups: Sequence[tuple[Path, Result]], out: Path) -> None:
    """Move the shards of all groups to `out`, those of each split numbered in a row; an empty one only when alone."""
    for split in SPLITS:
        filled = [folder for folder, result in groups if result["splits"][split]["documents"]] or [groups[0][0]]
        shards = [shard for folder in filled for shard in sorted(folder.glob(f"{split}-*.parquet"))]
        for number, shard in enumerate(shards):
            shard.rename(out / f"{split}-{number:05}.parquet")


def list_pairs(parts: Sequence[Path], pairs: Pairs, out: Path) -> None:
    """Write each near-duplicate's id with that of the earlier document, one JSON object a line."""
    wanted = set(pairs.ravel().tolist())
    ids = (document.id for part in parts for document in read_part(part, ("id",)))
    named = {number: id_ for number, id_ in enumerate(ids) if number in wanted}
    with out.open("w", encoding="utf-8") as stream:
        for document, earlier in pairs.tolist():
            line = {"id": named[document], "near": named[earlier]}
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
