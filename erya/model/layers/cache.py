"""The keys and values of the text read so far, so that each further token costs one step."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


class LayerCache:
    """One layer's keys and values, allocated once [B, K, capacity, E]."""

    def __init__(self, rows: int, num_kv_heads: int, capacity: int, head_dim: int) -> None:
        self.shape = (rows, num_kv_heads, capacity, head_dim)
        self.keys: Tensor | None = None
        self.values: Tensor | None = None

    def append(
        self,
        keys: Float[Tensor, "B K T E"],
        values: Float[Tensor, "B K T E"],
        start: int,
        lengths: Int[Tensor, " B"] | None,
    ) -> tuple[Float[Tensor, "B K S E"], Float[Tensor, "B K S E"]]:
        """Store new keys and values after `start` places, or one in each row after its own length; give all stored."""
        if self.keys is None or self.values is None:  # what dtype and device they have is known only now
            # Zeros: a ragged row's unwritten places are masked, and a masked NaN would still spoil the sum.
            self.keys, self.values = keys.new_zeros(self.shape), values.new_zeros(self.shape)
        end = start + keys.shape[2]
        if lengths is None:
            self.keys[:, :, start:end] = keys
            self.values[:, :, start:end] = values
        else:
            rows = torch.arange(keys.shape[0], device=keys.device)
            self.keys[rows, :, lengths] = keys[:, :, 0]
            self.values[rows, :, lengths] = values[:, :, 0]
        return self.keys[:, :, :end], self.values[:, :, :end]

    def select(self, rows: Int[Tensor, " N"]) -> None:
        """Keep these rows, in this order."""
        if self.keys is not None and self.values is not None:
            self.keys, self.values = self.keys[rows], self.values[rows]
        self.shape = (len(rows), *self.shape[1:])


class State:
    """A batch of texts being written: what each layer remembers and how long each row is.

    Rows of one length share a slice of the cache and need no mask; where lengths differ, `lengths` says them.
    """

    def __init__(self, layers: list[LayerCache], capacity: int) -> None:
        self.layers = layers
        self.capacity = capacity
        self.length = 0
        self.lengths: Int[Tensor, " B"] | None = None

    def select(self, rows: Int[Tensor, " N"]) -> None:
        """Keep these rows, in this order: to drop finished texts or to follow the best beams."""
        for layer in self.layers:
            layer.select(rows)
        if self.lengths is not None:
            self.lengths = self.lengths[rows]
            self.length = int(self.lengths.max())
            if bool((self.lengths == self.length).all()):
                self.lengths = None

    def advance(self) -> None:
        """Count one more token in every row."""
        self.length += 1
        if self.lengths is not None:
            self.lengths = self.lengths + 1

    def mask(self) -> Bool[Tensor, "B 1 1 S"] | None:
        """Which stored places, with the next one, a row's next token sees; None where all rows see all."""
        if self.lengths is None:
            return None
        places = torch.arange(self.length + 1, device=self.lengths.device)
        return (places <= self.lengths[:, None])[:, None, None, :]
