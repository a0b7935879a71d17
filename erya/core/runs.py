"""A run's directory: its resolved configuration, status, metrics and log, readable while the run goes on.

`config.toml` is a valid input; `run.json` says what runs and how it ended; `metrics.jsonl` holds one JSON object a
line.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from erya.core.errors import UserError
from erya.core.manifest import versions
from erya.core.storage import disk_errors, read_json, write_atomic, write_json

STATUSES = ("running", "done", "stopped", "failed")
LEFTOVERS = {"config.toml", ".config.toml.tmp", ".run.json.tmp"}


class RunDirectory:
    """One run on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, config_toml: str) -> "RunDirectory":
        """Start a new run; what a creation cut off by a kill left behind, before run.json, is written over.

        Raises: UserError when the directory already holds something else.
        """
        if path.exists() and (not path.is_dir() or {entry.name for entry in path.iterdir()} - LEFTOVERS):
            raise UserError(f"{path}: already there; continue it with --resume, or choose another --out")
        with disk_errors(path):
            path.mkdir(parents=True, exist_ok=True)
        run = cls(path)
        write_atomic(path / "config.toml", config_toml.encode())
        write_json(
            path / "run.json", {"status": "running", "created": _now(), "pid": os.getpid(), "versions": versions()}
        )
        return run

    @classmethod
    def open(cls, path: Path) -> "RunDirectory":
        """An existing run.

        Raises: UserError when there is none.
        """
        if not (path / "run.json").is_file():
            raise UserError(f"{path}: not a run directory (no run.json); `erya runs` lists what there is")
        return cls(path)

    @property
    def info(self) -> dict[str, Any]:
        """What run.json says: status, created, updated, versions and whatever the run added."""
        info: dict[str, Any] = read_json(self.path / "run.json")
        return info

    def set_status(self, status: str, **more: Any) -> None:
        """Record how the run stands (running, done, stopped, failed) and any figures beside it."""
        assert status in STATUSES
        write_json(self.path / "run.json", {**self.info, **more, "status": status, "updated": _now()})

    def append_metrics(self, record: dict[str, Any]) -> None:
        """Add one line to metrics.jsonl; a line is written whole, so a killed run leaves a readable file."""
        with disk_errors(self.path), (self.path / "metrics.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")

    def read_metrics(self) -> list[dict[str, Any]]:
        """Every metrics record; a line torn by a power cut is passed over."""
        return list(self._records())

    def _records(self) -> Iterator[dict[str, Any]]:
        path = self.path / "metrics.jsonl"
        if not path.is_file():
            return
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue

    def truncate_metrics(self, after_step: int) -> None:
        """Forget the records after a step, as a resume does, so that no step is told twice."""
        kept = [record for record in self._records() if record.get("step", 0) <= after_step]
        write_atomic(self.path / "metrics.jsonl", "".join(json.dumps(record) + "\n" for record in kept).encode())


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def list_runs(folder: Path) -> list[RunDirectory]:
    """The runs below a folder, oldest first."""
    found = [RunDirectory(path.parent) for path in folder.glob("**/run.json")]
    return sorted(found, key=lambda run: (str(run.info.get("created", "")), str(run.path)))
