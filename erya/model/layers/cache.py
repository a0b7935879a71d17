"""The keys and values of the text read so far, so that each further token costs one step."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from erya.model.layers.attention import KeysValues


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

    @torch.inference_mode()
    def select(self, rows: Int[Tensor, " N"], length: int) -> None:
        """Keep these rows, in this order, and of each the first `length` places."""
        old = self.keys, self.values
        self.shape = (len(rows), *self.shape[1:])
        if old[0] is None or old[1] is None:
            return
        keys, values = (part[:, :, :length][rows] for part in old if part is not None)
        if self.keys is None or self.keys.shape != self.shape:
            self.keys, self.values = keys.new_zeros(self.shape), values.new_zeros(self.shape)
        assert self.values is not None
        self.keys[:, :, :length], self.values[:, :, :length] = keys, values


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
            layer.select(rows, self.length)
        if self.lengths is not None:
            self.lengths = self.lengths[rows]
            self.length = int(self.lengths.max())
            if bool((self.lengths == self.length).all()):
                self.lengths = None

    def spread(self, width: int) -> None:
        """Make `width` rows of each, beside one another."""
        rows = self.layers[0].shape[0]
        self.select(torch.arange(rows).repeat_interleave(width))

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


class SourceState(State):
    """The same for texts written from a source: also what each layer attends to there, once for all rows of a source.

    Rows of one source stand beside one another, `width` of them.
    """

    def __init__(
        self, layers: list[LayerCache], capacity: int, sources: list[KeysValues], mask: Bool[Tensor, "N 1 1 S"] | None
    ) -> None:
        super().__init__(layers, capacity)
        self.sources, self.source_mask, self.width = sources, mask, 1

    def spread(self, width: int) -> None:
        """Make `width` rows of each source; what is attended to stays as it is."""
        rows = torch.arange(self.layers[0].shape[0]).repeat_interleave(width)
        for layer in self.layers:
            layer.select(rows, self.length)
        self.width *= width

    def select(self, rows: Int[Tensor, " N"]) -> None:
        """Keep these rows, in this order; all rows kept of a source stand together, `width` of them."""
        super().select(rows)
        kept = rows[:: self.width] // self.width
        if len(kept) < len(self.sources[0][0]) or not bool((kept == torch.arange(len(kept), device=kept.device)).all()):
            self.sources = [(keys[kept], values[kept]) for keys, values in self.sources]
            self.source_mask = self.source_mask[kept] if self.source_mask is not None else None
