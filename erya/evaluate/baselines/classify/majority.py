"""The label that most training texts have, for every text; the probabilities are the labels' shares."""

from collections import Counter
from collections.abc import Sequence

from erya.core.errors import UserError
from erya.corpus.records import Labelled
from erya.evaluate.learners.text_classifier import predicted
from erya.tasks.base.prediction import Prediction, Record, System


class Majority:
    """The baseline that looks at no text."""

    name = "majority"

    def train(self, records: Sequence[Record], language: str) -> System:  # noqa: ARG002 - no text is looked at
        """Count the labels.

        Raises: UserError when there are none.
        """
        counts = Counter(record.label for record in records if isinstance(record, Labelled))
        if not counts:
            raise UserError("the majority baseline has no labelled text to count")
        labels = sorted(counts)
        always: Prediction = predicted(labels, [counts[label] / counts.total() for label in labels])
        return lambda asked: [always] * len(asked)


BASELINE = Majority()
