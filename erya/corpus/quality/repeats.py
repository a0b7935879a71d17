"""The n-grams of a text that occur more than once, exactly, for n one after the other.

An n-gram can only be repeated where the n-gram one shorter is. So each step sorts what the step before left over, which
in ordinary text is soon next to nothing, and names an n-gram by the number of the shorter one and its last unit: no
hashes, no collisions.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

PLACE_BITS = 20
LONGEST = 2**PLACE_BITS
"""Units of a text that are looked at; what follows them is not."""

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Step:
    """Where repeated n-grams stand, equal ones side by side in the order of the text, and which n-gram it is."""

    places: Integers
    first: npt.NDArray[np.bool_]
    number: Integers


_NONE = _Step(np.zeros(0, np.int64), np.zeros(0, np.bool_), np.zeros(0, np.int64))


class Repeats:
    """The repeated n-grams of a text that is given as the numbers of its units, below 2^21, and the units' lengths."""

    def __init__(self, numbers: Integers, lengths: Integers) -> None:
        self.numbers = numbers[:LONGEST]
        self.ends = np.zeros(len(self.numbers) + 1, np.int64)  # characters before each unit, and in all of them
        np.cumsum(lengths[:LONGEST], out=self.ends[1:])
        self.kinds = int(self.numbers.max(initial=0)) + 1
        self.steps = [_Step(np.arange(len(self.numbers)), np.zeros(0, np.bool_), self.numbers)]

    def top_share(self, n: int) -> float:
        """The share of characters in the most frequent n-gram, 0 when none is repeated; of equals the longest counts.

        Occurrences that overlap count each, so that the share may exceed 1.
        """
        step = self._step(n)
        if not len(step.places):
            return 0.0
        counts = np.bincount(step.number)
        starts = step.places[step.first]
        lengths = self.ends[starts + n] - self.ends[starts]
        most = counts.max()
        return float(most * lengths[counts == most].max() / self.ends[-1])

    def duplicate_share(self, n: int) -> float:
        """The share of characters in n-grams that stood before in the text, from left to right without overlap."""
        step = self._step(n)
        end = characters = 0
        for place in np.sort(step.places[~step.first]).tolist():
            if place >= end:
                end = place + n
                characters += int(self.ends[end] - self.ends[place])
        return characters / int(self.ends[-1]) if characters else 0.0

    def _step(self, n: int) -> _Step:
        assert n >= 2
        while len(self.steps) < n:
            self.steps.append(self._longer(self.steps[-1], len(self.steps) + 1))
        return self.steps[n - 1]

    def _longer(self, step: _Step, n: int) -> _Step:
        """The repeated n-grams among those that begin with a repeated one of n - 1 units."""
        if not len(step.places):
            return _NONE
        fits = step.places <= len(self.numbers) - n
        places = step.places[fits]
        key = step.number[fits] * self.kinds + self.numbers[places + n - 1]  # below 2^42
        key = np.sort((key << PLACE_BITS) | places)  # much faster than sorting indices by the key
        places = key & (LONGEST - 1)
        key >>= PLACE_BITS
        edges = np.ones(len(key) + 1, np.bool_)
        np.not_equal(key[1:], key[:-1], out=edges[1:-1])
        repeated = ~(edges[:-1] & edges[1:])
        first = edges[:-1][repeated]
        return _Step(places[repeated], first, np.cumsum(first) - 1)
