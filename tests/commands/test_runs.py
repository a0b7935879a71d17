"""`erya runs`: the table, the curves, the page."""

import json
from pathlib import Path

import pytest

from erya.cli import run
from erya.commands.runs import spark
from erya.core.runs import RunDirectory


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for name, losses in (("first", [5.0, 4.0, 3.0]), ("second", [5.0, 4.5, 4.4])):
        directory = RunDirectory.create(tmp_path / "runs" / name, "")
        for step, loss in enumerate(losses, 1):
            directory.append_metrics({"step": step, "loss": loss, "tokens_per_second": 1234.5, "seconds": 61.0 * step})
        directory.append_metrics({"step": 3, "validation_loss": 3.5, "validation_bits_per_byte": 1.25})
        directory.set_status("done", parameters=1_090_624)
    return tmp_path / "runs"


def test_the_table_lists_every_run(runs, capsys):
    assert run(["runs", str(runs)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[1].split() == [
        str(runs / "first"), "done", "1,090,624", "3", "3.0000", "3.5000", "1.2500", "1,234", "0:03:03",
    ]  # fmt: skip


def test_named_runs_are_compared_by_their_curves(runs, capsys):
    assert run(["runs", str(runs / "second"), str(runs / "first")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].endswith("█▂▁")
    assert lines[2].endswith("█▅▁") or lines[2].endswith("█▄▁")


def test_json_holds_the_same_figures(runs, capsys):
    assert run(["runs", str(runs), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["step"], row["loss"], row["bits_per_byte"]) for row in rows] == [(3, 3.0, 1.25), (3, 4.4, 1.25)]


def test_the_page_is_self_contained(runs, tmp_path, capsys):
    page = tmp_path / "runs.html"
    assert run(["runs", str(runs), "--html", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "Training loss (nats per token)" in text
    assert "<script src=" not in text
    assert str(runs / "first") in text


def test_a_folder_without_runs_is_an_error(tmp_path, capsys):
    assert run(["runs", str(tmp_path)]) == 2
    assert "no runs here; start one with `erya pretrain" in capsys.readouterr().err


def test_a_run_without_figures_has_no_curve():
    assert spark([]) == ""
    assert spark([1.0, 1.0]) == "▁▁"
    assert len(spark(list(range(1000)))) == 32
