"""Getting a set: checked against what is known, else trusted once and held to it; a dump by its published digest."""

import dataclasses
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import click.testing
import pytest

from erya.cli import cli
from erya.core.errors import UserError
from erya.corpus.download import sets
from erya.corpus.download.fetch import digest_of
from erya.corpus.download.get import get
from erya.corpus.download.sets import PublicSet, RemoteFile
from tests.corpus.local_server import Site, serving

WAIT_SECONDS = 0.01
DATA = Path(__file__).parents[3] / "shared" / "data"
TEXT = b"a paragraph of text\n" * 100


def packed() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("set/train.txt", TEXT)
    return stream.getvalue()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with serving() as running:
        running.files |= {"/a/new.txt": TEXT, "/a/known.txt": TEXT, "/a/set.zip": packed()}
        known = f"sha256:{hashlib.sha256(TEXT).hexdigest()}"
        files = (
            RemoteFile("https://host.invalid/a/new.txt"),
            RemoteFile("https://host.invalid/a/known.txt", known, len(TEXT)),
            RemoteFile("https://host.invalid/a/set.zip"),
        )
        small = PublicSet("small", "Small", "en", "CC0", "Nobody 2026", "text", files, "build {folder}")
        monkeypatch.setattr(sets, "SETS", (small,))
        yield running


def fetch_small(site: Site, folder: Path) -> dict[str, dict[str, object]]:
    return get("small", folder, site.url, wait_seconds=WAIT_SECONDS).files


def test_a_set_arrives_and_is_not_fetched_twice(site: Site, tmp_path: Path) -> None:
    first = fetch_small(site, tmp_path)
    assert [asked[0] for asked in site.asked] == ["/a/new.txt", "/a/known.txt", "/a/set.zip"]
    assert (tmp_path / "set" / "train.txt").read_bytes() == TEXT
    assert first["known.txt"]["checked_against"] == f"sha256:{hashlib.sha256(TEXT).hexdigest()}"
    assert "first download" in str(first["new.txt"]["checked_against"])
    assert fetch_small(site, tmp_path) == first
    assert len(site.asked) == 3


def test_the_first_download_is_held_to(site: Site, tmp_path: Path) -> None:
    fetch_small(site, tmp_path)
    (tmp_path / "new.txt").write_bytes(b"changed here")
    with pytest.raises(UserError, match="delete it and run again"):
        fetch_small(site, tmp_path)
    (tmp_path / "new.txt").unlink()
    site.files["/a/new.txt"] = TEXT.upper()
    with pytest.raises(UserError, match=r"not kept; if it was rightly renewed, delete its entry in .*digests\.json"):
        fetch_small(site, tmp_path)
    site.files["/a/new.txt"] = TEXT
    fetch_small(site, tmp_path)
    assert (tmp_path / "new.txt").read_bytes() == TEXT


def test_a_file_put_there_by_hand_is_checked(site: Site, tmp_path: Path) -> None:
    (tmp_path / "known.txt").write_bytes(TEXT)
    fetch_small(site, tmp_path)
    assert "/a/known.txt" not in [asked[0] for asked in site.asked]
    (tmp_path / "known.txt").write_bytes(TEXT[:-1])
    with pytest.raises(UserError, match="1,999 bytes long, expected 2,000"):
        fetch_small(site, tmp_path)


def test_lost_unpacked_files_are_unpacked_again(site: Site, tmp_path: Path) -> None:
    fetch_small(site, tmp_path)
    (tmp_path / "set" / "train.txt").unlink()
    fetch_small(site, tmp_path)
    assert (tmp_path / "set" / "train.txt").read_bytes() == TEXT
    assert len(site.asked) == 3


def test_a_broken_record(site: Site, tmp_path: Path) -> None:
    (tmp_path / "digests.json").write_text("[1]")
    with pytest.raises(UserError, match="not a record of downloads"):
        fetch_small(site, tmp_path)


