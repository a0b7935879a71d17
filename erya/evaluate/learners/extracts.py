"""Summaries taken from the text: how much of its ranked sentences to take, chosen on training records by ROUGE-1.

A ranking of sentences and training records in, a system out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from erya.core.errors import UserError
from erya.corpus.records import Summary
from erya.corpus.sentences import UNSPACED, sentence_spans
from erya.evaluate.learners.words import is_word, words_of
from erya.evaluate.scoring.rouge import rouge_scorer
from erya.tasks.base.prediction import Prediction, Record, System

MOST_TRAINED = 300

Ranking = Callable[[list[str]], list[int]]
"""The places of a text's sentences, the best first."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How much a summary takes: the best sentences in the text's order, or the first words of them, best first."""

    sentences: int
    words: int | None = None


CUTS = tuple(
    Cut(sentences, words)
    for sentences in (1, 2, 3, 5)
    for words in (None, 4, 6, 8, 10, 12, 16, 20, 30, 40, 60, 80, 120)
)


def train_extract(records: Sequence[Record], language: str, rank: Ranking) -> System:
    """A system that takes as much of the ranked sentences as scores best on at most 300 records, evenly taken.

    Raises: UserError when there is no training record.
    """
    summaries = [record for record in records if isinstance(record, Summary)]
    if not summaries:
        raise UserError("no training summaries; there is nothing to choose the length of an extract on")
    if len(summaries) > MOST_TRAINED:
        summaries = [summaries[place] for place in np.linspace(0, len(summaries) - 1, MOST_TRAINED).astype(int)]
    scorer, _ = rouge_scorer("rouge1", language)
    scores = np.zeros(len(CUTS))
    for record in summaries:
        found = _sentences(record.text, language)
        order = rank(found)
        scores += [
            scorer.score(record.summary, extract(found, order, cut, language))["rouge1"].fmeasure for cut in CUTS
        ]
    best = CUTS[int(scores.argmax())]

    def summarize(records: Sequence[Record]) -> list[Prediction]:
        texts = [_sentences(record.text, language) for record in records if isinstance(record, Summary)]
        return [Prediction(extract(found, rank(found), best, language)) for found in texts]

    return summarize


def extract(sentences: list[str], order: Sequence[int], cut: Cut, language: str) -> str:
    """As much as the cut says of the sentences, whose ranks `order` gives."""
    gap = "" if language in UNSPACED else " "
    best = order[: cut.sentences]
    if cut.words is None:
        return gap.join(sentences[place] for place in sorted(best))
    text = gap.join(sentences[place] for place in best)  # in the order of their ranks, so that the best are kept
    words = words_of(text, language)
    ends = [end for word, end in zip(words.words, words.ends, strict=True) if is_word(word)]
    return text if len(ends) <= cut.words else text[: ends[cut.words - 1]]


def _sentences(text: str, language: str) -> list[str]:
    """The sentences of a text, a line break ending one too: a greeting is a line."""
    found = (line.strip() for start, end in sentence_spans(text, language) for line in text[start:end].splitlines())
    return [line for line in found if line]
