"""What is said of two systems follows from their items: no more than those show, the same whichever is named first."""

import numpy as np
import pytest

from erya.core.errors import UserError
from erya.evaluate.trial import Exam, beats
from tests.evaluate.report.exams import SmallTask, labelled_exam, pair_exam, right


def test_a_system_never_sees_a_reference_and_its_figures_are_those_of_all_items() -> None:
    exam = labelled_exam()
    trial = exam.take("half", right(exam, dict.fromkeys(range(0, 60, 2), "rare")), parameters=7)
    assert trial.figures["accuracy"].value == 50
    assert trial.figures["accuracy"].low is not None
    assert trial.figures["accuracy"].low < 50 < (trial.figures["accuracy"].high or 0)
    assert list(trial.figures) == ["accuracy", "macro-F1"]
    assert trial.parameters == 7


def test_the_better_system_is_named_better_and_the_other_worse() -> None:
    exam = labelled_exam()
    good = exam.take("good", right(exam, {0: "rare"}))
    poor = exam.take("poor", right(exam, dict.fromkeys(range(40), "rare")))
    ahead, behind = exam.difference(good, poor), exam.difference(poor, good)
    assert ahead.gap is not None
    assert behind.gap is not None
    assert ahead.gap.value == pytest.approx(65)
    assert ahead.gap.low == pytest.approx(-(behind.gap.high or 0))
    assert (ahead.p_value, ahead.p_reverse) == (behind.p_reverse, behind.p_value)
    assert ahead.two_sided == behind.two_sided == pytest.approx(2 / 1001)
    assert beats(ahead, "A", "B").startswith("A is better than B: accuracy 98.33 against 33.33, a difference of 65.00")
    assert beats(behind, "A", "B").startswith("A is worse than B: accuracy 33.33 against 98.33")
    assert "p = 0.001" in beats(ahead, "A", "B")
    assert "p = 0.001" in beats(behind, "A", "B")


def test_equal_systems_and_single_items_are_not_told_apart() -> None:
    exam = labelled_exam()
    one, other = (exam.take(name, right(exam, {at: "rare"})) for name, at in (("one", 3), ("other", 4)))
    assert "cannot be told apart" in beats(exam.difference(one, other), "one", "other")
    assert exam.difference(one, one).two_sided == 1
    single = Exam(exam.task, exam.metrics, exam.records[:1], "en")
    both = [single.take(name, right(single, but)) for name, but in (("one", {}), ("other", {0: "rare"}))]
    said = beats(single.difference(both[0], both[1]), "one", "other")
    assert "cannot be told apart" in said
    assert "on one item" in said


def test_where_less_is_better_the_order_turns() -> None:
    exam = pair_exam()
    exam = Exam(exam.task, list(reversed(exam.metrics)), exam.records, "de")
    assert exam.deciding.name == "TER"
    good, poor = (
        exam.take(name, right(exam, but)) for name, but in (("good", {}), ("poor", dict.fromkeys(range(30), "")))
    )
    assert [trial.name for trial in exam.ranked([poor, good])] == ["good", "poor"]
    difference = exam.difference(good, poor)
    assert difference.gap is not None
    assert difference.gap.value < 0
    assert "good is better" in beats(difference, "good", "poor")


def test_paired_p_is_the_share_of_resamples_that_are_not_better() -> None:
    exam = labelled_exam(30)
    one = exam.take("one", right(exam, {0: "rare", 1: "rare"}))
    other = exam.take("other", right(exam, dict.fromkeys(range(1, 7), "rare")))
    gained = np.array([a != "rare" for a in _texts(one)], dtype=int) - [a != "rare" for a in _texts(other)]
    random = np.random.default_rng(3)
    lost = np.mean([gained[random.integers(0, 30, 30)].sum() <= 0 for _ in range(20_000)])
    p = exam.difference(one, other).p_value
    assert p == pytest.approx(lost, abs=0.02)  # four standard errors of 1,000 resamples


def _texts(trial: object) -> list[str]:
    return [prediction.text for prediction in trial.predictions]  # type: ignore[attr-defined]


def test_a_named_metric_decides_and_an_unknown_one_is_refused() -> None:
    task = SmallTask("translate", ("bleu", "chrf"), "target")
    exam = Exam.of(task, pair_exam().records, "de", "bleu-tokenized")  # type: ignore[arg-type]
    assert [metric.name for metric in exam.metrics] == ["BLEU, tokenized and lower case", "BLEU", "chrF"]
    assert len(Exam.of(task, [], "de", "chrf").metrics) == 2  # type: ignore[arg-type]
    with pytest.raises(UserError, match="did you mean 'chrf'"):
        Exam.of(task, [], "de", "chrff")  # type: ignore[arg-type]
