"""Rows: the documents of one source in an order shuffled for each epoch, joined and cut every `context_length` tokens.

An epoch's order follows from the seed and the epoch alone, so nothing about it is ever stored. Consecutive rows share
one token, the target of the one and the input of the other: every token of the epoch but its first, and a tail of
less than a row, is a target once. The rows themselves are shuffled too, as a long document fills many of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from erya.core.errors import UserError
from erya.dataset.shards import TokenShards

Batch = dict[str, torch.Tensor]
Ints = npt.NDArray[np.int64]
NOT_SCORED = -100


class Rows(NamedTuple):
    """Pieces of a stream, from which an objective makes a batch; neighbours share one token."""

    ids: Ints
    """A number for each row, its own among all rows of all epochs [B]."""
    tokens: Ints
    """[B, context_length + 1]."""
    documents: Ints
    """The number of each token's document in its row [B, context_length + 1]."""
    filled: int = 0
    """How many tokens at the end of the last row only fill it up."""


MakeBatch = Callable[[Rows], Batch]


@dataclass(frozen=True, eq=False)
class Order:
    """Documents in an order, seen as one stream of tokens."""

    shards: TokenShards
    documents: Ints

    @cached_property
    def sources(self) -> Ints:
        """Where in the file each document starts."""
        return self.shards.offsets[self.documents].astype(np.int64)

    @cached_property
    def starts(self) -> Ints:
        """Where in the stream each document starts, and the length of the stream."""
        lengths = np.diff(self.shards.offsets).astype(np.int64)[self.documents]
        return np.concatenate([[0], np.cumsum(lengths)])

    def gather(self, begins: Ints, length: int) -> tuple[Ints, Ints]:
        """Rows of `length` stream tokens from `begins`, and for each token the number of its document in the row."""
        first = np.searchsorted(self.starts, begins, "right") - 1
        last = np.searchsorted(self.starts, begins + length - 1, "right") - 1
        counts = last - first + 1
        row = np.repeat(np.arange(len(begins)), counts)
        number = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        document = first[row] + number
        begin = np.maximum(self.starts[document], begins[row])
        pieces = np.minimum(self.starts[document + 1], begins[row] + length) - begin
        shift = self.sources[document] + begin - self.starts[document] - (np.cumsum(pieces) - pieces)
        index = np.repeat(shift, pieces) + np.arange(len(begins) * length)
        shape = (len(begins), length)
        return self.shards.tokens[index].astype(np.int64).reshape(shape), np.repeat(number, pieces).reshape(shape)


class EpochRows:
    """The rows of one source, numbered over all epochs: row n is row n % num_rows of epoch n // num_rows."""

    def __init__(self, shards: TokenShards, context_length: int, seed: int) -> None:
        self.shards, self.context_length, self.seed = shards, context_length, seed
        self.num_rows = (shards.num_tokens - 1) // context_length
        if self.num_rows < 1:
            raise UserError(
                f"context_length: got {context_length:,}, but {shards.path} has only {shards.num_tokens:,} tokens; "
                f"use at most {max(shards.num_tokens - 1, 1):,} or add text"
            )
        # A batch spans at most two epochs, unless an epoch is shorter than a batch.
        self._epoch = lru_cache(maxsize=2)(self._plan)

    def _plan(self, epoch: int) -> tuple[Order, Ints]:
        random = np.random.Generator(np.random.Philox(key=(self.seed, epoch)))
        return Order(self.shards, random.permutation(self.shards.num_documents)), random.permutation(self.num_rows)

    def take(self, first: int, count: int) -> tuple[Ints, Ints, Ints]:
        """`count` rows from row `first` on: row ids, tokens [count, context_length + 1] and their documents' numbers.

        A row id is epoch × num_rows + the row's place in the epoch's stream.
        """
        taken = []
        while count:
            epoch, place = divmod(first, self.num_rows)
            order, shuffled = self._epoch(epoch)
            rows = shuffled[place : place + count]
            taken.append(
                (epoch * self.num_rows + rows, *order.gather(rows * self.context_length, self.context_length + 1))
            )
            first, count = first + len(rows), count - len(rows)
        ids, tokens, documents = zip(*taken, strict=True)
        return np.concatenate(ids), np.concatenate(tokens), np.concatenate(documents)


def validation_rows(
    shards: TokenShards, rows: int, context_length: int, max_tokens: int | None = None
) -> Iterator[Rows]:
    """The split from its beginning in order, up to `max_tokens` tokens, `rows` rows at a time, the same every time.

    An end-of-text stands before the first token, and others fill the last row.
    """
    order = Order(shards, np.arange(shards.num_documents))
    total = min(shards.num_tokens, max_tokens or shards.num_tokens)
    for start in range(0, total, rows * context_length):
        count = min(rows, -(-(total - start) // context_length))
        length = count * context_length
        # One stream position before the row, so that its first token is a target too.
        begin = np.array([max(start - 1, 0)])
        flat, documents = order.gather(begin, min(start + length, total) - int(begin[0]))
        yield _validation_rows(flat[0], documents[0], start, (count, context_length), shards.end_of_text_id)


def _validation_rows(flat: Ints, documents: Ints, start: int, shape: tuple[int, int], filler: int) -> Rows:
    if start == 0:
        flat, documents = np.concatenate([[filler], flat]), np.concatenate([[-1], documents]) + 1
    missing = shape[0] * shape[1] + 1 - len(flat)
    flat = np.concatenate([flat, np.full(missing, filler)])
    documents = np.concatenate([documents, np.full(missing, documents[-1])])
    index = np.arange(shape[0])[:, None] * shape[1] + np.arange(shape[1] + 1)
    return Rows(start // shape[1] + np.arange(shape[0]), flat[index], documents[index], missing)
