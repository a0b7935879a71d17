"""F1: how far each answer overlaps the accepted one nearest to it, the mean in per cent."""

from collections.abc import Sequence
from functools import partial

from erya.evaluate.scoring.answers import longest_segment, measure_answers, shared_words
from erya.evaluate.task import Measured
from erya.tasks.base.prediction import Prediction, Record

SCORES = {
    "squad-v1.1": partial(shared_words, empty_equals=False),
    "squad-v2.0": partial(shared_words, empty_equals=True),
    "cmrc2018": partial(longest_segment, kana=False),
    "cmrc2018+kana": partial(longest_segment, kana=True),
}


class F1:
    """SQuAD's F1 over words, CMRC2018's over the longest common run of characters.

    Source: Rajpurkar et al. 2016, 2018; Cui et al. 2019.
    """

    name = "F1"
    unit = "%"
    higher_is_better = True

    def measure(self, predictions: Sequence[Prediction], records: Sequence[Record], language: str) -> Measured:
        """Compare answers with the accepted ones."""
        return measure_answers(predictions, records, language, "f1", SCORES)


METRIC = F1()
