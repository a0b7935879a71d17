"""Bytes in: one opener for plain, gzip, bzip2, xz and zstandard files, and their lines as text.

The compression is told by the first bytes, never by the name. A file that ends in the middle of a compressed stream
raises `DamagedInput` after every byte before the damage has been given.
"""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from erya.core.errors import UserError

MAX_RECORD_BYTES = 32 * 2**20
CUT_BYTES = 16_384
REPLACED = "bytes that are not UTF-8, replaced by U+FFFD"
MAX_EXPANSION = 250  # text compresses 3 to 20 times, logs and the like up to 100 times
FREE_EXPANSION_BYTES = 256 * 2**20


class DamagedInput(UserError):  # noqa: N818 - it says what is wrong with the input
    """An input that is cut off or not what its first bytes promise; everything before the damage was read."""


@dataclass(slots=True)
class InputFile:
    """A file to read, or the part of it that begins in the bytes from `start` to `end` (None: the end of the file).

    `name` is what ids and messages call it, `position` the bytes of it consumed so far, `notes` what a person should
    know about what was read. Only formats that can be cut are read in parts. `definitions` is a JSON file of what the
    whole file defines, collected before.
    """

    path: Path
    name: str
    start: int = 0
    end: int | None = None
    definitions: Path | None = None
    position: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def open(self) -> io.BufferedReader:
        """The file's decompressed bytes.

        Raises: UserError when it cannot be opened; DamagedInput, while reading, when it is cut off or corrupt.
        """
        try:
            raw = self.path.open("rb")
            method = _method(raw)
        except OSError as error:
            raise UserError(f"{self.name}: cannot be read ({error.strerror})") from None
        stream = _Plain(self, raw) if method is None else _Decompressed(self, raw, method)
        return io.BufferedReader(stream, 2**18)

    def compression(self, raw: BinaryIO) -> str | None:
        """How the opened file is compressed, told by its first bytes; None: it is not."""
        method = _method(raw)
        return method.name if method else None

    def head(self, size: int = 4096) -> bytes:
        """The first decompressed bytes; fewer when the file is shorter or damaged."""
        with self.open() as stream:
            try:
                return stream.read1(size)
            except DamagedInput:
                return b""
            finally:
                self.position = 0

    def leave_out(self, reason: str) -> None:
        """Count one record that is not passed on."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1

    def refuse_bomb(self, read_bytes: int, text_bytes: int) -> None:
        """Stop where a few bytes became very many.

        Raises: UserError when `read_bytes` of the file gave more text than any text compresses to.
        """
        if text_bytes > FREE_EXPANSION_BYTES and text_bytes > MAX_EXPANSION * read_bytes:
            raise UserError(
                f"{self.name}: {read_bytes:,} bytes of it give more than {text_bytes:,}, over {MAX_EXPANSION} times as"
                " many, as decompression bombs do; decompress it yourself if it is meant, and give the result"
            )


def _zstandard() -> Any:
    import zstandard

    return zstandard.ZstdDecompressor().decompressobj()


@dataclass(frozen=True, slots=True)
class _Method:
    """A compression; `chunk` input bytes are so few that even the densest bomb gives less than 100 MB at once."""

    name: str
    magic: bytes
    start: Callable[[], Any]
    chunk: int


_METHODS = (
    _Method("gzip", b"\x1f\x8b", lambda: zlib.decompressobj(wbits=31), 65_536),
    _Method("bzip2", b"BZh", bz2.BZ2Decompressor, 4_096),
    _Method("xz", b"\xfd7zXZ\x00", lzma.LZMADecompressor, 4_096),
    _Method("zstandard", b"\x28\xb5\x2f\xfd", _zstandard, 1_024),
)


def _method(raw: BinaryIO) -> _Method | None:
    raw.seek(0)
    magic = raw.read(6)
    raw.seek(0)
    return next((method for method in _METHODS if magic.startswith(method.magic)), None)


class _Plain(io.RawIOBase):
    """The bytes as they are, with the position noted."""

    def __init__(self, file: InputFile, raw: BinaryIO) -> None:
        self.file, self.raw = file, raw

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.raw.close()
        super().close()

    def take(self, size: int) -> bytes:
        try:
            data = self.raw.read(size)
        except OSError as error:
            raise UserError(f"{self.file.name}: cannot be read ({error.strerror})") from None
        self.file.position += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.take(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Decompressed(_Plain):
    """The decompressed bytes of one or more streams in a row."""

    def __init__(self, file: InputFile, raw: BinaryIO, method: _Method) -> None:
        super().__init__(file, raw)
        self.method = method
        self.engine: Any = None
        self.rest = b""
        self.ready = memoryview(b"")
        self.given = 0

    def readinto(self, buffer: Any) -> int:
        while not self.ready:
            data = self.rest or self.take(self.method.chunk)
            self.rest = b""
            if not data and self.engine is None:
                return 0
            if not data:
                raise DamagedInput(
                    f"{self.file.name}: cut off: the {self.method.name} data ends after {self.file.position:,} bytes,"
                    " in the middle of a stream; fetch or copy the file again"
                )
            self._feed(data)
        count = min(len(buffer), len(self.ready))
        buffer[:count] = self.ready[:count]
        self.ready = self.ready[count:]
        return count

    def _feed(self, data: bytes) -> None:
        if self.engine is None:
            data = data.lstrip(b"\0")  # tapes and some tools pad the end with zeros
            if not data:
                return
            self.engine = self.method.start()
        try:
            self.ready = memoryview(self.engine.decompress(data))
        except Exception as error:  # noqa: BLE001 - each library has its own error class
            raise DamagedInput(
                f"{self.file.name}: corrupt {self.method.name} data near byte {self.file.position:,} ({error})"
            ) from None
        self.given += len(self.ready)
        self.file.refuse_bomb(self.file.position, self.given)
        if self.engine.eof:
            self.rest, self.engine = self.engine.unused_data, None


def read_lines(file: InputFile, encoding_errors: str, cut_long: bool = False) -> Iterator[tuple[int, str]]:
    """The lines of a UTF-8 file with their numbers from 1, line ends kept; with `cut_long` a long line in pieces.

    Raises: UserError for a line over 32 MiB, and for bytes that are not UTF-8 unless they are skipped or replaced.
    """
    limit = CUT_BYTES if cut_long else MAX_RECORD_BYTES
    number, offset, carried = 1, 0, b""
    with file.open() as stream:
        while raw := carried + stream.readline(limit + 1):
            if len(raw) > limit and not cut_long:
                raise UserError(
                    f"{file.name}: line {number} is longer than {limit:,} bytes, the most for one record;"
                    " break it up, or give it as plain text with --format text"
                )
            carried = b"" if raw.endswith(b"\n") else _unfinished(raw) if len(raw) >= limit else b""
            raw = raw[: len(raw) - len(carried)]
            text = _decode(file, raw, number, offset, encoding_errors)
            if text is not None:
                yield number, text.removeprefix("\ufeff") if offset == 0 else text
            offset += len(raw)
            number += raw.endswith(b"\n")


def _unfinished(raw: bytes) -> bytes:
    """The bytes of a UTF-8 character that the end of `raw` cuts in two."""
    for back in range(1, 4):
        if raw[-back] >= 0xC0:  # the first byte of a character of 2 to 4 bytes
            needed = 2 + (raw[-back] >= 0xE0) + (raw[-back] >= 0xF0)
            return raw[-back:] if needed > back else b""
        if raw[-back] < 0x80:
            break
    return b""


def _decode(file: InputFile, raw: bytes, number: int, offset: int, encoding_errors: str) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        if encoding_errors == "replace":
            file.leave_out(REPLACED)
            return raw.decode(errors="replace")
        if encoding_errors == "skip":
            file.leave_out("line is not UTF-8")
            return None
        guess = "utf-16" if offset == 0 and raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "gb18030"
        raise UserError(
            f"{file.name}: not UTF-8 at byte {offset + error.start:,} (line {number}): 0x{raw[error.start]:02x};"
            f" convert it (for example: iconv -f {guess} -t utf-8) or use --encoding-errors skip or replace"
        ) from None
