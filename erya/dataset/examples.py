"""Supervised examples: named sequences of ids kept compactly, and a loader that batches those of like length.

In: one dictionary of lists an example, such as `{"source": […], "tokens": […], "targets": […]}`. Out: batches of
[B, longest] by each name, filled up with the padding id, targets with −100, segments with 0. The loader's
state is a few integers.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch

from erya.core.errors import UserError
from erya.dataset.rows import NOT_SCORED, Batch, Ints

Example = Mapping[str, Sequence[int]]
Texts = tuple[npt.NDArray[np.int32], Ints]
"""Texts as their ids in a row, and where each begins and the last one ends."""
TARGETS, DOCUMENTS, SEGMENTS = "targets", "documents", "segments"
FILLERS = {TARGETS: NOT_SCORED, SEGMENTS: 0}  # others are filled up with the padding id
OPEN_ROWS = 16  # rows tried for each example when packing: more fill a row little better and take longer


class Examples:
    """Examples of the same names in one flat array each; `lengths` are the longest sequences' [N]."""

    def __init__(self, examples: Iterable[Example], pad_id: int) -> None:
        self.pad_id = pad_id
        flat: dict[str, array[int]] = {}
        bounds: dict[str, array[int]] = {}
        for example in examples:
            for name, ids in example.items():
                flat.setdefault(name, array("i")).extend(ids)
                bounds.setdefault(name, array("q", [0])).append(len(flat[name]))
        self._flat = {name: np.frombuffer(ids, np.int32) for name, ids in flat.items()}
        self._bounds = {name: np.frombuffer(ends, np.int64) for name, ends in bounds.items()}
        sizes = [np.diff(ends) for ends in self._bounds.values()]
        assert len({len(size) for size in sizes}) <= 1, "examples of different names"
        self.sizes = dict(zip(self._bounds, sizes, strict=True))
        self.lengths: Ints = np.max(sizes, axis=0) if sizes else np.zeros(0, np.int64)

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def supervised(self) -> int:
        """How many targets count."""
        return int((self._flat[TARGETS] != NOT_SCORED).sum())

    @property
    def targets(self) -> int:
        """How many places have a target, counted or not."""
        return len(self._flat[TARGETS])

    def texts(self, names: Sequence[str]) -> list[Texts]:
        """What the examples have under these names, where they have them."""
        return [(self._flat[name], self._bounds[name]) for name in names if name in self._flat]

    def batch(self, rows: Sequence[Sequence[int]]) -> Batch:
        """Rows of one example each, or of several one after the other: then `documents` tells them apart."""
        packed = any(len(row) > 1 for row in rows)
        batch = {"ids": torch.tensor([row[0] for row in rows])}
        for name, flat in self._flat.items():
            bounds = self._bounds[name]
            parts = [np.concatenate([flat[bounds[one] : bounds[one + 1]] for one in row]) for row in rows]
            batch[name] = _padded(parts, FILLERS.get(name, self.pad_id))
        if packed:
            sizes = self.sizes[TARGETS]
            numbers = [np.repeat(np.arange(len(row)), sizes[list(row)]) for row in rows]
            batch[DOCUMENTS] = _padded(numbers, -1)
        return batch


def _padded(parts: Sequence[np.ndarray], filler: int) -> torch.Tensor:
    filled = np.full((len(parts), max(map(len, parts))), filler, np.int64)
    for row, part in zip(filled, parts, strict=True):
        row[: len(part)] = part
    return torch.from_numpy(filled)


Epochs = Callable[[int], Examples]
"""What is learned from each time through the data, from 0: always the same, or the same said in other tokens."""


class ExampleLoader:
    """Batches of at most `batch_tokens` places, padding included, for ever; each epoch in an order of its own.

    Examples of like length share a batch, so that little of it is padding; the batches are shuffled. With `row_tokens`
    rows of that length are packed with as many examples as fit.

    Raises: UserError when there are no examples.
    """

    def __init__(self, epochs: Epochs, batch_tokens: int, seed: int, row_tokens: int | None = None) -> None:
        self.epochs, self.batch_tokens, self.seed, self.row_tokens = epochs, batch_tokens, seed, row_tokens
        self._open(0)

    def next(self) -> Batch:
        """The next batch."""
        if self.place == len(self._plan):
            self._open(self.epoch + 1)
        self.place += 1
        return self.examples.batch(self._plan[self.place - 1])

    @property
    def batches_per_epoch(self) -> int:
        """Batches of this epoch; others have about as many."""
        return len(self._plan)

    def state(self) -> dict[str, int]:
        """Where the loader stands."""
        fixed = {"seed": self.seed, "examples": len(self.examples), "batch_tokens": self.batch_tokens}
        return {**fixed, "epoch": self.epoch, "place": self.place}

    def load_state(self, state: Mapping[str, int]) -> None:
        """Go on from where another loader stood.

        Raises: UserError naming the first thing that differs.
        """
        if state["epoch"] != self.epoch:
            self._open(state["epoch"])
        self.place = state["place"]
        for key, value in self.state().items():
            if state.get(key) != value:
                raise UserError(f"data: {key} is {value}, but the run stood at {state.get(key)}; resume with the same")

    def _open(self, epoch: int) -> None:
        self.epoch, self.place = epoch, 0
        self.examples = self.epochs(epoch)
        if not len(self.examples):
            raise UserError("training data: no example is left; nothing could be learned")
        self._plan = self._shuffled(epoch)

    def _shuffled(self, epoch: int) -> list[list[list[int]]]:
        random = np.random.Generator(np.random.Philox(key=(self.seed, epoch)))
        order = random.permutation(len(self.examples))
        if self.row_tokens is not None:
            rows = _packed(order, self.examples.lengths, self.row_tokens)
            size = max(1, self.batch_tokens // self.row_tokens)
            return [rows[start : start + size] for start in range(0, len(rows), size)]
        order = order[np.lexsort([sizes[order] for sizes in self.examples.sizes.values()])]
        batches = list(bucketed(order, self.examples.lengths, self.batch_tokens))
        return [batches[place] for place in random.permutation(len(batches))]


def bucketed(order: Ints, lengths: Ints, batch_tokens: int) -> Iterator[list[list[int]]]:
    """Cut examples in an order into batches of at most so many places: rows times the longest; one at the least."""
    batch: list[list[int]] = []
    longest = 0
    for one in order.tolist():
        longest = max(longest, int(lengths[one]))
        if batch and longest * (len(batch) + 1) > batch_tokens:
            yield batch
            batch, longest = [], int(lengths[one])
        batch.append([one])
    if batch:
        yield batch


def _packed(order: Ints, lengths: Ints, row_tokens: int) -> list[list[int]]:
    """Rows of examples one after the other, each put into the first of the few open rows that has room for it."""
    open_rows: list[tuple[list[int], int]] = []
    rows: list[list[int]] = []
    for one in order.tolist():
        length = int(lengths[one])
        for place, (row, room) in enumerate(open_rows):
            if length <= room:
                row.append(one)
                open_rows[place] = (row, room - length)
                break
        else:
            rows.append([one])
            open_rows = [*open_rows, (rows[-1], row_tokens - length)][-OPEN_ROWS:]
    return rows