@pytest.mark.parametrize("date", ["latest", "20261101"])
def test_wikipedia_is_checked_by_its_published_digest(date: str, tmp_path: Path) -> None:
    name = "zhwiki-20261101-pages-articles.xml.bz2"
    sums = f"{'0' * 32}  zhwiki-20261101-pages-articles1.xml-p1p9.bz2\n{hashlib.md5(TEXT).hexdigest()}  {name}\n"
    with serving() as site:
        site.files = {f"/zhwiki/{date}/zhwiki-{date}-md5sums.txt": sums.encode(), f"/zhwiki/20261101/{name}": TEXT}
        received = get("wikipedia", tmp_path, site.url, "zh", date, WAIT_SECONDS)
        assert (tmp_path / name).read_bytes() == TEXT
        assert received.files[name]["checked_against"] == f"md5:{hashlib.md5(TEXT).hexdigest()}"
        assert f"corpus build {tmp_path}/{name}" in str(received.as_json()["next"])
        site.files[f"/zhwiki/20261101/{name}"] = b"other"
        with pytest.raises(UserError, match="digest"):
            get("wikipedia", tmp_path / "again", site.url, "zh", date, WAIT_SECONDS)


def test_an_unfinished_dump() -> None:
    with serving() as site:
        site.files = {"/zh_yuewiki/latest/zh_yuewiki-latest-md5sums.txt": b"abc  other.sql.gz\n"}
        with pytest.raises(UserError, match="no finished pages-articles"):
            get("wikipedia", None, site.url, "zh-yue", None, WAIT_SECONDS)


@pytest.mark.parametrize(
    ("name", "language", "date", "message"),
    [
        ("wikitex", None, None, "did you mean 'wikitext-"),
        ("wikipedia", "../x", None, "expected a Wikipedia's code"),
        ("wikipedia", "en", "2026-11-01", "expected latest or YYYYMMDD"),
        ("squad", "en", None, "only wikipedia has"),
    ],
)
def test_wrong_names(name: str, language: str | None, date: str | None, message: str) -> None:
    with pytest.raises(UserError, match=message):
        get(name, None, "http://127.0.0.1:1", language, date, WAIT_SECONDS)


def test_the_table_is_well_formed() -> None:
    assert len(set(sets.names())) == len(sets.names())
    for entry in sets.SETS:
        assert len({file.name for file in entry.files}) == len(entry.files) > 0
        assert all(dataclasses.astuple(entry)[:6]), f"{entry.name}: something about it is not said"
        for file in entry.files:
            assert file.url.startswith("https://")
            assert file.digest is None or re.fullmatch(r"sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", file.digest)
        command = entry.next_command("FOLDER")
        assert command is None or "{" not in command


@pytest.mark.skipif(not DATA.exists(), reason="needs the shared data folder")
def test_digests_are_those_of_the_very_files() -> None:
    here = {path.name: path for path in DATA.rglob("*") if path.is_file()}
    checked = 0
    for entry in sets.SETS:
        for file in entry.files:
            path = here.get(file.name)
            if path and file.digest and path.parent.name.startswith(entry.name.replace("-", "")[:6]):
                assert digest_of(path, file.digest.partition(":")[0]) == file.digest, path
                assert path.stat().st_size == file.size_bytes
                checked += 1
    assert checked == 18


def test_the_command(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERYA_MIRROR", site.url)
    runner = click.testing.CliRunner()
    told = runner.invoke(cli, ["corpus", "get", "small", "--out", str(tmp_path)], catch_exceptions=False)
    assert told.exit_code == 0
    assert "licence: CC0" in told.stdout
    assert "cite: Nobody 2026" in told.stdout
    assert f"next: build {tmp_path}" in told.stdout
    told = runner.invoke(cli, ["corpus", "get", "small", "--out", str(tmp_path), "--json"], catch_exceptions=False)
    assert set(json.loads(told.stdout)["files"]) == {"new.txt", "known.txt", "set.zip"}
    told = runner.invoke(cli, ["corpus", "get", "--list", "--json"], catch_exceptions=False)
    assert [entry["name"] for entry in json.loads(told.stdout)] == ["small", "wikipedia"]
    assert isinstance(runner.invoke(cli, ["corpus", "get"]).exception, UserError)
