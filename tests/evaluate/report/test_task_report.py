"""The report of a task: the model beside its baselines, what is known of training items, and the spread over seeds."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from erya.core.errors import UserError
from erya.corpus.records import Labelled
from erya.evaluate.reports.cases import by_length
from erya.evaluate.reports.report import markdown, page, write_report
from erya.evaluate.reports.task_report import as_json, report
from erya.evaluate.task_assess import TaskAssessment, require_same_recipe, spread, take_baselines
from erya.evaluate.trial import Exam
from tests.evaluate.report.exams import labelled_exam, right


def assessment(exam: Exam, **more: Any) -> TaskAssessment:
    own = exam.take("model", right(exam, dict.fromkeys(range(6), "rare")), 1234, 5.5)
    return TaskAssessment("runs/a/model", "test.jsonl", {"task": "classify"}, exam, own, **more)


def test_every_baseline_is_trained_and_the_best_is_the_one_to_beat() -> None:
    exam = labelled_exam()
    train = [Labelled(f"{label} words {at}", label, str(at)) for at in range(30) for label in ("bad", "bad", "good")]
    baselines, left_out = take_baselines(exam, train)
    assert [it.name for it in baselines] == ["majority", "bag of words + naive Bayes", "TF-IDF + logistic regression"]
    assert not left_out
    it = assessment(exam, baselines=baselines)
    best = max(trial.figures["accuracy"].value for trial in baselines)
    assert it.best_baseline is not None
    assert it.best_baseline.figures["accuracy"].value == best
    assert it.verdict.startswith(f"The model is better than the best baseline, {it.best_baseline.name}: accuracy 90.00")
    told = as_json(it, by_length(exam, it.trials))
    assert told["verdict"] == it.verdict
    assert set(told["systems"]) == {"model", *(trial.name for trial in baselines)}
    for trial in baselines:
        assert told["systems"][trial.name]["p_value"] == exam.difference(it.model, trial).p_value
    assert told["systems"]["model"]["parameters"] == 1234


def test_a_baseline_that_cannot_learn_is_left_out_and_named() -> None:
    exam = labelled_exam()
    baselines, left_out = take_baselines(exam, [Labelled("one label", "bad", "1"), Labelled("only", "bad", "2")])
    assert [it.name for it in baselines] == ["majority"]
    assert len(left_out) == 2
    shown = markdown(report(assessment(exam, baselines=baselines, left_out=left_out)))
    assert all(line in shown for line in left_out)


def test_without_baselines_nothing_is_claimed() -> None:
    it = assessment(labelled_exam())
    assert it.best_baseline is None
    assert it.verdict.startswith("No baseline was measured")


def test_training_items_in_the_test_are_named_and_the_figure_without_them_told() -> None:
    exam = labelled_exam()
    assert "not known" in assessment(exam).without_doubled
    assert assessment(exam, doubled=[]).without_doubled == "No test item is a training item."
    some = assessment(exam, doubled=list(exam.records[6:16])).without_doubled
    assert some.startswith("10 of 60 test items are training items too (item-6, item-7, item-8, …)")
    assert "on the 50 others the model's accuracy is 88.00" in some
    assert "says anything of unseen ones" in assessment(exam, doubled=list(exam.records)).without_doubled


def test_the_confusion_of_labels_adds_up() -> None:
    exam = labelled_exam()
    it = assessment(exam)
    confusion = as_json(it, [])["confusion"]
    assert confusion["headers"] == ("true", "bad", "good", "rare", "all")
    assert confusion["rows"] == [("bad", 36, 0, 4, 40), ("good", 0, 18, 2, 20), ("rare", 0, 0, 0, 0)]


def test_the_spread_is_the_mean_and_deviation_of_the_runs() -> None:
    exam = labelled_exam()
    runs = [exam.take(f"run {wrong}", right(exam, dict.fromkeys(range(wrong), "rare"))) for wrong in (6, 12, 0)]
    mean, deviation = spread(runs)["accuracy"]
    assert mean == pytest.approx(90)
    assert deviation == pytest.approx(np.std([90, 80, 100], ddof=1))
    shown = markdown(report(assessment(exam, seeds=runs[1:])))
    assert "Over 3 runs of the recipe with other seeds: accuracy 90.00, standard deviation 10.00." in shown
    assert "| accuracy | 90.00 | 10.00 | 90.00 | 80.00 | 100.00 |" in shown


def test_seeds_are_runs_of_one_recipe() -> None:
    one: dict[str, Any] = {"config": {"training": {"seed": 0, "max_steps": 5}, "log": {"every_steps": 1}}}
    other: dict[str, Any] = {"config": {"training": {"seed": 1, "max_steps": 5}, "log": {"every_steps": 9}}}
    longer: dict[str, Any] = {"config": {"training": {"seed": 1, "max_steps": 6}}}
    require_same_recipe(one, other, "b")
    with pytest.raises(UserError, match=r"training.max_steps is 6, not 5"):
        require_same_recipe({"config": {"training": one["config"]["training"]}}, longer, "b")
    with pytest.raises(UserError, match="has the same"):
        require_same_recipe(one, one, "b")


def test_the_page_is_whole_and_escapes_what_was_answered(tmp_path: Path) -> None:
    records = [Labelled("<script>alert(1)</script>", "bad", f"{at}") for at in range(40)]
    base = labelled_exam()
    exam = Exam(base.task, base.metrics, records, "en")
    own = exam.take("model", right(exam, dict.fromkeys(range(3), "good|```")))
    curve = [{"step": 1, "loss": 2.0}, {"step": 2, "validation_loss": 1.5, "validation_accuracy": 40.0}]
    it = TaskAssessment("m", "t", {"task": "classify"}, exam, own, learning_curve=curve)
    write_report(report(it), tmp_path / "out")
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    for title in ("Scores", "Score by length of the source", "How it learned", "The worst", "Some by chance"):
        assert f"<h2>{title}</h2>" in html
    assert html.count('<div id="figure-') == 3  # by length, losses, the task's metric
    assert 'src="http' not in html
    text = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "```text\n0  accuracy 0.00" in text
    assert "good|ˋˋˋ" in text
    told = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert [case["id"] for case in told["worst"][:3]] == ["0", "1", "2"]
    assert page(report(it)) == html
