"""ROUGE by the rouge-score package, with words for the languages that package has none for.

Summaries and their references in, each item's F-measure out. rouge-score keeps only a–z and 0–9, so that two equal
Chinese texts would score 0: Chinese and Japanese are compared by characters, the others by Unicode words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from erya import __version__
from erya.core.errors import UserError
from erya.corpus.records import Summary
from erya.evaluate.task import Measured
from erya.tasks.base.prediction import Prediction, Record

_CHARACTERS = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u3040-\u30ff]|[a-z0-9]+")
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class PatternTokenizer:
    """What rouge-score asks of a tokenizer: the lower-cased matches of a pattern."""

    pattern: re.Pattern[str]

    def tokenize(self, text: str) -> list[str]:
        """The tokens of a text; everything else in it is left out."""
        return self.pattern.findall(text.lower())


def rouge_scorer(kind: str, language: str) -> tuple[Any, str]:
    """The package's scorer of one kind of ROUGE for a language, and the choices it stands for.

    English: its own tokenizer with the Porter stemmer, as summarization papers report it.
    """
    from rouge_score.rouge_scorer import RougeScorer

    if language == "en":
        return RougeScorer([kind], use_stemmer=True), "tokenizer:rouge-score|stemmer:porter"
    if language in ("zh", "ja"):
        return RougeScorer([kind], tokenizer=PatternTokenizer(_CHARACTERS)), "tokenizer:characters|stemmer:none"
    return RougeScorer([kind], tokenizer=PatternTokenizer(_WORDS)), "tokenizer:unicode-words|stemmer:none"


@dataclass(frozen=True)
class Rouge:
    """One kind of ROUGE, its mean F-measure in per cent. Source: Lin 2004."""

    name: str
    kind: str
    """As rouge-score calls it."""
    unit: str = "%"
    higher_is_better: bool = True

    def measure(self, predictions: Sequence[Prediction], records: Sequence[Record], language: str) -> Measured:
        """Compare summaries with their references.

        Raises: UserError when their numbers differ, there are none, or a reference is empty.
        """
        summaries = [record for record in records if isinstance(record, Summary)]
        assert len(summaries) == len(records), "only summaries are compared by ROUGE"
        if len(predictions) != len(summaries) or not summaries:
            raise UserError(
                f"{len(predictions):,} predictions for {len(summaries):,} summaries; give one for each, at least one"
            )
        empty = [record.id for record in summaries if not record.summary.strip()]
        if empty:
            raise UserError(f"{len(empty):,} reference summaries are empty (the first: {empty[0]}); leave those out")
        scorer, choices = rouge_scorer(self.kind, language)
        scores = [
            scorer.score(record.summary, prediction.text)[self.kind].fmeasure
            for prediction, record in zip(predictions, summaries, strict=True)
        ]
        signature = f"metric:{self.kind}-f|{choices}{self._sentences()}|language:{language}|items:{len(scores)}"
        return Measured(
            np.stack([np.asarray(scores, dtype=np.float64), np.ones(len(scores))], axis=1),
            _percent,
            f"{signature}|rouge-score:{version('rouge-score')}|erya:{__version__}",
        )

    def _sentences(self) -> str:
        return "|sentences:lines" if self.kind == "rougeLsum" else ""


def _percent(sums: Any) -> Any:
    return 100.0 * sums[..., 0] / sums[..., 1]
