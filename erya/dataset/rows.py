"""Rows: the documents of one source in an order shuffled for each epoch, joined and cut every `context_length` tokens.

An epoch's order follows from the seed and the epoch alone, so nothing about it is ever stored. Consecutive rows share
one token, the target of the one and the input of the other: every token of the epoch but its first, and a tail of
less than a row, is a target once. The rows themselves are shuffled too, as a long document fills many of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import torch

from erya.core.errors import UserError
from erya.dataset.shards import TokenShards

Batch = dict[str, torch.Tensor]
Ints = npt.NDArray[np.int64]
NOT_SCORED = -100


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


def make_batch(ids: Ints, tokens: Ints, documents: Ints, document_mask: bool) -> Batch:
    """A batch from rows of context_length + 1 tokens.

    With `document_mask` each position belongs to the document of its target: the end-of-text before a document opens
    it, so its first token is learned from where generation and evaluation start too, and no target is lost.
    """
    batch = {"ids": torch.from_numpy(ids), "tokens": torch.from_numpy(tokens[:, :-1].copy())}
    if document_mask:
        batch["documents"] = torch.from_numpy(documents[:, 1:] - documents[:, 1:2])
    return batch | {"targets": torch.from_numpy(tokens[:, 1:].copy())}


def validation_batches(
    shards: TokenShards, rows: int, context_length: int, max_tokens: int | None = None, document_mask: bool = False
) -> Iterator[Batch]:
    """The split from its beginning in order, every token (up to `max_tokens`) a target once.

    The first token is predicted from an end-of-text; the last row is filled with end-of-text that is not scored.
    """
    order = Order(shards, np.arange(shards.num_documents))
    total = min(shards.num_tokens, max_tokens or shards.num_tokens)
    for start in range(0, total, rows * context_length):
        count = min(rows, -(-(total - start) // context_length))
        length = count * context_length
        # One stream position before the row, so that its first token is a target too.
        begin = np.array([max(start - 1, 0)])
        flat, documents = order.gather(begin, min(start + length, total) - int(begin[0]))
        yield _validation_batch(
            flat[0], documents[0], start, (count, context_length), shards.end_of_text_id, document_mask
        )


def _validation_batch(
    flat: Ints, documents: Ints, start: int, shape: tuple[int, int], filler: int, document_mask: bool
) -> Batch:
    if start == 0:
        flat, documents = np.concatenate([[filler], flat]), np.concatenate([[-1], documents]) + 1
    missing = shape[0] * shape[1] + 1 - len(flat)
    flat = np.concatenate([flat, np.full(missing, filler)])
    documents = np.concatenate([documents, np.full(missing, documents[-1])])
    index = np.arange(shape[0])[:, None] * shape[1] + np.arange(shape[1] + 1)
    batch = make_batch(start // shape[1] + np.arange(shape[0]), flat[index], documents[index], document_mask)
    if missing:
        batch["targets"].view(-1)[-missing:] = NOT_SCORED
    return batch
