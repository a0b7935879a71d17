"""The classical answerers: each answers from the context, alone as in company, and learns what it says it learns."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from erya.core import registry
from erya.core.errors import UserError
from erya.corpus.records import Question
from erya.corpus.samples.stories import questions
from erya.corpus.sentences import sentences
from erya.evaluate.baselines.answer import sliding_window
from erya.evaluate.baselines.answer.bm25_sentence import BASELINE as BM25
from erya.evaluate.baselines.answer.tfidf_span import BASELINE as TFIDF
from erya.evaluate.learners import span_learner
from erya.evaluate.learners.span_features import SpanReader
from erya.evaluate.metrics.answer.f1 import METRIC as F1

from .asked import figure

BASELINES = registry.discover("erya.evaluate.baselines.answer", "BASELINE")
GRADIENT_TOLERANCE = 1e-5  # central differences with steps of 1e-5 in float64


def _answered(count: int, language: Any, seed: int = 0) -> list[Question]:
    return [record for record in questions(count, seed, language) if record.answers]


def _f1(predictions: Sequence[Any], records: Sequence[Question], language: str) -> float:
    return figure(F1, [prediction.text for prediction in predictions], records, language)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", BASELINES)
def test_answers_come_from_the_context_and_not_from_the_reference_or_the_company(name: str, language: str) -> None:
    train, held_out = _answered(60, language), _answered(12, language, seed=1)
    system = BASELINES[name].train(train, language)
    predictions = system(held_out)
    for record, prediction in zip(held_out, predictions, strict=True):
        assert prediction.text in record.context
        assert prediction.text.strip()
    blind = [replace(record, answers=("x",), starts=()) for record in held_out]
    assert system(blind) == predictions
    assert [system([record])[0] for record in held_out] == predictions
    assert BASELINES[name].train(train, language)(held_out) == predictions
    assert system([]) == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", BASELINES)
def test_odd_questions_get_an_answer(name: str, language: str) -> None:
    system = BASELINES[name].train(_answered(20, language), language)
    odd = [
        (" \n", "?"),
        ("x", "?"),
        ("。", ""),
        ("Word", "Word"),
        ("…" * 50, "谁？"),
        ("\U0002b6ab word", "what word"),
        ("  a\n", "b"),
    ]
    records = [Question(context, question, (), str(place)) for place, (context, question) in enumerate(odd)]
    predictions = system(records)
    assert len(predictions) == len(records)
    assert all(it.text in record.context for it, record in zip(predictions, records, strict=True))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_learned_span_beats_the_others(language: str) -> None:
    train, held_out = _answered(400, language), _answered(60, language, seed=1)
    scores = {name: _f1(it.train(train, language)(held_out), held_out, language) for name, it in BASELINES.items()}
    assert scores["tfidf_span"] > 60
    assert scores["tfidf_span"] > max(scores["bm25_sentence"], scores["sliding_window"]) + 10


def test_the_learned_span_learns_when_there_is_no_answer() -> None:
    train, held_out = questions(600, 0, "en"), questions(150, 1, "en")
    assert 10 < sum(not record.answers for record in held_out) < 75
    predictions = TFIDF.train(train, "en")(held_out)
    answered = TFIDF.train([record for record in train if record.answers], "en")(held_out)
    assert all(prediction.text for prediction in answered)
    assert any(not prediction.text for prediction in predictions)
    assert _f1(predictions, held_out, "en") > _f1(answered, held_out, "en")


def test_bm25_takes_the_sentence_with_the_rare_words_of_the_question() -> None:
    context = "The cat slept on the mat. The dog chased a red ball. The bird sang."
    (prediction,) = BM25.train([], "en")([Question(context, "Who chased the ball?", (), "0")])
    assert prediction.text == "The dog chased a red ball."
    assert prediction.text in sentences(context, "en")


def test_the_sliding_window_by_hand() -> None:
    """Each word stands once and weighs ln 2; a window of 3 + 1 words holds `ate`, `pie` and one of three candidates, of
    which the first is taken; with `bob` standing twice, it weighs less than `one`."""
    system = sliding_window._answers
    (prediction,) = system("en", 1, [Question("we saw bob ate one pie today", "who ate pie", (), "0")])
    assert prediction.text == "bob"
    assert prediction.score == pytest.approx(3 * np.log(2))
    (prediction,) = system("en", 1, [Question("bob saw bob ate one pie today", "who ate pie", (), "0")])
    assert prediction.text == "one"


@pytest.mark.parametrize("name", ["tfidf_span", "sliding_window"])
def test_nothing_to_learn_from_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="no training question has"):
        BASELINES[name].train([Question("c", "q", (), "0")], "en")


@pytest.mark.parametrize("may_be_nothing", [True, False])
def test_the_gradient_is_that_of_the_likelihood(may_be_nothing: bool) -> None:
    records = questions(30, 0, "en") if may_be_nothing else _answered(30, "en")
    reader = SpanReader(records, "en", 4)
    examples = []
    for record in records[:12]:
        features = reader.read(record)
        accepted = np.zeros((len(features.first), 4), dtype=bool)
        accepted[3 : 3 + 2 * len(record.answers), 0] = True
        examples.append((features, accepted))
    chance = np.random.default_rng(0)
    weights = chance.normal(size=reader.size) * 0.3

    def cost(at: Any) -> float:
        total = 0.0
        for features, accepted in examples:
            spans, nothing = span_learner.span_probabilities(at, features, may_be_nothing)
            total -= np.log(spans[accepted].sum() if accepted.any() else nothing)
        return total

    gradient = span_learner._gradient(weights, examples, may_be_nothing)
    places = [int(place) for place in np.argsort(-np.abs(gradient))[:12]] + [int(examples[0][0].nothing[0])]
    for place in places:
        step = np.zeros(reader.size)
        step[place] = 1e-5
        difference = (cost(weights + step) - cost(weights - step)) / 2e-5
        assert gradient[place] == pytest.approx(difference, abs=GRADIENT_TOLERANCE)


def test_span_probabilities_are_a_distribution_over_spans_within_sentences() -> None:
    (record,) = _answered(1, "en")
    reader = SpanReader([record], "en", 5)
    features = reader.read(record)
    weights = np.random.default_rng(0).normal(size=reader.size)
    spans, nothing = span_learner.span_probabilities(weights, features, may_be_nothing=True)
    assert spans.sum() + nothing == pytest.approx(1)
    places = features.words.sentences
    for first, length in np.argwhere(spans > 0):
        assert places[first] == places[first + length]
