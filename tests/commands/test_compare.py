"""`erya compare`: several models on the same items, and one sentence on which is better."""

import json
from pathlib import Path

import pytest

from erya.cli import run
from erya.evaluate.comparison import compare, comparison_text
from erya.evaluate.reports.board import Board, Entry
from tests.commands.translating import train_translator, write_pairs
from tests.commands.writing import make_corpus, make_model, make_tokenizer
from tests.evaluate.report.exams import labelled_exam, right

ON = ("--on", "test.en", "--on", "test.de")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compare")
    write_pairs(folder)
    train_translator(folder, "a", seed=0)
    train_translator(folder, "b", seed=1)
    tokenizer = make_tokenizer()
    make_corpus(folder)
    for name in ("first", "same"):
        make_model(folder / name, tokenizer)
    return folder


@pytest.fixture(autouse=True)
def _there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)


def test_each_model_has_the_figures_that_evaluate_gives_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "a/model", "b/model", *ON, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["task"] == "translate"
    (chosen,) = told["sets"]
    for model in ("a/model", "b/model"):
        assert run(["evaluate", model, *ON, "--no-baselines", "--json"]) == 0
        alone = json.loads(capsys.readouterr().out)["systems"]["model"]
        assert chosen["models"][model]["figures"] == alone["figures"]
        assert chosen["models"][model]["signatures"] == alone["signatures"]
    better, worse = list(chosen["models"])
    assert chosen["models"][better]["figures"]["BLEU"]["value"] >= chosen["models"][worse]["figures"]["BLEU"]["value"]
    assert [(pair["better"], pair["worse"]) for pair in chosen["pairs"]] == [(better, worse)]
    assert 0 < chosen["pairs"][0]["p_value"] <= 1
    assert chosen["verdict"].startswith(better)


def test_language_models_are_compared_on_texts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "first", "same", "--on", "corpus", "--json"]) == 0
    (chosen,) = json.loads(capsys.readouterr().out)["sets"]
    assert chosen["headline"] == "bits_per_byte"
    assert chosen["pairs"][0]["p_value"] == 1
    assert "first cannot be told apart from same: bits_per_byte" in chosen["verdict"]
    assert run(["compare", "first", "same", "--on", "corpus"]) == 0
    shown = capsys.readouterr().out
    assert "corpus (test): language_model" in shown
    assert chosen["verdict"] in shown


def test_the_sentence_names_who_is_beaten_and_who_is_not() -> None:
    exam = labelled_exam()
    wrong = {"best": 0, "near": 1, "far": 30, "last": 50}
    trials = {name: exam.take(name, right(exam, dict.fromkeys(range(count), "rare"))) for name, count in wrong.items()}

    def said(*names: str) -> str:
        board = Board("set", "classify", "accuracy", [Entry(name, trials[name].figures) for name in names])
        found = compare(board, lambda one, other: exam.difference(trials[one], trials[other]), [])
        assert found.verdict in comparison_text(found)
        assert len(found.differences) == len(names) * (len(names) - 1) // 2
        return found.verdict

    assert said("best", "far").startswith("best is better than far: accuracy 100.00 against 50.00")
    assert said("best", "far", "last").startswith("best is better than far, and than 1 other: accuracy 100.00 against")
    assert said("best", "near").startswith("best cannot be told apart from near: accuracy 100.00 against 98.33")
    assert said("best", "near", "far", "last").endswith("; it is better than far, last.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a/model", *ON], "name two or more"),
        (["a/model", "a/model", *ON], "1 different"),
        (["a/model", "first", *ON], "a/model is measured on translate, first on complete"),
        (["a/model", "b/model", "--on", "test.en"], "two aligned text files"),
        (["a/model", "b/model", *ON, "--task", "classify"], "was trained to translate"),
        (["a/model", "gone", *ON], "gone"),
        (["a/model", "b/model"], "Missing option '--on'"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["compare", *arguments]) == 2
    said = capsys.readouterr()
    error = [line for line in said.err.splitlines() if line.startswith("erya: ")]
    assert len(error) == 1
    assert message in error[0]
    assert said.out == ""
