"""The best span by TF-IDF overlap with the question around it and the kinds of words it is made of.

Training questions in, a system out that answers with the span of the highest expected F1 under a logistic regression
over all spans of a context. Source: after the baseline of Rajpurkar et al. 2016, without its parser.
"""

from collections.abc import Sequence

import numpy as np

from erya.core.errors import UserError
from erya.corpus.records import Question
from erya.corpus.sentences import UNSPACED
from erya.evaluate.learners.span_features import SpanFeatures, SpanReader
from erya.evaluate.learners.span_learner import Mask, fit, span_probabilities
from erya.evaluate.learners.words import Words
from erya.evaluate.significance import Array
from erya.tasks.base.prediction import Prediction, Record, System

LONGEST_WORDS = 12
LONGEST_CHARACTERS = 40
MOST_TRAINED = 10_000
LIKELIEST = 50
"""How many spans are weighed against each other."""


class TfidfSpan:
    """A span learned from TF-IDF overlap, word shapes and kinds of question."""

    name = "TF-IDF span"

    def train(self, records: Sequence[Record], language: str) -> System:
        """Learn from at most 10,000 questions, evenly taken.

        Raises: UserError when no question has an answer that is found in its context.
        """
        questions = [record for record in records if isinstance(record, Question)]
        if len(questions) > MOST_TRAINED:
            questions = [questions[place] for place in np.linspace(0, len(questions) - 1, MOST_TRAINED).astype(int)]
        longest = LONGEST_CHARACTERS if language in UNSPACED else LONGEST_WORDS
        reader = SpanReader(questions, language, longest)
        examples = []
        for question in questions:
            features = reader.read(question)
            accepted = _accepted(question, features.words, longest)
            if accepted.any() or not question.answers:
                examples.append((features, accepted))
        if not any(accepted.any() for _, accepted in examples):
            raise UserError("no training question has its answer in its context; the TF-IDF span has nothing to learn")
        weights = fit(examples, reader.size)
        may_be_nothing = any(not accepted.any() for _, accepted in examples)

        def answer(records: Sequence[Record]) -> list[Prediction]:
            asked = [record for record in records if isinstance(record, Question)]
            return [_best(reader.read(question), weights, may_be_nothing) for question in asked]

        return answer


def _accepted(question: Question, words: Words, longest: int) -> Mask:
    """Which spans [T, L] are accepted answers; an answer whose place is unknown is taken where it first occurs."""
    accepted = np.zeros((len(words.words), longest), dtype=bool)
    for number, text in enumerate(question.answers):
        start = question.starts[number] if number < len(question.starts) else question.context.find(text)
        place = words.place(start, start + len(text)) if start >= 0 else None
        if (
            place is not None
            and place[1] - place[0] < longest
            and words.sentences[place[0]] == words.sentences[place[1]]
        ):
            accepted[place[0], place[1] - place[0]] = True
    return accepted


def _best(features: SpanFeatures, weights: Array, may_be_nothing: bool) -> Prediction:
    """The span with the highest expected share of words in common with the right one; "" when none is likelier."""
    spans, nothing = span_probabilities(weights, features, may_be_nothing)
    flat = spans.ravel()
    likeliest = np.argsort(-flat, kind="stable")[:LIKELIEST]
    first, length = np.divmod(likeliest, spans.shape[1])
    last = first + length
    common = np.minimum(last[:, None], last[None]) - np.maximum(first[:, None], first[None]) + 1
    overlap = 2.0 * np.maximum(common, 0) / (length[:, None] + length[None] + 2)
    expected = overlap @ flat[likeliest]
    best = int(np.argmax(expected)) if len(expected) else -1
    if best < 0 or nothing >= expected[best]:
        return Prediction("", score=nothing)
    return Prediction(features.words.span(int(first[best]), int(last[best])), score=float(expected[best]))


BASELINE = TfidfSpan()
