"""The keys and values of the text read so far, so that each further token costs one step."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from erya.model.layers.attention import KeysValues


class LayerCache:
    """One layer's keys and values, [B, K, room, E]; the room doubles when it is full, up to `capacity` places."""

    def __init__(self, rows: int, num_kv_heads: int, capacity: int, head_dim: int) -> None:
        self.rows, self.num_kv_heads, self.capacity, self.head_dim = rows, num_kv_heads, capacity, head_dim
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
        end = start + keys.shape[2]
        self.keys, self.values = self._with_room(self.keys, keys, end), self._with_room(self.values, values, end)
        if lengths is None:
            self.keys[:, :, start:end] = keys
            self.values[:, :, start:end] = values
        else:
            rows = torch.arange(keys.shape[0], device=keys.device)
            self.keys[rows, :, lengths] = keys[:, :, 0]
            self.values[rows, :, lengths] = values[:, :, 0]
        return self.keys[:, :, :end], self.values[:, :, :end]

    def _with_room(self, stored: Tensor | None, new: Tensor, end: int) -> Tensor:
        """What is stored, with room for `end` places; `new` tells its type and where it lies."""
        if stored is not None and end <= stored.shape[2]:
            return stored
        # Zeros: a ragged row's unwritten places are masked, and a masked NaN would still spoil the sum.
        roomy = new.new_zeros(self.rows, self.num_kv_heads, min(2 * end, self.capacity), self.head_dim)
        if stored is not None:
            roomy[:, :, : stored.shape[2]] = stored
        return roomy

    @torch.inference_mode()
    def select(self, rows: Int[Tensor, " N"], length: int) -> None:
        """Keep these rows, not more than there are, in this order, and of each the first `length` places."""
        self.rows = len(rows)
        if self.keys is not None and self.values is not None:
            kept = self.keys[:, :, :length][rows], self.values[:, :, :length][rows]
            self.keys, self.values = self.keys[: len(rows)], self.values[: len(rows)]  # memory already there
            self.keys[:, :, :length], self.values[:, :, :length] = kept


class State:
    """A batch of texts being written: what each layer remembers and how long each row is.

    Rows of one length share a slice of the cache and need no mask; where lengths differ, `lengths` says them. After
    `branch`, each row goes on in several ways that stand in it beside one another, and `seen` says which places of the
    row each way has behind it: to follow the best ways moves no key and no value.
    """

    def __init__(self, layers: list[LayerCache], capacity: int) -> None:
        self.layers = layers
        self.capacity = capacity
        self.length = 0
        """Places filled in every row."""
        self.lengths: Int[Tensor, " B"] | None = None
        self.seen: Bool[Tensor, "B W S"] | None = None
        self.ends: Int[Tensor, "B 1"] | None = None
        """The position of the next token of every way, once there are ways."""

    @property
    def rows(self) -> int:
        """How many texts there are, the ways of one counted once."""
        return self.layers[0].rows

    def select(self, rows: Int[Tensor, " N"]) -> None:
        """Keep these rows, in this order: to drop finished texts."""
        for layer in self.layers:
            layer.select(rows, self.length)
        if self.seen is not None and self.ends is not None:
            self.seen, self.ends = self.seen[rows], self.ends[rows]
        if self.lengths is not None:
            self.lengths = self.lengths[rows]
            self.length = int(self.lengths.max())
            if bool((self.lengths == self.length).all()):
                self.lengths = None

    def branch(self, width: int) -> None:
        """Let every row go on in `width` ways."""
        keys = self.layers[0].keys
        assert keys is not None, "nothing has been read yet"
        places = torch.arange(self.length, device=keys.device)
        lengths = places.new_full((self.rows,), self.length) if self.lengths is None else self.lengths
        self.ends, self.lengths = lengths[:, None], None
        self.seen = (places < self.ends)[:, None].expand(-1, width, -1)
        self.capacity = self.length + width * (self.capacity - self.length)
        for layer in self.layers:
            layer.capacity = self.capacity

    def follow(self, ways: Int[Tensor, "B W"]) -> None:
        """Go on from these ways of each row."""
        assert self.seen is not None, "branch first"
        self.seen = self.seen.gather(1, ways[:, :, None].expand(-1, -1, self.seen.shape[2]))

    def positions(self, count: int, device: torch.device) -> Int[Tensor, "#B #T"]:
        """Where the next `count` tokens of each row stand; the next of each of its ways stand at the same."""
        if self.ends is not None:
            return self.ends
        if self.lengths is not None:
            return self.lengths[:, None]
        return torch.arange(self.length, self.length + count, device=device)[None]

    def mask(self) -> Bool[Tensor, "B 1 #T S"] | None:
        """Which stored places, with the next ones, a row's next tokens see; None where all rows see all."""
        if self.seen is not None:
            rows, width, _ = self.seen.shape
            itself = torch.eye(width, dtype=torch.bool, device=self.seen.device).expand(rows, -1, -1)
            return torch.cat((self.seen, itself), dim=2)[:, None]
        if self.lengths is None:
            return None
        places = torch.arange(self.length + 1, device=self.lengths.device)
        return (places <= self.lengths[:, None])[:, None, None, :]

    def advance(self) -> None:
        """Count one more token in every row, or in every way of it."""
        if self.ends is not None and (mask := self.mask()) is not None:
            self.seen, self.ends = mask[:, 0], self.ends + 1
            self.length = self.seen.shape[2]
            return
        self.length += 1
        if self.lengths is not None:
            self.lengths = self.lengths + 1


class SourceState(State):
    """The same for texts written from a source: also what each layer attends to there."""

    def __init__(
        self, layers: list[LayerCache], capacity: int, sources: list[KeysValues], mask: Bool[Tensor, "N 1 1 S"] | None
    ) -> None:
        super().__init__(layers, capacity)
        self.sources, self.source_mask = sources, mask

    def select(self, rows: Int[Tensor, " N"]) -> None:
        """Keep these rows and their sources, in this order."""
        super().select(rows)
        self.sources = [(keys[rows], values[rows]) for keys, values in self.sources]
        self.source_mask = self.source_mask[rows] if self.source_mask is not None else None
