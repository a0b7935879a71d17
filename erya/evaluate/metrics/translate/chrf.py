"""chrF: the F-score of character n-grams up to six, recall weighing twice (Popović 2015)."""

from typing import Any

from erya.evaluate.scoring.translations import TranslationMetric, chrf_of


def _scorer(_: str) -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()


METRIC = TranslationMetric("chrF", _scorer, chrf_of)
