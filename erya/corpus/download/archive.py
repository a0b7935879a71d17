"""Unpack a zip or tar archive from the network: nothing outside the folder, no links, and no more than it should be."""

import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from erya.core.errors import UserError
from erya.core.progress import bar
from erya.core.storage import disk_errors, require_space

MAX_EXPANSION = 100  # text packs to a tenth at best; more is a bomb
MAX_MEMBERS = 10_000
CHUNK_BYTES = 1 << 20


def unpack(archive: Path, folder: Path) -> dict[str, int]:
    """Unpack into `folder` all at once or not at all; the files with their sizes in bytes.

    Raises: UserError when the archive is damaged, would write outside the folder or grows beyond all measure.
    """
    limit = archive.stat().st_size * MAX_EXPANSION
    temporary = folder / f".{archive.name}.unpacking"
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        with disk_errors(folder), bar(f"Unpacking {archive.name}", None, "bytes") as running:
            sizes: dict[str, int] = {}
            for name, size, stream in _members(archive):
                path = _inside(temporary, name, archive)
                if sum(sizes.values()) + size > limit or len(sizes) >= MAX_MEMBERS:
                    raise UserError(
                        f"{archive}: unpacks to over {limit:,} bytes or {MAX_MEMBERS:,} files; not unpacked"
                    )
                require_space(folder, size)
                path.parent.mkdir(parents=True, exist_ok=True)
                sizes[name] = _copy(stream, path, size, archive)
                running.advance(sizes[name])
            for entry in sorted(temporary.iterdir()):
                _replace(entry, folder / entry.name)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, NotImplementedError, RuntimeError) as error:
        raise UserError(f"{archive}: cannot be unpacked ({error}); delete it and fetch it again") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return sizes


def _members(archive: Path) -> Iterator[tuple[str, int, IO[bytes]]]:
    """The plain files of an archive with the size that it declares; links and devices are refused."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as packed:
            for info in packed.infolist():
                if not info.is_dir():
                    with packed.open(info) as stream:
                        yield info.filename, info.file_size, stream
        return
    with tarfile.open(archive) as bundle:
        for member in bundle:
            source = bundle.extractfile(member) if member.isreg() else None
            if source is not None:
                yield member.name, member.size, source
            elif not member.isdir():
                raise UserError(f"{archive}: holds '{member.name}', which is no plain file; not unpacked")


def _inside(folder: Path, name: str, archive: Path) -> Path:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or name.startswith("/") or ".." in parts or ":" in parts[0] or "\0" in name:
        raise UserError(f"{archive}: would write to '{name}', outside its folder; not unpacked")
    return folder.joinpath(*parts)


def _copy(stream: IO[bytes], path: Path, size: int, archive: Path) -> int:
    """Copy a member, which must be as long as declared: a longer one is cut short before it fills the disk."""
    written = 0
    with path.open("wb") as target:
        while chunk := stream.read(CHUNK_BYTES):
            written += len(chunk)
            if written > size:
                break
            target.write(chunk)
    if written != size:
        raise UserError(f"{archive}: '{path.name}' is not the {size:,} bytes long that it declares; not unpacked")
    return written


def _replace(source: Path, target: Path) -> None:
    if target.is_dir():
        shutil.rmtree(target)
    source.replace(target)
