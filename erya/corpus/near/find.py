"""All stages of near-duplicates in their order, by whatever runs their tasks: this process, a pool or a cluster."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from erya.corpus.near.signature import NearOptions
from erya.corpus.near.stages import Read, collect_shingles, find_buckets, find_removed, numbered

SHARE_KEYS = 2**22  # sorted at once: about 250 MB

T = TypeVar("T")
R = TypeVar("R")


class Map(Protocol):
    """What runs a task on each item, anywhere, and gives the results in the order of the items."""

    def __call__(self, task: Callable[[T], R], items: Sequence[T], title: str) -> Iterator[R]:
        """Run a stage, whose title is what a person sees."""


@dataclass(frozen=True, slots=True)
class Part:
    """The files of one part of a corpus: its texts, its keys, and which of its rows still count (None: all)."""

    texts: Path
    keys: Path
    kept: Path | None = None


def near_duplicates(parts: Sequence[Part], read: Read, work: Path, options: NearOptions, run: Map) -> list[Path]:
    """For each part, in their order, the file of its documents that go; `read_removed` reads it.

    What is in `work` already is used: it must be of the same parts and options.
    """
    numbers = range(len(parts))
    texts, keys = [part.texts for part in parts], [part.keys for part in parts]
    kept = [part.kept for part in parts if part.kept is not None]
    assert len(kept) in (0, len(parts)), "which rows count must be said of all parts or of none"
    count = sum(np.load(path, mmap_mode="r").shape[1] for path in keys)
    shares = range(-(-count // SHARE_KEYS) or 1)

    def stage(title: str, task: Callable[[int], None], items: range, folder: Path) -> list[Path]:
        deque(run(task, items, title), maxlen=0)
        return [numbered(folder, number) for number in items]

    folder = work / "buckets"
    task = partial(find_buckets, shares=len(shares), keys=keys, kept=kept, folder=folder)
    buckets = stage("Sorting keys", task, shares, folder)
    folder = work / "shingles"
    task = partial(collect_shingles, texts=texts, read=read, buckets=buckets, folder=folder)
    shingles = stage("Reading candidates", task, numbers, folder)
    folder = work / "removed"
    task = partial(find_removed, buckets=buckets, shingles=shingles, options=options, folder=folder)
    return stage("Comparing candidates", task, numbers, folder)
