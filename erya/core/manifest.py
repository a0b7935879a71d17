"""Every stage writes a directory with a manifest; a half-written one is never mistaken for a whole one.

A stage works in a temporary directory beside its output. When its body ends, every file is fsynced and hashed, the
manifest is written last, and the directory is renamed into place. A stage whose manifest matches its inputs and
configuration is current and is skipped by its command.
"""

import platform
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from erya import __version__
from erya.core.config import Section
from erya.core.errors import UserError
from erya.core.storage import disk_errors, fsync_path, read_json, sha256_file, sha256_json, write_json

NAME = "manifest.json"


class FileEntry(Section):
    """One file of a stage: its size and the sha256 of its bytes."""

    size_bytes: int
    sha256: str


class Manifest(Section):
    """What a stage read, how it was configured and what it wrote."""

    stage: str
    inputs: dict[str, str]
    config: dict[str, Any]
    counts: dict[str, Any]
    files: dict[str, FileEntry]
    versions: dict[str, str]
    seconds: float
    created: str

    @property
    def sha256(self) -> str:
        """The identity of the stage's content: its files' digests, not its time or place."""
        return sha256_json({name: entry.sha256 for name, entry in self.files.items()})


@dataclass
class Stage:
    """A stage being written: put files under `path` and figures into `counts`."""

    path: Path
    counts: dict[str, Any] = field(default_factory=dict)


def read_manifest(directory: Path, stage: str) -> Manifest:
    """The manifest of a finished stage.

    Raises: UserError when the directory is missing, unfinished or of another stage.
    """
    if not directory.is_dir():
        raise UserError(f"{directory}: no such directory; expected the output of the {stage} stage")
    if not (directory / NAME).is_file():
        raise UserError(f"{directory}: has no {NAME}, so it is not a finished {stage}; build it first")
    try:
        manifest = Manifest.model_validate(read_json(directory / NAME))
    except ValidationError as error:
        raise UserError(f"{directory / NAME}: not an Erya manifest ({error.error_count()} errors)") from None
    if manifest.stage != stage:
        raise UserError(f"{directory}: is a {manifest.stage}, expected a {stage}")
    return manifest


def verify(directory: Path, stage: str) -> Manifest:
    """Read a manifest and check every file's size and sha256.

    Raises: UserError naming the first file that differs.
    """
    manifest = read_manifest(directory, stage)
    for name, entry in manifest.files.items():
        path = directory / name
        if not path.is_file() or path.stat().st_size != entry.size_bytes:
            raise UserError(f"{path}: missing or not {entry.size_bytes:,} bytes long; build the {stage} again")
        got = sha256_file(path)
        if got != entry.sha256:
            raise UserError(f"{path}: sha256 is {got[:12]}…, expected {entry.sha256[:12]}…; build the {stage} again")
    return manifest


def is_current(directory: Path, stage: str, inputs: Mapping[str, str], config: Mapping[str, Any]) -> bool:
    """Whether the stage in `directory` was made from just these inputs and this configuration."""
    try:
        manifest = read_manifest(directory, stage)
    except UserError:
        return False
    return manifest.inputs == dict(inputs) and sha256_json(manifest.config) == sha256_json(dict(config))


@contextmanager
def writing(out: Path, stage: str, inputs: Mapping[str, str], config: Mapping[str, Any]) -> Iterator[Stage]:
    """Write a stage's directory as one act: all of it appears, with its manifest, or none of it.

    Raises: UserError when `out` holds something that is not an earlier output of the same stage.
    """
    _refuse_foreign(out, stage)
    temporary = out.with_name(f".{out.name}.tmp")
    start = time.monotonic()
    with disk_errors(out):
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
    try:
        with disk_errors(out):
            work = Stage(temporary)
            yield work
            _seal(work, stage, inputs, config, time.monotonic() - start)
            _replace(temporary, out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _refuse_foreign(out: Path, stage: str) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        try:
            read_manifest(out, stage)
        except UserError as error:
            raise UserError(f"{error}; choose another --out, nothing was overwritten") from None


def _seal(work: Stage, stage: str, inputs: Mapping[str, str], config: Mapping[str, Any], seconds: float) -> None:
    entries = {}
    for path in sorted(work.path.rglob("*")):
        if path.is_file():
            fsync_path(path)
            entry = FileEntry(size_bytes=path.stat().st_size, sha256=sha256_file(path))
            entries[path.relative_to(work.path).as_posix()] = entry
    manifest = Manifest(
        stage=stage,
        inputs=dict(inputs),
        config=dict(config),
        counts=work.counts,
        files=entries,
        versions=versions(),
        seconds=round(seconds, 3),
        created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    )
    write_json(work.path / NAME, manifest.model_dump())


def _replace(temporary: Path, out: Path) -> None:
    old = out.with_name(f".{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    temporary.rename(out)
    fsync_path(out.parent)
    shutil.rmtree(old, ignore_errors=True)


def versions() -> dict[str, str]:
    """Versions that can change a result: Erya, Python and the libraries that compute."""
    system = f"{platform.system()} {platform.machine()}"
    found = {"erya": __version__, "python": platform.python_version(), "system": system}
    for name in ("torch", "numpy", "tokenizers", "tiktoken", "pyarrow", "safetensors"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
