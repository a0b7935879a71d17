"""Plain progress: on standard error, in whole lines, not too many, with what is left."""

import re

import pytest

from erya.core import progress
from erya.core.progress import bar, say, track, warn


def test_lines_go_to_standard_error_alone(capsys: pytest.CaptureFixture[str]) -> None:
    say("hello [bold]world[/bold]")
    warn("careful")
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "hello [bold]world[/bold]\nwarning: careful\n"


def test_quick_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track(range(5), "Counting", 5)) == [0, 1, 2, 3, 4]
    assert capsys.readouterr() == ("", "")


class Clock:
    """Time that passes as told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(progress.time, "monotonic", lambda: self.now)


def test_a_line_every_so_often_with_share_and_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock(monkeypatch)
    with bar("Reading", 1_000, "bytes") as running:
        for _ in range(60):
            clock.now += 1
            running.advance(10, "a.txt")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Reading: 150/1,000 bytes (15%), 1:25 left  a.txt"
    assert lines[-1] == "Reading: 600/1,000 bytes (60%), 0:40 left  a.txt"
    assert len(lines) == 60 // progress.LINE_SECONDS


def test_what_was_done_before_does_not_count_for_the_speed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock(monkeypatch)
    with bar("Fetching", 20_000, "bytes", done=10_000) as running:
        clock.now += 20
        running.advance(200)
    assert capsys.readouterr().err == "Fetching: 10,200/20,000 bytes (51%), 16:20 left\n"


def test_without_a_total_only_what_is_done(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock(monkeypatch)
    with bar("Unpacking", unit="bytes") as running:
        clock.now += 20
        running.advance(12_345)
    assert capsys.readouterr().err == "Unpacking: 12,345 bytes\n"


def test_hours_are_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock(monkeypatch)
    with bar("Training", 1_000, "steps") as running:
        clock.now += 20
        running.advance()
    assert re.search(r"5:33:00 left", capsys.readouterr().err)


def test_more_than_all_leaves_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock(monkeypatch)
    with bar("Training", 10, "seconds") as running:
        clock.now += 20
        running.advance(13)
    assert capsys.readouterr().err == "Training: 13/10 seconds (130%), 0:00 left\n"


def test_no_progress_no_promise(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock(monkeypatch)
    with bar("Waiting", 10, "items") as running:
        clock.now += 20
        running.advance(0)
    assert capsys.readouterr().err == "Waiting: 0/10 items (0%)\n"


def test_items_of_different_size_count_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock(monkeypatch)
    for _ in track([[1, 2, 3], [4], [5, 6, 7, 8]], "Writing", 8, "texts", len):
        clock.now += 20
    assert capsys.readouterr().err.splitlines() == [
        "Writing: 3/8 texts (38%), 0:33 left",
        "Writing: 4/8 texts (50%), 0:40 left",
        "Writing: 8/8 texts (100%), 0:00 left",
    ]
