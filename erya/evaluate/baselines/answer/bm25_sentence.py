"""The sentence of the context that BM25 ranks first for the question, by the bm25s package."""

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

from erya.corpus.records import Question
from erya.corpus.sentences import sentences
from erya.evaluate.learners.words import is_word, words_of
from erya.tasks.base.prediction import Prediction, Record, System


class Bm25Sentence:
    """The best sentence, whole; it has nothing to learn and knows no question without an answer."""

    name = "BM25 sentence"

    def train(self, records: Sequence[Record], language: str) -> System:  # noqa: ARG002 - nothing is learned
        """The same system whatever the training records."""
        return partial(_answers, language)


def _answers(language: str, records: Sequence[Record]) -> list[Prediction]:
    index = lru_cache(1)(partial(_index, language))  # questions on one context stand together
    return [_answer(record, language, *index(record.context)) for record in records if isinstance(record, Question)]


def _index(language: str, context: str) -> tuple[list[str], Any]:
    """The sentences of a context and BM25's index of their words."""
    from bm25s import BM25

    found = sentences(context, language)
    index = BM25()
    index.index([_words(sentence, language) or [""] for sentence in found or [""]], show_progress=False)
    return found, index


def _answer(question: Question, language: str, found: list[str], index: Any) -> Prediction:
    known = [word for word in _words(question.question, language) if word in index.vocab_dict]
    if not known:
        return Prediction(found[0] if found else "", score=0.0)
    scores = index.get_scores(known)
    best = int(scores.argmax())
    return Prediction(found[best], score=float(scores[best]))


def _words(text: str, language: str) -> list[str]:
    return [word for word in words_of(text, language).words if is_word(word)]


BASELINE = Bm25Sentence()
