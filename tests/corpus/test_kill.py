"""A build killed at any moment goes on where it was, to the same bytes; foreign leftovers are never mixed in."""

from pathlib import Path

import pytest

from erya.core.errors import RunFailed
from erya.corpus.build import BuildOptions, build_corpus
from erya.corpus.runner import LocalRunner
from erya.corpus.work import work_path
from tests.corpus.dumps import packed, pages
from tests.corpus.kill_and_continue import bytes_of, check

OPTIONS = BuildOptions(part_bytes=20_000)


def test_a_killed_build_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    check(tmp_path, kills=2, page_count=200, processes=1)


@pytest.mark.slow
def test_thirty_kills_change_no_byte(tmp_path: Path) -> None:
    places = check(tmp_path, kills=30, page_count=2_000, processes=2)
    assert places.total() == 30
    assert places["reading"] >= 10


def stop_in(stage: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Build, and fail, with the work kept, at the third item of a stage."""
    real = LocalRunner.map

    def failing(self, task, items, title, sizes, done=0):  # type: ignore[no-untyped-def]
        for number, result in enumerate(real(self, task, items, title, sizes, done)):
            if title == stage and number == 2:
                raise RunFailed("the disk is full")
            yield result

    with monkeypatch.context() as context:
        context.setattr(LocalRunner, "map", failing)
        context.setattr("erya.corpus.assemble.SHARD_CHARACTERS", 100_000)
        with pytest.raises(RunFailed, match="the disk is full"):
            build_corpus([folder / "d.xml.bz2"], folder / "c", OPTIONS)


def test_what_is_done_is_not_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d.xml.bz2").write_bytes(packed("single", pages(300)))
    stop_in("Reading", monkeypatch, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in work_path(tmp_path / "c").glob("reading/*/result.json")}
    assert len(before) == 3
    stop_in("Writing", monkeypatch, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert "going on with an unfinished build" in capsys.readouterr().err
    assert not (tmp_path / "c").exists()


def test_an_unfinished_build_of_other_options_is_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d.xml.bz2").write_bytes(packed("single", pages(300)))
    stop_in("Reading", monkeypatch, tmp_path)
    others = BuildOptions(part_bytes=20_000, licence="CC0")
    build_corpus([tmp_path / "d.xml.bz2"], tmp_path / "c", others)
    assert "an unfinished build of other inputs or options is thrown away" in capsys.readouterr().err
    build_corpus([tmp_path / "d.xml.bz2"], tmp_path / "alone", others)
    assert bytes_of(tmp_path / "c") == bytes_of(tmp_path / "alone")
    assert not work_path(tmp_path / "c").exists()


def test_two_builds_do_not_write_one_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("some text")
    real = LocalRunner.map

    def second(self, *arguments):  # type: ignore[no-untyped-def]
        with pytest.raises(RunFailed, match="another build is writing it"):
            build_corpus([tmp_path / "a.txt"], tmp_path / "c", BuildOptions(validation_fraction=0, test_fraction=0))
        return real(self, *arguments)

    monkeypatch.setattr(LocalRunner, "map", second)
    build_corpus([tmp_path / "a.txt"], tmp_path / "c", BuildOptions(validation_fraction=0, test_fraction=0))


def test_the_number_of_processes_and_the_compression_change_no_byte(tmp_path: Path) -> None:
    body = pages(200)
    (tmp_path / "d.xml").write_bytes(packed("plain", body))
    build_corpus([tmp_path / "d.xml"], tmp_path / "one", OPTIONS)
    build_corpus([tmp_path / "d.xml"], tmp_path / "three", OPTIONS, LocalRunner(3))
    expected = bytes_of(tmp_path / "one")
    assert bytes_of(tmp_path / "three") == expected
    (tmp_path / "d.xml").write_bytes(packed("multistream", body))
    build_corpus([tmp_path / "d.xml"], tmp_path / "compressed", OPTIONS)
    again = bytes_of(tmp_path / "compressed")
    assert {name: again[name] for name in again if name.endswith(".parquet")} == {
        name: expected[name] for name in expected if name.endswith(".parquet")
    }  # the card names the inputs
