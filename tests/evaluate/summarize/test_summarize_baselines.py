"""The extracts: as long as the training records ask for, from the text, alone as in company."""

from dataclasses import replace

import numpy as np
import pytest

from erya.core import registry
from erya.core.errors import UserError
from erya.corpus.records import Summary
from erya.evaluate.baselines.summarize.lead import BASELINE as LEAD
from erya.evaluate.baselines.summarize.textrank import DAMPING, _likeness, _page_rank, central
from erya.evaluate.learners.extracts import Cut, extract

BASELINES = registry.discover("erya.evaluate.baselines.summarize", "BASELINE")
TOLERANCE = 1e-4  # the iteration ends when no rank moves by 1e-6, a few steps before its fixed point

ENGLISH = "Rain fell on the town. The river rose in the town after the rain. A cat slept. People left the town."
CHINESE = "大雨落在城里。雨后城里的河水涨了。一只猫在睡觉。人们离开了城里。"


@pytest.mark.parametrize(("language", "text"), [("en", ENGLISH), ("zh", CHINESE)])
@pytest.mark.parametrize("name", BASELINES)
def test_extracts_come_from_the_text_alone(name: str, language: str, text: str) -> None:
    records = [Summary(text, text[:12], "0"), Summary(text[::-1], "x", "1"), Summary("好 one line", "好", "2")]
    system = BASELINES[name].train(records, language)
    predictions = system(records)
    for record, prediction in zip(records, predictions, strict=True):
        assert prediction.text
        assert set(prediction.text) <= set(record.text)
    assert system([replace(record, summary="other") for record in records]) == predictions
    assert [system([record])[0] for record in records] == predictions
    assert BASELINES[name].train(records, language)(records) == predictions
    assert [it.text for it in system([Summary(" \n", "x", "3")])] == [""]


@pytest.mark.parametrize("name", BASELINES)
def test_nothing_to_learn_from_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="no training summaries"):
        BASELINES[name].train([], "en")


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("Rain fell on the town.", "Rain fell on the town."),
        ("rain fell on the", "Rain fell on the"),
        ("Rain fell on the town. The river rose in the town after the rain.", ENGLISH[:65]),
    ],
)
def test_the_lead_is_as_long_as_the_training_summaries(summary: str, expected: str) -> None:
    (prediction,) = LEAD.train([Summary(ENGLISH, summary, "0")], "en")([Summary(ENGLISH, "", "1")])
    assert prediction.text == expected


def test_cuts_by_hand() -> None:
    sentences = ["One, two.", "Three four five."]
    assert extract(sentences, [1, 0], Cut(2), "en") == "One, two. Three four five."
    assert extract(sentences, [1, 0], Cut(1), "en") == "Three four five."
    assert extract(sentences, [1, 0], Cut(2, 4), "en") == "Three four five. One"
    assert extract(sentences, [1, 0], Cut(1, 4), "en") == "Three four five."
    assert extract(["天上有云。", "地上"], [0, 1], Cut(2, 5), "zh") == "天上有云。地"
    assert extract([], [], Cut(2, 5), "zh") == ""


def test_likeness_by_hand() -> None:
    likeness = _likeness("en", ["a b c", "b c d e", "x", "x"])
    assert likeness[0, 1] == pytest.approx(2 / (np.log(3) + np.log(4)))
    assert likeness[2, 3] == 0
    assert np.array_equal(likeness, likeness.T)
    assert not likeness.diagonal().any()


def test_ranks_are_the_fixed_point_of_the_paper_equation() -> None:
    likeness = np.random.default_rng(0).random((6, 6))
    likeness = (likeness + likeness.T) * (1 - np.eye(6))
    share = likeness / likeness.sum(axis=1, keepdims=True)
    exact = np.linalg.solve(np.eye(6) - DAMPING * share.T, np.full(6, 1 - DAMPING))
    assert _page_rank(likeness) == pytest.approx(exact, abs=TOLERANCE)


def test_the_most_central_sentence_is_first_and_ties_keep_the_text_order() -> None:
    assert (
        central("en", ["Rain fell on the town.", "A cat slept.", "The town saw rain.", "So rain fell, town."])[-1] == 1
    )
    assert central("zh", ["甲乙", "丙丁", "戊己"]) == [0, 1, 2]
    assert central("en", []) == []
