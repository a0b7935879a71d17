"""A public set in a folder: each file fetched once, checked against its digest, unpacked, and remembered.

`digests.json` beside the files holds what came: for a file whose digest is not known beforehand, the first download is
trusted and every later one must be the same.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from erya.core.errors import UserError
from erya.core.progress import say
from erya.core.storage import read_json, write_json
from erya.corpus.download import sets
from erya.corpus.download.archive import unpack
from erya.corpus.download.fetch import digest_of, fetch, mirrored, mismatch
from erya.corpus.download.sets import PublicSet, RemoteFile
from erya.corpus.download.wikipedia import wikipedia

RECORD = "digests.json"


@dataclass(frozen=True, slots=True)
class Received:
    """A set that is here: its folder, and for each file its sha256 and what it was checked against."""

    chosen: PublicSet
    folder: Path
    files: dict[str, dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """The same for machines."""
        about = {
            key: getattr(self.chosen, key) for key in ("name", "title", "languages", "licence", "citation", "format")
        }
        return about | {
            "folder": str(self.folder),
            "files": self.files,
            "next": self.chosen.next_command(str(self.folder)),
        }


def get(
    name: str,
    out: Path | None = None,
    mirror: str | None = None,
    language: str | None = None,
    date: str | None = None,
    wait_seconds: float = 1.0,
) -> Received:
    """Bring a public set into a folder (default `data/raw/NAME`); files that are there and right are not fetched again.

    Raises: UserError when a file is not to be had, is another than expected, or the name is unknown.
    """
    chosen = sets.find(name)
    if chosen is sets.WIKIPEDIA:
        chosen = wikipedia(language or "en", date or "latest", mirror, wait_seconds)
    elif language or date:
        raise UserError(f"{name}: has no --language or --date; only wikipedia has")
    folder = out or Path("data/raw") / name
    record = _read_record(folder)
    for remote in chosen.files:
        record[remote.name] = _get_file(remote, folder, record.get(remote.name), mirror, wait_seconds)
        write_json(folder / RECORD, record)
    return Received(chosen, folder, {remote.name: record[remote.name] for remote in chosen.files})


def _read_record(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / RECORD
    record = read_json(path) if path.is_file() else {}
    if not isinstance(record, dict) or not all(isinstance(entry, dict) for entry in record.values()):
        raise UserError(f"{path}: not a record of downloads; delete it to trust the files as they are")
    return record


def _get_file(
    remote: RemoteFile, folder: Path, known: dict[str, Any] | None, mirror: str | None, wait_seconds: float
) -> dict[str, Any]:
    path = folder / remote.name
    entry = dict(known or {})
    if path.is_file():
        _refuse_other(path, remote, entry)
        say(f"{path}: already here")
    else:
        hint = (
            f"if it was rightly renewed, delete its entry in {folder / RECORD}" if entry and not remote.digest else ""
        )
        fetch(_expected(remote, entry), path, mirrored(remote.url, mirror), wait_seconds, hint)
    if not entry:
        entry = {
            "url": remote.url,
            "sha256": digest_of(path).removeprefix("sha256:"),
            "size_bytes": path.stat().st_size,
            "checked_against": remote.digest or "nothing: first download, trusted and checked from now on",
            "recorded": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
    if remote.is_archive and not _unpacked(folder, entry):
        entry["unpacked"] = unpack(path, folder)
    return entry


def _expected(remote: RemoteFile, entry: dict[str, Any]) -> RemoteFile:
    """The file with the digest that it must have: the one known beforehand, else that of the first download."""
    if remote.digest or not entry:
        return remote
    return RemoteFile(remote.url, f"sha256:{entry['sha256']}", entry["size_bytes"])


def _refuse_other(path: Path, remote: RemoteFile, entry: dict[str, Any]) -> None:
    problem = mismatch(path, _expected(remote, entry))
    if problem:
        raise UserError(f"{path}: {problem}; delete it and run again to fetch it anew")


def _unpacked(folder: Path, entry: dict[str, Any]) -> bool:
    sizes: dict[str, int] = entry.get("unpacked", {})
    return bool(sizes) and all(
        (folder / name).is_file() and (folder / name).stat().st_size == size for name, size in sizes.items()
    )
