"""Exact match and F1 of answers: worked by hand, and equal to the official definitions written out a second time."""

import string
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.tokenize import NLTKWordTokenizer

from erya.core.errors import UserError
from erya.corpus.questions import read_questions
from erya.corpus.records import Question
from erya.evaluate.metrics.answer.exact_match import METRIC as EXACT_MATCH
from erya.evaluate.metrics.answer.f1 import METRIC as F1
from erya.evaluate.scoring.answers import definition
from erya.evaluate.task import TaskMetric
from erya.tasks.base.prediction import Prediction

from .asked import asked, figure

METRICS: list[TaskMetric] = [EXACT_MATCH, F1]
CMRC_MARKS = ["-", ":", "_", "*", "^", "/", "\\", "~", "`", "+", "=", *"，。：？！“”；’《》·、「」（）－～『』"]
ENGLISH = st.text(alphabet="aA theanTHE.,'–x1\u00a0", max_size=12)
CHINESE = st.text(alphabet="中文字，。《》…aB 1.-,'\u9fa6", max_size=12)
ROUNDING = 1e-9  # a mean of float64 fractions added in another order


def _english_words(text: str) -> list[str]:
    """The official normalisation, letter by letter instead of by patterns."""
    kept = "".join(letter for letter in text.lower() if letter not in set(string.punctuation))
    joined, word = "", ""
    for letter in kept + " ":
        if letter.isalnum() or letter == "_":
            word += letter
            continue
        # an article becomes a space, so that what stands on both sides of it are two words
        joined += (" " if word in ("a", "an", "the") else word) + letter
        word = ""
    return joined.split()


def _squad(prediction: str, accepted: Sequence[str], second: bool) -> tuple[float, float]:
    """EM and F1 of one question by the text of evaluate-v1.1 and evaluate-v2.0."""
    if second:
        accepted = [answer for answer in accepted if _english_words(answer)] or [""]
    exact, best = 0.0, 0.0
    got = _english_words(prediction)
    for answer in accepted:
        wanted = _english_words(answer)
        exact = max(exact, float(got == wanted))
        rest, same = list(wanted), 0
        for word in got:
            if word in rest:
                rest.remove(word)
                same += 1
        if second and not (got and wanted):
            best = max(best, float(got == wanted))
        elif same:
            precision, recall = same / len(got), same / len(wanted)
            best = max(best, 2 * precision * recall / (precision + recall))
    return exact, best


def _cmrc(prediction: str, accepted: Sequence[str]) -> tuple[float, float]:
    """EM and F1 of one question by the text of cmrc2018_evaluate.py, v5."""

    def bare(text: str) -> str:
        return "".join(letter for letter in text.lower().strip() if letter not in CMRC_MARKS)

    def segments(text: str) -> list[str]:
        found, latin = [], ""
        for letter in bare(text):
            if "\u4e00" <= letter <= "\u9fa5":
                found += [*NLTKWordTokenizer().tokenize(latin), letter]
                latin = ""
            else:
                latin += letter
        return found + NLTKWordTokenizer().tokenize(latin)

    def f1(got: list[str], wanted: list[str]) -> float:
        runs = {tuple(got[i:j]) for i in range(len(got)) for j in range(i + 1, len(got) + 1)}
        common = max(
            (j - i for i in range(len(wanted)) for j in range(i + 1, len(wanted) + 1) if tuple(wanted[i:j]) in runs),
            default=0,
        )
        if not common:
            return 0.0
        precision, recall = common / len(got), common / len(wanted)
        return 2 * precision * recall / (precision + recall)

    exact = float(any(bare(prediction) == bare(answer) for answer in accepted))
    return exact, max(f1(segments(prediction), segments(answer)) for answer in accepted)


@pytest.mark.parametrize(
    ("prediction", "accepted", "exact", "f1"),
    [
        ("The Eiffel Tower!", ["eiffel tower"], 100, 100),
        ("in the Tower", ["Eiffel Tower"], 0, 50),  # in tower / eiffel tower: 1 of 2 and 1 of 2
        ("a b b c", ["b b d"], 0, 200 * (2 / 3) * (2 / 3) / (4 / 3)),  # "a" is an article
        ("b", ["c", "b c", "x b"], 0, 200 * 1 * 0.5 / 1.5),
        ("1,000", ["1000"], 100, 100),
        ("state-of-the-art", ["stateoftheart"], 100, 100),
        ("", ["x"], 0, 0),
        (".", ["."], 100, 0),  # v1.1 finds no common word in nothing
    ],
)
def test_squad_v1_by_hand(prediction: str, accepted: list[str], exact: float, f1: float) -> None:
    questions = asked(accepted)
    assert definition(questions, "en") == "squad-v1.1"
    assert figure(EXACT_MATCH, [prediction], questions, "en") == exact
    assert figure(F1, [prediction], questions, "en") == pytest.approx(f1)


@pytest.mark.parametrize(
    ("prediction", "accepted", "score"),
    [("", [], 100), ("the", [], 100), ("x", [], 0), ("", ["x"], 0), (".", [".", "x"], 0), ("", ["."], 100)],
)
def test_squad_v2_by_hand(prediction: str, accepted: list[str], score: float) -> None:
    questions = asked(accepted, [])
    assert definition(questions, "en") == "squad-v2.0"
    for metric in METRICS:
        measured = metric.measure([Prediction(prediction), Prediction("")], questions, "en")
        assert measured.value(measured.statistics[0]) == score


