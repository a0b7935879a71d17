"""Which documents share a run of words with an evaluation set."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Evaluations:
    """The runs of words of evaluation files, ready to be looked for; picklable."""

    @classmethod
    def read(cls, paths: Sequence[str | Path]) -> Self:
        """Take the texts of evaluation files."""
        raise NotImplementedError

    def overlap(self, text: str) -> str | None:
        """`FILE: 'the shared run of words'` for a text that shares one, otherwise None."""
        raise NotImplementedError
