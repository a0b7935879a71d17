"""`erya chat` with a pipe for a person."""

import io
import sys

import pytest

from erya.cli import run
from tests.commands.writing import make_model, make_tokenizer


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_model(tmp_path_factory.mktemp("model"), make_tokenizer()))


def talk(monkeypatch: pytest.MonkeyPatch, model: str, lines: str, *options: str) -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    return run(["chat", model, "--temperature", "0", "--max-new-tokens", "6", *options])


def test_each_line_is_answered_and_remembered(
    model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert talk(monkeypatch, model, "The fox\n") == 0
    alone = capsys.readouterr().out
    assert talk(monkeypatch, model, "The fox\nThe hen\n") == 0
    both = capsys.readouterr().out
    assert both.startswith(alone)
    assert talk(monkeypatch, model, "The hen\n") == 0
    fresh = capsys.readouterr().out
    assert both.removeprefix(alone) != fresh
    assert talk(monkeypatch, model, "The fox\n/reset\nThe hen\n/quit\nnever read\n") == 0
    assert capsys.readouterr().out == alone + fresh


def test_a_long_talk_forgets_its_beginning_and_says_so_once(
    model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert talk(monkeypatch, model, "A fox and a hen went out. 狐狸。\n" * 12) == 0
    said = capsys.readouterr()
    assert said.err.count("it forgets the first") == 1
    assert said.out.count("\n") >= 12


def test_no_room_to_write_is_said_at_once(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["chat", model, "--max-new-tokens", "64"]) == 2
    assert "at most 63" in capsys.readouterr().err
