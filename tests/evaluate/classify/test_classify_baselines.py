"""Every classifier learns what words tell, gives probabilities of all labels, and the same again."""

from pathlib import Path

import numpy as np
import pytest

from erya.core import registry
from erya.core.errors import UserError
from erya.corpus.examples import read_labelled
from erya.corpus.records import Labelled
from erya.evaluate.baselines.classify import tfidf_logistic
from erya.evaluate.metrics.classify.accuracy import METRIC
from erya.evaluate.task import TaskBaseline
from erya.tasks.base.prediction import System

ONE = 1e-9  # a sum of float64 shares

BASELINES: dict[str, TaskBaseline] = registry.discover("erya.evaluate.baselines.classify", "BASELINE")
LEARNING = [name for name in BASELINES if name != "majority"]

TOLD = {"en": ({"good": "fine", "bad": "awful"}, " "), "zh": ({"good": "很好", "bad": "糟糕"}, "")}
FILLER = {"en": ["the", "film", "was", "a", "story", "of", "two", "men"], "zh": list("这个电影是一故事的人")}


def texts(seed: int, count: int, language: str) -> list[Labelled]:
    """Texts in which one word among others tells the label; two in three are good."""
    random = np.random.default_rng(seed)
    telling, gap = TOLD[language]
    made = []
    for number in range(count):
        label = "good" if random.random() < 2 / 3 else "bad"
        words = [*random.choice(FILLER[language], size=5).tolist(), telling[label]]
        random.shuffle(words)
        made.append(Labelled(gap.join(words), label, str(number)))
    return made


def score(system: System, records: list[Labelled]) -> float:
    found = METRIC.measure(system(records), records, "en")
    return float(found.value(found.statistics.sum(axis=0)))


@pytest.mark.parametrize("language", TOLD)
@pytest.mark.parametrize("name", LEARNING)
def test_words_that_tell_are_learned(name: str, language: str) -> None:
    assert score(BASELINES[name].train(texts(0, 600, language), language), texts(1, 200, language)) > 99


def test_the_majority_is_the_commonest_label_with_the_shares_of_all() -> None:
    train = texts(2, 300, "en")
    share = sum(record.label == "good" for record in train) / len(train)
    (prediction,) = BASELINES["majority"].train(train, "en")(train[:1])
    assert prediction.text == "good"
    assert prediction.probabilities == pytest.approx({"good": share, "bad": 1 - share})


@pytest.mark.parametrize("name", BASELINES)
def test_probabilities_sum_to_one_and_the_label_is_the_likeliest(name: str) -> None:
    train = [*texts(3, 200, "en"), Labelled("a third", "other", "o")]
    for prediction in BASELINES[name].train(train, "en")(texts(4, 30, "en")):
        shares = prediction.probabilities
        assert shares.keys() == {"good", "bad", "other"}
        assert sum(shares.values()) == pytest.approx(1, abs=ONE)
        assert shares[prediction.text] == max(shares.values()) == prediction.score


@pytest.mark.parametrize("name", BASELINES)
def test_the_same_records_give_the_same_system_and_labels_are_not_looked_at(name: str) -> None:
    train, test = texts(5, 600, "en"), texts(6, 20, "en")
    system = BASELINES[name].train(train, "en")
    predictions = system(test)
    assert BASELINES[name].train(train, "en")(test) == predictions
    assert system([Labelled(record.text, "?", record.id) for record in test]) == predictions
    assert system([]) == []


@pytest.mark.parametrize("name", LEARNING)
def test_one_label_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="two labels at least; got 2 of 1"):
        BASELINES[name].train([Labelled("x", "a", "1"), Labelled("y", "a", "2")], "en")


def test_few_texts_take_the_usual_strength_and_many_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = ([record.text for record in made] for made in (texts(7, 40, "en"), texts(7, 600, "en")))
    labels = [record.label for record in texts(7, 600, "en")]
    monkeypatch.setattr(tfidf_logistic, "STRENGTHS", (0.01, 30.0))
    assert tfidf_logistic._strength(few, labels[:40], "en") == tfidf_logistic.USUAL_STRENGTH
    assert tfidf_logistic._strength(many, labels, "en") == 30.0  # what one word tells wants little restraint
    noise = np.random.default_rng(0).permutation(labels).tolist()
    assert tfidf_logistic._strength(many, noise, "en") == 0.01


def test_real_texts(shared_data: Path) -> None:
    folder = shared_data / "cold_zh_offensive"
    train, held_out = read_labelled([folder / "train.csv"])[:3000], read_labelled([folder / "dev.csv"])[:500]
    for name in LEARNING:
        assert score(BASELINES[name].train(train, "zh"), held_out) > 75
