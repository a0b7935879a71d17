"""Copy the source: what a system must beat to be said to translate at all; names and numbers it has right."""

from collections.abc import Sequence

from erya.corpus.records import Pair
from erya.tasks.base.prediction import Prediction, Record, System


def _copied(records: Sequence[Record]) -> list[Prediction]:
    return [Prediction(record.source) for record in records if isinstance(record, Pair)]


class CopySource:
    """The baseline that gives every source back."""

    name = "copy source"

    def train(self, records: Sequence[Record], language: str) -> System:  # noqa: ARG002 - there is nothing to learn
        """There is nothing to learn."""
        return _copied


BASELINE = CopySource()
