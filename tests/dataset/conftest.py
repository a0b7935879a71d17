"""Shards written from documents given as lists of ids."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from erya.dataset.shards import ShardWriter, TokenShards

END = 0
SHA256 = "ab" * 32
Write = Callable[..., TokenShards]


def draw_documents(count: int, longest: int = 40, seed: int = 0, vocab_size: int = 1_000) -> list[list[int]]:
    """Documents of 0 to `longest` random ids, none of them the end-of-text."""
    draw = np.random.default_rng(seed)
    return [draw.integers(1, vocab_size, draw.integers(0, longest + 1)).tolist() for _ in range(count)]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes documents to a new file and opens it."""

    def write_documents(documents: Sequence[list[int]], vocab_size: int = 1_000, sha256: str = SHA256) -> TokenShards:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.tokens"
        with ShardWriter(path, vocab_size, END, sha256) as writer:
            writer.write(documents)
        return TokenShards(path)

    return write_documents
