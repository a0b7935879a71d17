"""Unpacking: everything or nothing, nothing outside the folder, no bombs."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from erya.core.errors import UserError
from erya.corpus.download.archive import MAX_EXPANSION, unpack


def make_zip(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return path


def make_tar(path: Path, members: dict[str, bytes], link: str | None = None) -> Path:
    with tarfile.open(path, "w:gz") as packed:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            packed.addfile(info, io.BytesIO(data))
        if link:
            info = tarfile.TarInfo("link")
            info.type, info.linkname = tarfile.SYMTYPE, link
            packed.addfile(info)
    return path


MEMBERS = {"set/train.txt": b"one two three\n" * 50, "set/deep/test.txt": "尔雅\n".encode()}


@pytest.mark.parametrize(("make", "name"), [(make_zip, "a.zip"), (make_tar, "a.tar.gz")])
def test_unpacks_and_unpacks_again(make: object, name: str, tmp_path: Path) -> None:
    archive = make(tmp_path / name, MEMBERS)  # type: ignore[operator]
    for _ in range(2):
        sizes = unpack(archive, tmp_path)
        assert sizes == {name: len(data) for name, data in MEMBERS.items()}
        assert {name: (tmp_path / name).read_bytes() for name in MEMBERS} == MEMBERS
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted([archive.name, "set"])


@pytest.mark.parametrize("evil", ["../out.txt", "/tmp/out.txt", "set/../../out.txt", "..\\out.txt", "C:\\out.txt"])
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_nothing_is_written_outside(make: object, evil: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    archive = make(folder / ("a.zip" if make is make_zip else "a.tar.gz"), {"fine.txt": b"x", evil: b"evil"})  # type: ignore[operator]
    with pytest.raises(UserError, match="outside its folder"):
        unpack(archive, folder)
    assert [path.name for path in tmp_path.rglob("*.txt")] == []


def test_links_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no plain file"):
        unpack(make_tar(tmp_path / "a.tar.gz", {"x": b"y"}, link="/etc/passwd"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


@pytest.mark.parametrize(("make", "name"), [(make_zip, "bomb.zip"), (make_tar, "bomb.tar.gz")])
def test_a_bomb_is_not_unpacked(make: object, name: str, tmp_path: Path) -> None:
    archive = make(tmp_path / name, {"zeros.txt": bytes(20_000_000)})  # type: ignore[operator]
    assert archive.stat().st_size * MAX_EXPANSION < 20_000_000
    with pytest.raises(UserError, match="not unpacked"):
        unpack(archive, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_bomb_that_lies_about_its_size(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "bomb.zip", {"zeros.txt": bytes(20_000_000)})
    declared = (20_000_000).to_bytes(4, "little")
    raw = archive.read_bytes()
    assert raw.count(declared) == 2
    archive.write_bytes(raw.replace(declared, (1_000).to_bytes(4, "little")))
    with pytest.raises(UserError, match=r"cannot be unpacked|not the 1,000 bytes"):
        unpack(archive, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["bomb.zip"]


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_a_damaged_archive(name: str, tmp_path: Path) -> None:
    archive = (make_zip if name == "a.zip" else make_tar)(tmp_path / name, {"x": bytes(range(256)) * 99})
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    with pytest.raises(UserError, match="delete it and fetch it again"):
        unpack(archive, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