@pytest.mark.parametrize(
    ("prediction", "accepted", "exact", "f1"),
    [
        ("《战国无双3》", ["战国无双3"], 100, 100),
        ("光荣公司", ["光荣和ω-force"], 0, 200 * (2 / 4) * (2 / 4) / 1),  # 光 荣 和 ωforce: 2 of 4 and 2 of 4
        ("北京在中国", ["中国北京"], 0, 200 * (2 / 5) * (2 / 4) / (2 / 5 + 2 / 4)),  # one run of 2, not 4 characters
        ("Hello World", ["hello world"], 100, 100),
        ("2008 年", ["2008年"], 0, 100),  # the space is kept for EM and cut between segments
        ("。", ["！"], 100, 0),
        ("三", ["四", "三个"], 0, 200 * 0.5 / 1.5),
    ],
)
def test_cmrc_by_hand(prediction: str, accepted: list[str], exact: float, f1: float) -> None:
    assert figure(EXACT_MATCH, [prediction], asked(accepted), "zh") == exact
    assert figure(F1, [prediction], asked(accepted), "zh") == pytest.approx(f1)


def test_a_chinese_question_without_an_answer_accepts_only_nothing() -> None:
    for metric in METRICS:
        assert figure(metric, ["", "有", "好"], asked([], [], ["好"]), "zh") == pytest.approx(200 / 3)


def test_kana_are_segments_in_japanese_only() -> None:
    assert figure(F1, ["これは本"], asked(["あれは本"]), "ja") == pytest.approx(75)
    assert figure(F1, ["これは本"], asked(["あれは本"]), "zh") == pytest.approx(50)


@given(st.lists(st.tuples(ENGLISH, st.lists(ENGLISH.filter(bool), max_size=3)), min_size=1, max_size=6))
@settings(max_examples=300, deadline=None)
def test_english_equals_the_definition(items: list[tuple[str, list[str]]]) -> None:
    questions = asked(*(accepted for _, accepted in items))
    second = any(not accepted for _, accepted in items)
    expected = np.array([_squad(prediction, accepted, second) for prediction, accepted in items]).mean(axis=0) * 100
    got = [figure(metric, [prediction for prediction, _ in items], questions, "en") for metric in METRICS]
    assert got == pytest.approx(expected, abs=ROUNDING)


@given(CHINESE, st.lists(CHINESE.filter(bool), min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
def test_chinese_equals_the_definition(prediction: str, accepted: list[str]) -> None:
    got = [figure(metric, [prediction], asked(accepted), "zh") for metric in METRICS]
    assert got == pytest.approx([100 * score for score in _cmrc(prediction, accepted)], abs=ROUNDING)


@pytest.mark.parametrize("language", ["en", "zh"])
@given(st.text(alphabet="the 中文ab.，", min_size=1), st.lists(st.text(alphabet="x the中文b", min_size=1), min_size=1))
@settings(max_examples=100, deadline=None)
def test_scores_are_shares_and_another_accepted_answer_never_hurts(
    language: str, prediction: str, accepted: list[str]
) -> None:
    for metric in METRICS:
        one = figure(metric, [prediction], asked(accepted[:1]), language)
        more = figure(metric, [prediction], asked(accepted), language)
        assert 0 <= one <= more <= 100
        assert figure(metric, [prediction], asked([*accepted, prediction]), language) >= more
    exact = figure(EXACT_MATCH, [prediction], asked([*accepted, prediction]), language)
    assert exact == 100


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_figure_of_many_resamples_is_one_call(metric: TaskMetric) -> None:
    questions = asked(["x y"], ["y"], ["z"])
    measured = metric.measure([Prediction("x"), Prediction("y"), Prediction("")], questions, "en")
    rows = measured.statistics
    sums = np.stack([rows.sum(axis=0), rows[[1, 1, 1]].sum(axis=0), rows[:1].sum(axis=0)])
    assert measured.value(sums).tolist() == [float(measured.value(row)) for row in sums]
    assert measured.value(sums)[1] == 100


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
@pytest.mark.parametrize(("predictions", "accepted"), [(["x"], [["x"], ["y"]]), (["x", "y"], [["x"]]), ([], [])])
def test_unequal_numbers_are_refused(metric: TaskMetric, predictions: list[str], accepted: list[list[str]]) -> None:
    with pytest.raises(UserError, match=r"\d predictions for \d questions; give one for each"):
        figure(metric, predictions, asked(*accepted), "en")


def test_real_questions_score_as_the_definition_says(shared_data: Path) -> None:
    """Predictions: the accepted answer of the question before, its end cut off; every one of three is right."""
    english = read_questions(shared_data / "squad_v1_dev" / "dev-v1.1.json").records[::7]
    chinese = read_questions(shared_data / "cmrc2018" / "cmrc2018_dev.json", "repair").records[::9]
    for language, questions in [("en", english), ("zh", chinese)]:
        texts = _somewhat_right(questions)
        scores = [
            _squad(text, it.answers, second=False) if language == "en" else _cmrc(text, it.answers)
            for text, it in zip(texts, questions, strict=True)
        ]
        got = [figure(metric, texts, questions, language) for metric in METRICS]
        assert got == pytest.approx(np.mean(scores, axis=0) * 100, abs=ROUNDING)
        assert 20 < got[0] < got[1] < 90


def _somewhat_right(questions: Sequence[Question]) -> list[str]:
    texts = []
    for place, question in enumerate(questions):
        answer = question.answers[-1]
        start = max(question.context.find(answer), 0)
        wider = question.context[max(start - 6, 0) : start + len(answer) + 3]
        texts.append([answer, wider, questions[place - 1].answers[0][:-2]][place % 3])
    return texts
