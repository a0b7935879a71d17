"""`erya evaluate` from a model directory and a corpus to the report."""

import json
from pathlib import Path

import pytest

from erya.cli import run
from tests.commands.writing import make_corpus, make_model, make_tokenizer, make_tokens


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluate")
    tokenizer = make_tokenizer()
    tokens = make_tokens(make_corpus(folder), tokenizer)
    make_model(folder / "model", tokenizer, tokens)
    make_model(folder / "other", tokenizer)
    (folder / "lambada.jsonl").write_text('{"text": "the fox saw the hen"}\n' * 3, encoding="utf-8")
    pair = {"sentence_good": "It is.", "sentence_bad": "It are.", "UID": "passive_1"}
    (folder / "blimp.jsonl").write_text((json.dumps(pair) + "\n") * 3, encoding="utf-8")
    return folder


def test_the_report_holds_model_baselines_signatures_and_samples(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", str(place / "model"), "--on", str(place / "corpus"), "--out", str(place / "report")]
    assert run([*arguments, "--on", str(place / "lambada.jsonl"), "--on", str(place / "blimp.jsonl"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    written = json.loads((place / "report" / "report.json").read_text(encoding="utf-8"))
    assert [it["metric"] for it in printed["sets"]] == ["language_model", "lambada", "blimp"]
    for chosen, block in zip(printed["sets"], written["sets"], strict=True):
        assert list(chosen["scorers"]) == ["model", "unigram", "kneser-ney-5"]
        assert chosen["scorers"]["model"]["figures"] == block["scorers"]["model"]["figures"]
        assert all(scorer["signature"] for scorer in chosen["scorers"].values())
    figures = {name: it["figures"] for name, it in printed["sets"][0]["scorers"].items()}
    assert figures["kneser-ney-5"]["bits_per_byte"]["value"] < figures["unigram"]["bits_per_byte"]["value"]
    assert figures["unigram"]["bits_per_byte"]["value"] < figures["model"]["bits_per_byte"]["value"]
    page = (place / "report" / "report.html").read_text(encoding="utf-8")
    assert "http-equiv" not in page
    assert "Loss by position".lower() in page
    markdown = (place / "report" / "report.md").read_text(encoding="utf-8")
    for signature in (chosen["scorers"]["model"]["signature"] for chosen in printed["sets"]):
        assert signature in page
        assert signature in markdown
    assert printed["samples"]


def test_a_person_sees_a_table(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", str(place / "model"), "--on", str(place / "corpus"), "--max-documents", "4"]) == 0
    shown = capsys.readouterr().out
    for part in ("corpus (test): language_model", "bits_per_byte", "unigram", "kneser-ney-5", "items:4", "signatures:"):
        assert part in shown


def test_without_training_text_the_model_stands_alone_and_it_is_said(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", str(place / "other"), "--on", str(place / "corpus")]) == 0
    said = capsys.readouterr()
    assert "--baseline-tokens" in said.err
    assert "unigram" not in said.out
    tokens = str(place / "tokens")
    assert run(["evaluate", str(place / "other"), "--on", str(place / "corpus"), "--baseline-tokens", tokens]) == 0
    assert "unigram" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--on", "nothing.txt"], "no such file"),
        (["--on", "corpus", "--split", "tset"], "did you mean 'test'"),
        (["--on", "corpus", "--metric", "blimp"], "is a corpus"),
        (["--on", "corpus", "--stride", "65"], "at most the model's context of 64"),
        (["--on", "corpus", "--no-baselines", "--baseline-tokens", "tokens"], "contradict"),
        (["--on", "corpus", "--baseline-tokens", "corpus"], "is a corpus, expected a tokens"),
        ([], "Missing option '--on'"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    place: Path,
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(place)
    assert run(["evaluate", "model", *arguments]) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.out == ""
