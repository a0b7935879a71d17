"""From what a person names (files, folders, `-`) to the files to read and the source that reads each."""

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from erya.core.errors import UserError, did_you_mean
from erya.core.progress import warn
from erya.corpus.opening import InputFile
from erya.corpus.source import Source, looks_like_text, source_of, sources

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read and the source that reads it."""

    file: InputFile
    source: Source


@contextmanager
def gather(inputs: Sequence[str | Path], chosen: str, out: Path) -> Iterator[list[Found]]:
    """Every file of the inputs, folders walked in sorted order; standard input and pipes are first copied to disk.

    Raises: UserError for an input that is missing, empty, unreadable, of no known format or given twice.
    """
    if chosen != "auto" and chosen not in sources():
        raise UserError(f"unknown format '{chosen}'{did_you_mean(chosen, ['auto', *sources()])}")
    if not inputs:
        raise UserError("no input; name files or folders, or - for standard input")
    with tempfile.TemporaryDirectory(prefix="erya-") as temporary:
        found: list[Found] = []
        for number, item in enumerate(inputs):
            found += _expand(str(item), chosen, out, Path(temporary) / str(number))
        _refuse_twice(found)
        _name_apart(found)
        yield found


def _expand(item: str, chosen: str, out: Path, copy: Path) -> list[Found]:
    path = Path(item)
    try:
        if item == STDIN:
            return [_single(InputFile(_copied(sys.stdin.buffer, copy), "stdin"), chosen)]
        if path.is_dir():
            return _folder(path, chosen, out)
        if path.exists() and not path.is_file():  # a pipe: it can be read once only
            with path.open("rb") as stream:
                return [_single(InputFile(_copied(stream, copy), path.name), chosen)]
        path.stat()
    except FileNotFoundError:
        nearby = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, nearby)
        raise UserError(f"{item}: no such file or folder{hint if 'did you mean' in hint else ''}") from None
    except OSError as error:
        raise UserError(f"{item}: cannot be read ({error.strerror})") from None
    return [_single(InputFile(path, path.name), chosen)]


def _copied(stream: BinaryIO, to: Path) -> Path:
    with to.open("wb") as target:
        shutil.copyfileobj(stream, target)
    return to


def _single(file: InputFile, chosen: str) -> Found:
    if file.path.stat().st_size == 0:
        raise UserError(f"{file.name}: is empty; nothing to read")
    source = source_of(file, chosen)
    if chosen == "auto" and _is_index(file.path):
        raise UserError(
            f"{file.name}: is the index of a multistream dump, which is not needed; give the dump, an .xml.bz2 file"
        )
    if source is None:
        if not looks_like_text(file.head()):
            raise UserError(f"{file.name}: is of no known format; choose one with --format: {', '.join(sources())}")
        source = sources()["text"]
    return Found(file, source)


def _folder(folder: Path, chosen: str, out: Path) -> list[Found]:
    found, other = [], []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        inside_out = path.is_relative_to(out) or path.resolve().is_relative_to(out.resolve())
        if any(part.startswith(".") for part in name.parts) or inside_out or not path.is_file():
            continue
        file = InputFile(path, name.as_posix())
        source = source_of(file, chosen) if path.stat().st_size and not _is_index(path) else None
        if source is None:
            other.append(name.as_posix())
        else:
            found.append(Found(file, source))
    if not found:
        suffixes = ", ".join(sorted(suffix for source in sources().values() for suffix in source.suffixes))
        raise UserError(f"{folder}: holds no usable file (others: {len(other)}); looked for: {suffixes}")
    if other:
        shown = ", ".join(other[:3]) + (", …" if len(other) > 3 else "")
        warn(f"{folder}: left out, empty or of no known format ({len(other):,}): {shown}")
    return found


def _is_index(path: Path) -> bool:
    """Whether a file lists where the streams of a dump begin, by the name that Wikimedia gives such files."""
    return "-multistream-index" in path.name


def _refuse_twice(found: Iterable[Found]) -> None:
    seen: set[Path] = set()
    for entry in found:
        real = entry.file.path.resolve()
        if real in seen:
            raise UserError(f"{entry.file.path}: given twice; name each input once")
        seen.add(real)


def _name_apart(found: Iterable[Found]) -> None:
    """Give a later file of the same name a number, so that names and ids are unique."""
    used: set[str] = set()
    for entry in found:
        name, number = entry.file.name, 2
        while entry.file.name in used:
            entry.file.name, number = f"{name}~{number}", number + 1
        used.add(entry.file.name)
