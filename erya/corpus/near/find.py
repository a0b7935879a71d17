"""Near-duplicates of a whole corpus: the stages in their order, by whatever runs their tasks."""

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np

from erya.corpus.near.shingles import Hashes
from erya.corpus.near.signature import NearOptions
from erya.corpus.near.stages import BUCKETS, PAIRS, SHINGLES, CollectShingles, FindBuckets, FindPairs, Part
from erya.corpus.runner import Runner
from erya.corpus.work import Work

SHARE_BYTES = 2**26  # of keys and rows, sorted at once: that takes about four times the memory


def near_duplicates(
    work: Work,
    runner: Runner,
    folders: Sequence[Path],
    counts: Sequence[int],
    read: Callable[[Path], Iterable[str]],
    kept: Path,
    options: NearOptions,
) -> Hashes:
    """The documents that go, each with an earlier one that it is a near-duplicate of: [documents, 2].

    A document goes when an EARLIER one, whether that one goes or not, has a Jaccard similarity with it of the threshold
    at least. So each document is decided for itself, and the result depends on nothing but the documents' order: not
    on the parts, the shares of the keys, or on who runs the tasks.

    The parts of the corpus are `folders`, in each of which `write_keys` has left the keys of so many documents as
    `counts` says and of which `read`, which must be picklable, gives the texts. `kept` is a file of an array with one
    Boolean for each document: one that does not count neither goes nor makes others go.
    """
    parts = [
        Part(folder, *bounds) for folder, bounds in zip(folders, pairwise(accumulate(counts, initial=0)), strict=True)
    ]
    sizes = [part.key_bytes() for part in parts]
    shares = -(-sum(sizes) // SHARE_BYTES)

    def done(stage: str, name: str, count: int) -> list[Path]:
        return [work.item(stage, number) / name for number in range(count)]

    find_buckets = FindBuckets(parts, kept, shares)
    work.run(runner, "sorting keys", find_buckets, range(shares), [sum(sizes) // shares] * shares)
    buckets = done("sorting keys", BUCKETS, shares)
    work.run(runner, "reading candidates", CollectShingles(buckets, read), parts, sizes)
    shingles = done("reading candidates", SHINGLES, len(parts))
    sizes = [path.stat().st_size for path in shingles]
    work.run(runner, "comparing candidates", FindPairs(parts, buckets, shingles, options), parts, sizes)
    return np.concatenate([np.load(path) for path in done("comparing candidates", PAIRS, len(parts))])
