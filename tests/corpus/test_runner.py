"""Runners: results in order whoever does the work, the first error in order, and a killed process told in one line."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from erya.core.errors import RunFailed, UserError
from erya.corpus.runner import LocalRunner


def run(runner: LocalRunner, task: object, items: Sequence[object]) -> Iterator[object]:
    return runner.map(task, items, "Testing", [1] * len(items))  # type: ignore[arg-type]


def slow_first(item: int) -> int:
    time.sleep(0.3 if item == 0 else 0)
    return item * item


def wrong(item: int) -> int:
    if item == 1:
        time.sleep(0.3)  # so that the later error comes first
    if item in (1, 3):
        raise UserError(f"item {item} is bad")
    return item


def killed(item: int) -> int:
    if item == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return item


@pytest.mark.parametrize("processes", [1, 3])
def test_results_come_in_the_order_of_the_items(processes: int) -> None:
    assert list(run(LocalRunner(processes), slow_first, range(10))) == [number**2 for number in range(10)]


@pytest.mark.parametrize("processes", [1, 3])
def test_the_first_error_in_the_order_of_the_items_is_raised(processes: int) -> None:
    results = run(LocalRunner(processes), wrong, range(10))
    assert next(results) == 0
    with pytest.raises(UserError, match="item 1 is bad"):
        list(results)


def test_a_killed_process_is_told_in_one_line() -> None:
    with pytest.raises(RunFailed, match=r"killed by SIGKILL, as the system does when memory runs out.*run the same"):
        list(run(LocalRunner(2), killed, range(10)))


def wait_for_parent(path: Path) -> None:
    path.with_suffix(f".{os.getpid()}").touch()
    time.sleep(60)


def test_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        list(run(LocalRunner(2), wait_for_parent, [tmp_path / "a", tmp_path / "b"]))
        os._exit(0)
    until = time.monotonic() + 20
    while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    workers = [int(path.suffix[1:]) for path in tmp_path.iterdir()]
    assert len(workers) == 2
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while any(is_alive(worker) for worker in workers):
        assert time.monotonic() < until, "a process outlived its parent"
        time.sleep(0.05)


def is_alive(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
