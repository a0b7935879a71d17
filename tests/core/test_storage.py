"""Bytes that survive: replaced whole or not at all, digests as published, disk errors in one line."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from erya.core.errors import RunFailed, UserError
from erya.core.storage import (
    disk_errors,
    free_bytes,
    read_json,
    require_space,
    sha256_file,
    sha256_json,
    write_atomic,
    write_json,
)

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def test_digests_are_those_of_the_standard(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_file(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_json_digest_does_not_hang_on_order_or_spacing() -> None:
    assert sha256_json({"a": 1, "b": [1, 2], "é": None}) == sha256_json(json.loads('{"é": null, "b": [1,2], "a": 1}'))
    assert sha256_json({"a": 1}) != sha256_json({"a": 1.5})


def test_writing_replaces_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"old")
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_json_is_read_as_written(tmp_path: Path) -> None:
    value = {"尔雅": [1, 2.5, None, "x\n"], "nested": {"a": True}}
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value
    assert "尔雅" in (tmp_path / "a.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe\x00"])
def test_bad_json_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(UserError, match=r"a\.json: not readable as JSON"):
        read_json(tmp_path / "a.json")
    with pytest.raises(UserError, match=r"b\.json: no such file"):
        read_json(tmp_path / "b.json")


def limited(body: str, limit_bytes: int) -> subprocess.CompletedProcess[str]:
    """Run code that may not write a file longer than that, as on a full disk."""
    lead = (
        "import resource, signal\nfrom pathlib import Path\nfrom erya.core import storage, manifest\n"
        "from erya.core.errors import UserError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit_bytes}, {limit_bytes}))\n"
    )
    caught = f"try:\n    {body}\nexcept UserError as error:\n    print(error.exit_code, error)\n"
    return subprocess.run([sys.executable, "-c", lead + caught], capture_output=True, text=True, check=True)


def test_a_full_disk_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"old")
    ran = limited(f"storage.write_atomic(Path({str(path)!r}), bytes(5_000_000))", 1_000_000)
    assert ran.stdout.startswith(f"1 {path}: disk full: 5,000,000 bytes needed, ")
    assert "free; free some space" in ran.stdout
    assert ran.stdout.count("\n") == 1
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_full_disks_of_every_kind_are_a_failed_run(number: int, tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match=r"disk full: [\d,]+ free"), disk_errors(tmp_path / "not" / "yet"):
        raise OSError(number, "full")


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_place_that_cannot_be_written_is_the_users_to_change(number: int, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be written .*--out") as caught, disk_errors(tmp_path):
        raise OSError(number, os.strerror(number))
    assert caught.value.exit_code == 2


def test_other_errors_pass_unchanged(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="broken") as caught, disk_errors(tmp_path):
        raise OSError(errno.EIO, "broken")
    assert type(caught.value) is OSError


def test_a_read_only_folder(tmp_path: Path) -> None:
    """Root may write everywhere on a disk, but nobody into the kernel's own folder."""
    folder = Path("/sys/kernel") if ROOT else tmp_path / "closed"
    if ROOT and not folder.is_dir():
        pytest.skip("no folder that root may not write")
    if not ROOT:
        folder.mkdir(mode=0o555)
    with pytest.raises(UserError, match="cannot be written"):
        write_atomic(folder / "file", b"x")


def test_space_is_asked_for_before_it_is_used(tmp_path: Path) -> None:
    require_space(tmp_path / "a" / "b", 1)
    with pytest.raises(RunFailed, match=r"1,000,000,000,000,000,000 bytes needed, [\d,]+ free"):
        require_space(tmp_path, 10**18)
    assert free_bytes(tmp_path / "none" / "such") == pytest.approx(free_bytes(tmp_path), rel=0.05)
