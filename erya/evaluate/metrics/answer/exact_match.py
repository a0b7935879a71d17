"""Exact match: questions whose answer equals an accepted one after normalisation, in per cent."""

from collections.abc import Sequence

from erya.evaluate.scoring.answers import exact, measure_answers, normalise_chinese, normalise_english
from erya.evaluate.task import Measured
from erya.tasks.base.prediction import Prediction, Record

SCORES = {
    "squad-v1.1": exact(normalise_english),
    "squad-v2.0": exact(normalise_english),
    "cmrc2018": exact(normalise_chinese),
    "cmrc2018+kana": exact(normalise_chinese),
}


class ExactMatch:
    """SQuAD's and CMRC2018's EM. Source: Rajpurkar et al. 2016, 2018; Cui et al. 2019."""

    name = "exact match"
    unit = "%"
    higher_is_better = True

    def measure(self, predictions: Sequence[Prediction], records: Sequence[Record], language: str) -> Measured:
        """Compare answers with the accepted ones."""
        return measure_answers(predictions, records, language, "exact-match", SCORES)


METRIC = ExactMatch()
