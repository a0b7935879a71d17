"""Bytes that survive: checksums, atomic replacement, fsync, and disk errors said in one line."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from erya.core.errors import RunFailed, UserError


def sha256_file(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_json(value: Any) -> str:
    """The sha256 of a value's canonical JSON (sorted keys, no spaces), in hexadecimal."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def fsync_path(path: Path) -> None:
    """Force a file, or a directory's entries, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomic(path: Path, data: bytes) -> None:
    """Replace a file so that a reader sees the whole old one or the whole new one, whenever the power goes."""
    temporary = path.with_name(f".{path.name}.tmp")
    with disk_errors(path, needed_bytes=len(data)):
        with temporary.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        fsync_path(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON atomically."""
    write_atomic(path, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises: UserError when it is missing or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not readable as JSON ({error})") from None


def free_bytes(path: Path) -> int:
    """Bytes free on the disk that holds `path` (or its closest existing parent)."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def require_space(path: Path, needed_bytes: int) -> None:
    """Raise RunFailed naming the bytes needed and free when `needed_bytes` do not fit."""
    free = free_bytes(path)
    if free < needed_bytes:
        raise RunFailed(f"{path}: disk full: {needed_bytes:,} bytes needed, {free:,} free; free some space and resume")


@contextmanager
def disk_errors(path: Path, needed_bytes: int | None = None) -> Iterator[None]:
    """Say a full disk or a read-only place in one line; every other error passes unchanged."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            need = f"{needed_bytes:,} bytes needed, " if needed_bytes else ""
            free = f"{free_bytes(path):,} free"
            raise RunFailed(f"{path}: disk full: {need}{free}; free some space and run again") from None
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise UserError(f"{path}: cannot be written ({error.strerror}); choose another output with --out") from None
        raise
