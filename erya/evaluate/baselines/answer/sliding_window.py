"""The span in the window of text that shares most with the question (Richardson et al. 2013).

A candidate answer scores the inverse counts of the words of question and answer in the best window as long as both.
Candidates are all spans of the length whose F1 on training questions is highest; the window must hold the candidate.
"""

from collections import Counter
from collections.abc import Sequence
from functools import partial

import numpy as np

from erya.core.errors import UserError
from erya.corpus.records import Question
from erya.corpus.sentences import UNSPACED
from erya.evaluate.learners.words import is_word, words_of
from erya.evaluate.metrics.answer.f1 import METRIC as F1
from erya.evaluate.significance import Array
from erya.tasks.base.prediction import Prediction, Record, System

LENGTHS = (1, 2, 3, 4, 6, 8)
LENGTHS_IN_CHARACTERS = (2, 4, 6, 8, 12, 16, 24)
MOST_TRAINED = 500


class SlidingWindow:
    """The best window's best span; it knows no question without an answer."""

    name = "sliding window"

    def train(self, records: Sequence[Record], language: str) -> System:
        """Choose the length of answers on at most 500 questions, evenly taken.

        Raises: UserError when no training question has an answer.
        """
        answered = [record for record in records if isinstance(record, Question) and record.answers]
        if not answered:
            raise UserError("no training question has an answer; the sliding window cannot choose a length")
        taken = [answered[place] for place in np.unique(np.linspace(0, len(answered) - 1, MOST_TRAINED).astype(int))]
        lengths = LENGTHS_IN_CHARACTERS if language in UNSPACED else LENGTHS
        return partial(_answers, language, max(lengths, key=lambda length: _f1(taken, language, length)))


def _f1(questions: Sequence[Question], language: str, length: int) -> float:
    measured = F1.measure(_answers(language, length, questions), questions, language)
    return float(measured.value(measured.statistics.sum(axis=0)))


def _answers(language: str, length: int, records: Sequence[Record]) -> list[Prediction]:
    return [_answer(record, language, length) for record in records if isinstance(record, Question)]


def _answer(question: Question, language: str, length: int) -> Prediction:
    context = words_of(question.context, language)
    asked = {word for word in words_of(question.question, language).words if is_word(word)}
    count = Counter(context.words)
    told = np.array([np.log(1 + 1 / count[word]) if is_word(word) else 0.0 for word in context.words])
    in_question = np.array([word in asked for word in context.words], dtype=bool)
    length = min(length, len(told))
    if not length:
        return Prediction("")
    window = min(len(asked) + length, len(told))
    of_question = _sums(np.where(in_question, told, 0.0), window)
    reach = window - length  # a span at i lies in the windows that begin at i - reach … i
    padded = np.pad(of_question, (reach, len(told) - len(of_question)), constant_values=-np.inf)
    best_window = np.lib.stride_tricks.sliding_window_view(padded, reach + 1).max(axis=1)
    own = _sums(np.where(in_question, 0.0, told), length)
    scores = np.round(best_window[: len(own)] + own, 9)  # equal sums in another order are equal: the first is taken
    first = int(scores.argmax())
    return Prediction(context.span(first, first + length - 1), score=float(scores[first]))


def _sums(values: Array, size: int) -> Array:
    """The sum of each stretch of `size` values."""
    totals = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(totals[size:] - totals[:-size])


BASELINE = SlidingWindow()
