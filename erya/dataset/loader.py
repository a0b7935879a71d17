"""The loader: batches without end from one source or a weighted mixture, from a state of a few integers.

The objective has no state, so that this is all there is to remember of the data.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from erya.core.errors import UserError
from erya.dataset.objectives.next_token import NextToken
from erya.dataset.rows import Batch, EpochRows, Ints, MakeBatch, Rows
from erya.dataset.shards import TokenShards

# Source: Weyl's equidistribution with the golden ratio in 64 bits, the step of Steele et al. 2014, "Fast Splittable
# Pseudorandom Number Generators": at any time the rows taken are in the sources' weights to within about 5 rows.
GOLDEN_STEP = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class Mixture:
    """Several sources and the share of rows each gives; weights are relative.

    Raises: UserError for a weight that is not positive, or sources made with different tokenizers.
    """

    sources: Mapping[str, TokenShards]
    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        if not self.sources or set(self.sources) != set(self.weights):
            got = f"weights for {', '.join(self.weights) or 'none'}, sources {', '.join(self.sources) or 'none'}"
            raise UserError(f"mixture: got {got}; every source needs one weight")
        for name, weight in self.weights.items():
            if not 0 < weight < float("inf"):
                raise UserError(f"mixture: weight of {name}: got {weight}; expected a number above 0")
        first, *others = self.sources.values()
        for other in others:
            other.require_tokenizer(first.tokenizer_sha256, str(first.path))


class Loader:
    """Batches of `rows` rows of `context_length` tokens, for ever; the same seed gives the same batches.

    `make` is the objective: what of a row is given and what is to be told.
    """

    def __init__(
        self,
        source: TokenShards | Mixture,
        rows: int,
        context_length: int,
        seed: int,
        make: MakeBatch = NextToken(),  # noqa: B008 - it cannot change
    ) -> None:
        mixture = source if isinstance(source, Mixture) else Mixture({"text": source}, {"text": 1.0})
        self.rows, self.context_length, self.seed, self.make = rows, context_length, seed, make
        self.sources = {name: EpochRows(shards, context_length, seed) for name, shards in mixture.sources.items()}
        shares = np.cumsum([mixture.weights[name] for name in mixture.sources])
        self._bounds = shares[:-1] / shares[-1]
        self._taken = dict.fromkeys(self.sources, 0)

    @property
    def rows_per_epoch(self) -> int:
        """Rows of all sources together, each taken once."""
        return sum(source.num_rows for source in self.sources.values())

    @property
    def tokens_per_epoch(self) -> int:
        """Targets of all sources together, each taken once."""
        return self.rows_per_epoch * self.context_length

    @property
    def epochs(self) -> dict[str, float]:
        """How often each source has been gone through."""
        return {name: self._taken[name] / source.num_rows for name, source in self.sources.items()}

    def next(self) -> Batch:
        """The next batch: ids, targets (−100 = not scored), and what else the objective makes of the rows."""
        choice = self._choose(sum(self._taken.values()))
        shape = (self.rows, self.context_length + 1)
        ids, tokens, documents = np.empty(self.rows, np.int64), np.empty(shape, np.int64), np.empty(shape, np.int64)
        for number, (name, source) in enumerate(self.sources.items()):
            places = np.flatnonzero(choice == number)
            if places.size:
                row_ids, tokens[places], documents[places] = source.take(self._taken[name], len(places))
                # Sources take turns in the ids, so that no two rows of a mixture share one.
                ids[places] = row_ids * len(self.sources) + number
                self._taken[name] += len(places)
        return self.make(Rows(ids, tokens, documents))

    def _choose(self, first: int) -> Ints:
        """The number of the source of each of the next `rows` rows."""
        steps = np.arange(first, first + self.rows, dtype=np.uint64) * np.uint64(GOLDEN_STEP)
        points = steps + np.uint64(self.seed * GOLDEN_STEP % 2**64)
        return np.searchsorted(self._bounds, points / 2.0**64, "right")

    def state(self) -> dict[str, int]:
        """Where the loader stands: the seed, the shape of the rows, and the rows taken from each source."""
        fixed = {"seed": self.seed, "context_length": self.context_length}
        for name, source in self.sources.items():
            fixed |= {f"{name}.num_rows": source.num_rows, f"{name}.taken": self._taken[name]}
        return fixed

    def load_state(self, state: Mapping[str, int]) -> None:
        """Go on from where another loader stood.

        Raises: UserError naming the first thing that differs: seed, context_length, the sources or their size.
        """
        for key, value in self.state().items():
            if key not in state or (not key.endswith(".taken") and state[key] != value):
                raise UserError(
                    f"data: {key} is {value}, but the run stood at {state.get(key)}; resume with the same data"
                )
        self._taken = {name: state[f"{name}.taken"] for name in self.sources}
