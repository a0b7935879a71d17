"""`erya evaluate` from a fine-tuned model to the report of its task."""

import json
from pathlib import Path

import pytest

from erya.cli import run
from tests.commands.translating import pairs, train_translator, write_pairs, write_sentiments
from tests.commands.writing import make_model, make_tokenizer

ON = ("--on", "test.en", "--on", "test.de")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluate-task")
    write_pairs(folder)
    write_sentiments(folder / "labels.jsonl")
    train_translator(folder, "a", seed=0)
    train_translator(folder, "b", seed=1)
    train_translator(folder, "longer", seed=1, steps=3)
    make_model(folder / "language", make_tokenizer())
    (folder / "one-less.de").write_text("\n".join(pair[1] for pair in pairs()[::4][1:]), encoding="utf-8")
    (folder / "no-reference.tsv").write_text("source\ttarget\nthe dog\t\n", encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def _there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)


def test_the_report_holds_the_model_every_baseline_and_the_spread_over_seeds(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", "a/model", *ON, "--seeds", "b/model", "--out", "report", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    written = json.loads(Path("report/report.json").read_text(encoding="utf-8"))
    assert printed == written
    assert list(printed["systems"]) == ["model", "copy source", "word by word (IBM Model 1)"]
    for system in printed["systems"].values():
        assert list(system["figures"]) == ["BLEU", "chrF", "TER"]
        assert system["signatures"]["BLEU"].startswith("nrefs:1|case:mixed|eff:no|tok:13a")
    assert printed["best_baseline"] == "word by word (IBM Model 1)"
    assert printed["verdict"].startswith("The model is worse than the best baseline, word by word (IBM Model 1): BLEU")
    model = printed["systems"]["model"]
    assert model["parameters"] == printed["parameters"] > 0
    assert model["training_seconds"] > 0
    assert printed["training_items"] == []
    assert list(printed["seeds"]["runs"]) == ["model", "b/model"]
    assert printed["seeds"]["runs"]["model"]["chrF"] == model["figures"]["chrF"]["value"]
    page = Path("report/report.html").read_text(encoding="utf-8")
    for title in ("Scores", "Spread over seeds", "Score by length of the source", "How it learned", "What it cost"):
        assert f"<h2>{title}</h2>" in page
    assert printed["verdict"].split(":")[0] in Path("report/report.md").read_text(encoding="utf-8")


def test_every_answer_is_kept(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "a/model", *ON, "--no-baselines", "--out", "kept"]) == 0
    lines = [json.loads(line) for line in Path("kept/predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["source"], *line["references"]) for line in lines] == pairs()[::4]
    assert run(["translate", "a/model", "test.en"]) == 0
    answered = capsys.readouterr().out.splitlines()
    assert [" ".join(line["output"].split()) for line in lines] == answered[-len(lines) :]
    assert set(lines[0]["figures"]) == {"BLEU", "chrF", "TER"}


def test_a_person_sees_a_table_and_a_sentence(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "a/model", *ON, "--task", "translate", "--metric", "chrf", "--max-documents", "9"]) == 0
    shown = capsys.readouterr().out
    for part in (
        "test.en, test.de: translate",
        "copy source",
        "p, by chrF",
        "The model is worse",
        "9 items",
        "nrefs:1",
    ):
        assert part in shown


def test_training_items_among_the_test_items_are_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "a/model", "--on", "train.en", "--on", "train.de", "--max-documents", "6"]) == 0
    said = capsys.readouterr()
    assert "6 of 6 test items are training items too (train.en:1" in said.out
    assert "says anything of unseen ones" in said.out


def test_baselines_learn_from_what_is_named_or_are_missed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moved = Path("train.en").rename("moved.en")
    try:
        assert run(["evaluate", "a/model", *ON]) == 0
        said = capsys.readouterr()
        assert "--baseline-train" in said.err
        assert "No baseline was measured" in said.out
        named = ["--baseline-train", "moved.en", "--baseline-train", "train.de"]
        assert run(["evaluate", "a/model", *ON, *named]) == 0
        assert "copy source" in capsys.readouterr().out
    finally:
        moved.rename("train.en")


def test_a_training_file_that_changed_is_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("train.en").read_text(encoding="utf-8")
    try:
        Path("train.en").write_text(before.replace("dog", "hound"), encoding="utf-8")
        assert run(["evaluate", "a/model", *ON, "--max-documents", "2"]) == 0
        assert "train.en is no longer what the model was trained on" in capsys.readouterr().err
    finally:
        Path("train.en").write_text(before, encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a/model", "--on", "test.en", "--on", "one-less.de"], "test.en has 20 lines, one-less.de has 19"),
        (["a/model", "--on", "test.en"], "two aligned text files; got test.en"),
        (["a/model", "--on", "no-reference.tsv"], "target is empty"),
        (["a/model", "--on", "labels.jsonl"], "no field en, source"),
        (["a/model", "--on", "nothing.jsonl"], "nothing.jsonl: cannot be read"),
        (
            ["a/model", *ON, "--task", "classify"],
            "a/model: was trained to translate, so it cannot be measured on class",
        ),
        (["language", *ON, "--task", "translate"], "language: was not trained for a task, so it cannot be measured on"),
        (["gone", *ON, "--task", "translate"], "gone"),
        (["a/model", *ON, "--task", "complete"], "decoder"),
        (["a/model", *ON, "--metric", "blue"], "did you mean 'bleu'"),
        (["a/model", *ON, "--stride", "4"], "--stride: a/model is measured on a task"),
        (["language", "--on", "test.en", "--seeds", "b/model"], "--seeds: language is a language model"),
        (["a/model", *ON, "--no-baselines", "--baseline-train", "train.en"], "--baseline-train contradict"),
        (["a/model", *ON, "--seeds", "longer/model"], "training.max_steps is 3, not 2"),
        (["a/model", *ON, "--seeds", "a/model"], "has the same training.seed"),
        (["a/model", *ON, "--seeds", "b/model", "--seeds", "b/model"], "has the same training.seed"),
        (["a/model", *ON, "--seeds", "language"], "was not trained for a task"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["evaluate", *arguments]) == 2
    said = capsys.readouterr()
    error = [line for line in said.err.splitlines() if line.startswith("erya: ")]
    assert len(error) == 1
    assert message in error[0]
    assert said.out == ""
