"""`erya corpus`: exit codes, what is printed, and `--json`."""

import json
from pathlib import Path

import pytest

from erya.cli import run

LINES = "".join(json.dumps({"body": f"Document {number} of the corpus."}) + "\n" for number in range(40))


def test_build_then_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.jsonl").write_text(LINES)
    out = tmp_path / "c"
    assert run(["corpus", "build", str(tmp_path / "a.jsonl"), "--out", str(out), "--licence", "CC0"]) == 0
    printed = capsys.readouterr().out
    assert "deduplicate" in printed
    assert f"erya corpus show {out}" in printed
    assert run(["corpus", "show", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "characters up to" in printed
    assert "a.jsonl:1 (en, CC0)" in printed
    assert run(["corpus", "show", str(out), "--samples", "0"]) == 0
    assert "(en, CC0)" not in capsys.readouterr().out


def test_json_is_one_object_on_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.jsonl").write_text(LINES)
    out = str(tmp_path / "c")
    assert run(["corpus", "build", str(tmp_path / "a.jsonl"), "--out", out, "--json"]) == 0
    manifest = json.loads(capsys.readouterr().out)
    assert run(["corpus", "show", out, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["splits"] == manifest["counts"]["splits"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.jsonl", "--text-field", "bdy"], "no field 'bdy'; did you mean 'body'"),
        (["a.jsonl", "--validation-fraction", "1.5"], "validation fraction 1.5"),
        (["b.jsonl"], "b.jsonl: no such file or folder"),
        (["a.jsonl", "--format", "jsonlines"], "unknown format 'jsonlines'"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.jsonl").write_text(LINES)
    assert run(["corpus", "build", *arguments, "--out", "c"]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_show_of_what_is_no_corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["corpus", "show", str(tmp_path)]) == 2
    assert "not a finished corpus" in capsys.readouterr().err
