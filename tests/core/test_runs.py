"""The run directory: created once, readable while written, whole after a kill."""

from pathlib import Path

import pytest

from erya.core.errors import UserError
from erya.core.runs import RunDirectory, list_runs


def test_metrics_survive_a_torn_last_line(tmp_path: Path) -> None:
    run = RunDirectory.create(tmp_path / "a", "seed = 1\n")
    run.append_metrics({"step": 1, "loss": 2.5})
    run.append_metrics({"step": 2, "loss": 2.25})
    with (run.path / "metrics.jsonl").open("a") as stream:
        stream.write('{"step": 3, "lo')
    assert [record["step"] for record in RunDirectory.open(run.path).read_metrics()] == [1, 2]


def test_truncating_forgets_later_steps(tmp_path: Path) -> None:
    run = RunDirectory.create(tmp_path / "a", "")
    for step in range(1, 6):
        run.append_metrics({"step": step})
    run.truncate_metrics(after_step=3)
    assert [record["step"] for record in run.read_metrics()] == [1, 2, 3]


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    RunDirectory.create(tmp_path / "a", "")
    with pytest.raises(UserError, match="--resume"):
        RunDirectory.create(tmp_path / "a", "")


def test_status_keeps_earlier_figures(tmp_path: Path) -> None:
    run = RunDirectory.create(tmp_path / "a", "")
    run.set_status("running", parameters=7)
    run.set_status("done", loss=1.5)
    assert (run.info["status"], run.info["parameters"], run.info["loss"]) == ("done", 7, 1.5)


def test_runs_are_listed_oldest_first(tmp_path: Path) -> None:
    for name in ("b", "a"):
        RunDirectory.create(tmp_path / name, "")
    assert {run.path.name for run in list_runs(tmp_path)} == {"a", "b"}
    assert list_runs(tmp_path / "none") == []


def test_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not a run directory"):
        RunDirectory.open(tmp_path)
