"""`erya generate` as a person and a program use it."""

import io
import json
import sys
from pathlib import Path

import pytest

from erya.cli import run
from tests.commands.writing import make_model, make_tokenizer


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_model(tmp_path_factory.mktemp("model"), make_tokenizer()))


def test_one_prompt_is_printed_with_its_continuation(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", model, "The fox", "--max-new-tokens", "8"]) == 0
    first = capsys.readouterr().out
    assert first.startswith("The fox")
    assert len(first) > len("The fox\n")
    assert run(["generate", model, "The fox", "--max-new-tokens", "8"]) == 0
    assert capsys.readouterr().out == first
    assert run(["generate", model, "The fox", "--max-new-tokens", "8", "--seed", "1"]) == 0
    assert capsys.readouterr().out != first


def test_json_says_everything_in_the_order_of_the_prompts(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["generate", model, "one", "the two foxes", "三", "--num", "2", "--max-new-tokens", "5", "--json"]
    assert run(arguments) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["prompt"] for record in records] == ["one", "one", "the two foxes", "the two foxes", "三", "三"]
    assert all(record["finish_reason"] in ("stop", "length") for record in records)
    assert all(1 <= record["completion_tokens"] <= 5 for record in records)
    assert records[0]["text"] != records[1]["text"]


def test_prompts_come_from_a_file_or_from_standard_input(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prompts.txt").write_text("one\n\ntwo\n", encoding="utf-8")
    assert run(["generate", model, "--file", str(tmp_path / "prompts.txt"), "--max-new-tokens", "3"]) == 0
    shown = capsys.readouterr().out
    assert "── prompt 1\none" in shown
    assert "── prompt 2\ntwo" in shown
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\n\ntwo\n"))
    assert run(["generate", model, "--max-new-tokens", "3"]) == 0
    assert capsys.readouterr().out == shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x", "--temperature", "-1"], "temperature: got -1"),
        (["x", "--max-new-tokens", "0"], "max_new_tokens: got 0"),
        (["x", "--top-p", "2"], "top_p: got 2"),
        (["x", "--num", "2", "--temperature", "0"], "writes the same text 2 times"),
        (["x", "--stop", ""], "stop: got an empty text"),
        (["x " * 200], "and the model reads at most 64"),
        (["x", "--file", "/dev/null"], "choose one"),
        (["--file", "/dev/null"], "the input is empty"),
        (["x", "--device", "tpu"], "device: unknown 'tpu'"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    model: str, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["generate", model, *arguments]) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.count("\n") == 1
    assert said.out in ("", arguments[0])


def test_no_model_and_no_tokenizer(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", str(tmp_path / "nothing"), "x"]) == 2
    assert "no such directory" in capsys.readouterr().err
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((Path(model) / name).read_bytes())
    assert run(["generate", str(tmp_path), "x"]) == 2
    assert "has no tokenizer.json" in capsys.readouterr().err
