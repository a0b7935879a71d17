"""Each classification metric's sum of items is scikit-learn's figure; calibration is what its definition says."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from erya.core import registry
from erya.core.errors import UserError
from erya.corpus.records import Labelled
from erya.evaluate.scoring import labels
from erya.evaluate.significance import bootstrap_value
from erya.evaluate.task import Measured, TaskMetric
from erya.tasks.base.prediction import Prediction

SAME = 1e-9  # float64 quotients of the same integers

METRICS: dict[str, TaskMetric] = registry.discover("erya.evaluate.metrics.classify", "METRIC")
LABELS = ["bad", "good", "好", "rare"]


def items(seed: int, count: int = 120) -> tuple[list[Prediction], list[Labelled]]:
    """Guesses that are right about half the time, with probabilities; one label is rare."""
    random = np.random.default_rng(seed)
    true = random.choice(4, size=count, p=[0.4, 0.35, 0.24, 0.01])
    shares = random.dirichlet(np.ones(4), size=count)
    shares[np.arange(count), true] += 0.4
    shares /= shares.sum(axis=1, keepdims=True)
    predictions = [
        Prediction(LABELS[row.argmax()], probabilities=dict(zip(LABELS, row.tolist(), strict=True))) for row in shares
    ]
    return predictions, [Labelled("text", LABELS[label], str(at)) for at, label in enumerate(true)]


def figure(found: Measured) -> float:
    return float(found.value(found.statistics.sum(axis=0)))


def measured(name: str, predictions: list[Prediction], records: list[Labelled]) -> Measured:
    return METRICS[name].measure(predictions, records, "en")


def slow_calibration_error(predictions: list[Prediction], records: list[Labelled]) -> float:
    total = 0.0
    for number in range(15):
        inside = [
            (one.probabilities[one.text], one.text == other.label)
            for one, other in zip(predictions, records, strict=True)
            if number / 15 < one.probabilities[one.text] <= (number + 1) / 15
        ]
        if inside:
            confidence, right = np.mean(inside, axis=0)
            total += len(inside) / len(records) * abs(right - confidence)
    return 100 * total


def oracle(name: str, predictions: list[Prediction], records: list[Labelled]) -> float:
    given, true = [one.text for one in predictions], [record.label for record in records]
    if name == "accuracy":
        return 100 * float(accuracy_score(true, given))
    if name == "macro_f1":
        return 100 * float(f1_score(true, given, average="macro"))
    return slow_calibration_error(predictions, records)


def test_every_metric_keeps_the_protocol() -> None:
    assert list(METRICS) == ["accuracy", "calibration_error", "macro_f1"]
    for name, metric in METRICS.items():
        assert metric.unit == "%"
        assert metric.higher_is_better == (name != "calibration_error")
        assert "labels:4|language:en|items:120" in measured(name, *items(0)).signature


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("seed", range(5))
def test_the_sum_of_any_choice_of_items_gives_the_oracles_figure(name: str, seed: int) -> None:
    predictions, records = items(seed)
    found = measured(name, predictions, records)
    assert figure(found) == pytest.approx(oracle(name, predictions, records), abs=SAME)
    chosen = np.random.default_rng(seed).integers(0, 120, size=40)  # often without the rare label
    some = [predictions[at] for at in chosen], [records[at] for at in chosen]
    sums = np.stack([found.statistics.sum(axis=0), found.statistics[chosen].sum(axis=0)])
    assert found.value(sums)[1] == pytest.approx(oracle(name, *some), abs=SAME)
    interval = bootstrap_value(found.statistics, found.value)
    assert interval.low is not None
    assert interval.high is not None
    assert interval.low < interval.high


def test_the_confusion_matrix_is_scikit_learns() -> None:
    predictions, records = items(3)
    names, counts = labels.confusion_matrix(predictions, records)
    wanted = confusion_matrix([record.label for record in records], [one.text for one in predictions], labels=names)
    assert names == sorted(LABELS)
    assert np.array_equal(counts, wanted)
    assert counts.sum() == 120


def test_a_label_never_seen_counts_against() -> None:
    records = [Labelled("x", "a", "1"), Labelled("y", "b", "2")]
    predictions = [Prediction("a"), Prediction("new")]
    assert figure(measured("accuracy", predictions, records)) == 50
    assert figure(measured("macro_f1", predictions, records)) == pytest.approx(100 / 3)


@pytest.mark.parametrize("share", [0.5, 0.8, 1.0])
def test_who_is_as_sure_as_right_is_calibrated(share: float) -> None:
    right = round(10 * share)
    records = [Labelled("x", "a" if at < right else "b", str(at)) for at in range(10)]
    sure = [Prediction("a", probabilities={"a": share, "b": 1 - share})] * 10
    assert figure(measured("calibration_error", sure, records)) == pytest.approx(0, abs=SAME)
    certain = [Prediction("a", probabilities={"a": 1.0, "b": 0.0})] * 10
    assert figure(measured("calibration_error", certain, records)) == pytest.approx(100 * (1 - share), abs=SAME)


@pytest.mark.parametrize("shares", [{}, {"a": 0.5}, {"b": 1.0}, {"a": 1.5, "b": -0.5}])
def test_calibration_needs_probabilities(shares: dict[str, float]) -> None:
    with pytest.raises(UserError, match="7: the calibration error needs the probabilities of all labels"):
        measured("calibration_error", [Prediction("a", probabilities=shares)], [Labelled("x", "a", "7")])


@pytest.mark.parametrize("name", METRICS)
def test_numbers_must_agree_and_labels_not_be_empty(name: str) -> None:
    predictions, records = items(1, 3)
    with pytest.raises(UserError, match="2 predictions for 3 labelled texts"):
        measured(name, predictions[:2], records)
    with pytest.raises(UserError, match=r"1 labels are empty \(the first: e\)"):
        measured(name, predictions, [*records[:2], Labelled("x", "", "e")])
