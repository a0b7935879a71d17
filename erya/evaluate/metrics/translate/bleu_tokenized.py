"""BLEU on lower-cased, already tokenized text: the convention of the figures published for Multi30k.

It is not comparable with cased BLEU on plain text, and refuses references that are not tokenized.
"""

from collections.abc import Sequence
from typing import Any

from erya.core.errors import UserError
from erya.corpus.records import Pair
from erya.evaluate.scoring.translations import TranslationMetric, bleu_of, looks_tokenized
from erya.evaluate.task import Measured
from erya.tasks.base.prediction import Prediction, Record


def _scorer(_: str) -> Any:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(lowercase=True, tokenize="none", force=True)  # force: that the text is tokenized is meant


class _TokenizedBleu(TranslationMetric):
    def measure(self, predictions: Sequence[Prediction], records: Sequence[Record], language: str) -> Measured:
        if language in ("zh", "ja") or not looks_tokenized([pair.target for pair in records if isinstance(pair, Pair)]):
            raise UserError(
                "BLEU of tokenized text: the references are not tokenized (no spaces before punctuation);"
                " give text that is, such as Multi30k's lc.norm.tok files, or take the metric bleu"
            )
        return super().measure(predictions, records, language)


METRIC = _TokenizedBleu("BLEU, tokenized and lower case", _scorer, bleu_of)
