"""TER: the edits, moves of whole phrases among them, for each word of the reference (Snover et al. 2006).

Chinese and Japanese are counted by characters: without spaces a whole sentence would be one word.
"""

from typing import Any

from erya.evaluate.scoring.translations import TranslationMetric, ter_of


def _scorer(language: str) -> Any:
    from sacrebleu.metrics.ter import TER

    unspaced = language in ("zh", "ja")
    return TER(normalized=unspaced, asian_support=unspaced)


METRIC = TranslationMetric("TER", _scorer, ter_of, higher_is_better=False)
