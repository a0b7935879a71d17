"""The memory one process needs to leave out duplicates and to split, for any number of documents: digests are made up.

    python scripts/document_memory.py [--documents 7000000]      40 seconds; 170 MB of scratch files

Prints the peak memory before and after each stage. A folder holds the digests of 2,500 documents, as a part of a dump
does.
"""

import argparse
import resource
import tempfile
from pathlib import Path

import numpy as np

from erya.corpus import build
from erya.corpus.assemble import place_documents
from erya.corpus.deduplicate import originals
from erya.corpus.parts import DIGESTS, IDS, digests_of

PART_DOCUMENTS = 2_500
SHARE = 0.05  # of validation and of test


def make_parts(documents: int, folder: Path) -> list[Path]:
    """Folders with random digests and ids, of which practically none come twice."""
    generator = np.random.default_rng(0)
    parts = [folder / f"{number:06}" for number in range(-(-documents // PART_DOCUMENTS))]
    for part in parts:
        part.mkdir()
        generator.integers(0, 2**63, (PART_DOCUMENTS, 2), dtype=np.uint64).tofile(part / DIGESTS)
        generator.integers(0, 2**63, PART_DOCUMENTS, dtype=np.uint64).tofile(part / IDS)
    return parts


def show(stage: str) -> None:
    """Print the peak memory of this process so far."""
    print(f"{stage:<12} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:6.0f} MB at the peak")


def main() -> None:
    """Run the stages of a build that look at all documents at once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=7_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        parts = make_parts(options.documents, Path(folder))
        count = len(parts) * PART_DOCUMENTS
        show("before")
        first = originals(digests_of(parts), count)
        show("duplicates")
        none_near = np.empty((0, 2), np.uint64)
        places, _ = place_documents(digests_of(parts), first, none_near, SHARE, SHARE, 0)
        show("split")
        build._report_ids(parts, places)  # noqa: SLF001 - the last of these stages, of no use by itself
        show("ids")


if __name__ == "__main__":
    main()
