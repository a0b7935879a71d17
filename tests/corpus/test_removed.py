"""No document goes without a reason: records come back from their files as they were, and counts add up."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erya.core.errors import UserError
from erya.corpus.records import Document
from erya.corpus.removed import Removed, RemovedTally, RemovedWriter, read_removed, removed

ROWS = st.lists(
    st.builds(
        Removed,
        id=st.text(st.characters(codec="utf-8"), max_size=5),
        rule=st.sampled_from(["empty", "c4_sentences", "duplicate"]),
        detail=st.just("sentences 2, allowed at least 3"),
        text_bytes=st.integers(0, 99),
        sample=st.just("…"),
    ),
    max_size=12,
)


def write(path: Path, rows: list[Removed]) -> Path:
    with RemovedWriter(path) as writer:
        for row in rows:
            writer.write(row)
    return path


def tally(rows: list[Removed]) -> RemovedTally:
    counted = RemovedTally()
    for row in rows:
        counted.add(row)
    return counted


def test_records_come_back_in_order_and_by_id(tmp_path: Path) -> None:
    rows = [Removed(f"doc:{number}", "empty", "", number, "文") for number in range(5_000)]  # three row groups
    first, second = write(tmp_path / "a.parquet", rows), write(tmp_path / "b.parquet", [rows[7]])
    assert list(read_removed([first])) == rows
    assert list(read_removed([first, second], "doc:7")) == [rows[7], rows[7]]
    assert list(read_removed([first], "doc:5000")) == []
    assert write(tmp_path / "c.parquet", rows).read_bytes() == first.read_bytes()
    assert list(read_removed([write(tmp_path / "empty.parquet", [])])) == []


def test_a_damaged_file_is_said_in_one_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", [])
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(UserError, match=r"a\.parquet: cannot be read"):
        list(read_removed([path]))


def test_a_record_holds_the_beginning_of_the_text_and_its_bytes(tmp_path: Path) -> None:
    row = removed(Document("文" * 1_000 + "\ud83d", "x:1", "x"), "length", "1,001 characters, allowed at most 9")
    assert row == Removed("x:1", "length", "1,001 characters, allowed at most 9", 3_003, "文" * 240)
    half = removed(Document("\ud83d", "x:2", "x"), "length", "")
    assert list(read_removed([write(tmp_path / "a.parquet", [half])])) == [half]


@given(ROWS, ROWS)
def test_two_tallies_together_are_the_tally_of_both(some: list[Removed], more: list[Removed]) -> None:
    together = tally(some)
    together.merge(tally(more).as_json())
    assert together.as_json() == tally(some + more).as_json()
    assert sum(it["documents"] for it in together.as_json().values()) == len(some + more)
    assert all(len(it["samples"]) == min(3, it["documents"]) for it in together.as_json().values())
