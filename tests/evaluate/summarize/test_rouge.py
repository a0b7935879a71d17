"""ROUGE equals the rouge-score package in English and counts characters in Chinese."""

import itertools
from importlib.metadata import version

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from erya.core import registry
from erya.core.errors import UserError
from erya.corpus.records import Summary
from erya.evaluate.scoring.rouge import Rouge
from erya.tasks.base.prediction import Prediction

METRICS: dict[str, Rouge] = registry.discover("erya.evaluate.metrics.summarize", "METRIC")
ROUNDING = 1e-9  # a mean of float64 fractions added in another order


def _figure(metric: Rouge, predictions: list[str], references: list[str], language: str) -> float:
    records = [Summary("text", reference, str(place)) for place, reference in enumerate(references)]
    measured = metric.measure([Prediction(text) for text in predictions], records, language)
    return float(measured.value(measured.statistics.sum(axis=0)))


TEXT = st.text(alphabet="catsrunig \n.", max_size=30)


@given(st.lists(st.tuples(TEXT, TEXT.filter(str.strip)), min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_english_equals_the_package(items: list[tuple[str, str]]) -> None:
    for metric in METRICS.values():
        scorer = RougeScorer([metric.kind], use_stemmer=True)
        expected = [scorer.score(reference, text)[metric.kind].fmeasure for text, reference in items]
        got = _figure(metric, [text for text, _ in items], [reference for _, reference in items], "en")
        assert got == pytest.approx(100 * sum(expected) / len(expected), abs=ROUNDING)


@pytest.mark.parametrize(
    ("prediction", "reference", "expected"),
    [
        # ROUGE-1, -2, -L, -Lsum worked by hand
        ("我喜欢机器学习。", "我很喜欢机器学习。", (1400 / 15, 1000 / 13, 1400 / 15, 1400 / 15)),
        ("天上有云", "云有上天", (100, 0, 25, 25)),
        ("用GPT-4写", "用 gpt 4 写", (100, 100, 100, 100)),
        ("一二\n三四", "三四\n一二", (100, 200 / 3, 50, 100)),
        ("。", "好", (0, 0, 0, 0)),
    ],
)
def test_chinese_by_hand(prediction: str, reference: str, expected: tuple[float, ...]) -> None:
    kinds = {metric.kind: _figure(metric, [prediction], [reference], "zh") for metric in METRICS.values()}
    assert [kinds[kind] for kind in ("rouge1", "rouge2", "rougeL", "rougeLsum")] == pytest.approx(expected)


@given(st.text(alphabet="中文字天地人", min_size=2, max_size=20), st.text(alphabet="中文字天地人", max_size=20))
@settings(max_examples=100, deadline=None)
def test_chinese_is_english_with_a_letter_a_character(reference: str, prediction: str) -> None:
    """The package itself on the same texts, each character written as a word of one letter."""
    letters = dict(zip("中文字天地人", "bcdfgh", strict=True))
    spelled = [" ".join(letters[character] for character in text) for text in (prediction, reference)]
    for metric in METRICS.values():
        expected = RougeScorer([metric.kind]).score(spelled[1], spelled[0])[metric.kind].fmeasure
        assert _figure(metric, [prediction], [reference], "zh") == pytest.approx(100 * expected, abs=ROUNDING)


def test_letters_with_accents_are_letters_outside_english() -> None:
    metric = METRICS["rouge_1"]
    assert _figure(metric, ["Äpfel für Öl"], ["äpfel FÜR öl"], "de") == 100
    assert _figure(metric, ["Мир"], ["мир"], "ru") == 100
    assert _figure(metric, ["для мира"], ["для войны"], "ru") == 50


def test_each_choice_is_in_the_signature() -> None:
    records = [Summary("text", "a summary", "0")]
    signatures = {
        (metric.kind, language): metric.measure([Prediction("x")], records, language).signature
        for metric, language in itertools.product(METRICS.values(), ["en", "zh", "de"])
    }
    assert len(set(signatures.values())) == len(signatures) == 12
    assert "tokenizer:rouge-score|stemmer:porter" in signatures["rouge1", "en"]
    assert "tokenizer:characters|stemmer:none" in signatures["rougeL", "zh"]
    assert "sentences:lines" in signatures["rougeLsum", "en"]
    assert all(f"rouge-score:{version('rouge-score')}" in signature for signature in signatures.values())


@pytest.mark.parametrize(
    ("predictions", "references", "message"),
    [
        (["a"], ["a", "b"], "1 predictions for 2 summaries"),
        ([], [], "0 predictions for 0 summaries"),
        (["a", "b"], ["a", " "], r"1 reference summaries are empty \(the first: 1\)"),
    ],
)
def test_what_cannot_be_compared_is_refused(predictions: list[str], references: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        _figure(METRICS["rouge_l"], predictions, references, "en")
