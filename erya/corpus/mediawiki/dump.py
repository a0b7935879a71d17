"""MediaWiki exports (schemas 0.3 to 0.11), plain or compressed, whole or cut off: pages out, one at a time.

A dump can be read in parts that know nothing of each other. A part owns the pages that begin in its bytes: in its
bzip2 blocks where the dump is compressed so, be it one stream or many. UTF-16 and the other compressions are read from
the beginning.
"""

import codecs
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from erya.core.errors import UserError
from erya.corpus.mediawiki.blocks import read_blocks
from erya.corpus.mediawiki.pages import CLOSING_TAG, Cutter, Page, parse
from erya.corpus.opening import REPLACED, DamagedInput, InputFile

CHUNK_BYTES = 2**20
MAX_HEAD_BYTES = 8 * 2**20
TAIL_BYTES = 2 * 2**20  # more than two bzip2 blocks
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Head:
    """What the beginning of a dump says about its wiki; `encoding` is None for UTF-8."""

    language: str | None = None
    name: str = ""
    base: str = ""
    namespaces: Mapping[int, str] = field(default_factory=dict)
    encoding: str | None = None


def read_head(file: InputFile) -> Head:
    """The head of a dump.

    Raises: UserError when it is no dump, holds a DTD, or is damaged at its very beginning.
    """
    try:
        state = file.path.stat()
    except OSError as error:
        raise UserError(f"{file.name}: cannot be read ({error.strerror})") from None
    return _read_head(file.path, file.name, state.st_size, state.st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _read_head(path: Path, name: str, *_state: int) -> Head:
    file = InputFile(path, name)
    reader = _HeadReader(file)
    mark = b""
    with file.open() as stream:
        try:
            mark = stream.peek(2)[:2]
            while not reader.done and file.position < MAX_HEAD_BYTES and (data := stream.read1(2**16)):
                reader.parser.Parse(data, False)
        except (expat.ExpatError, DamagedInput) as error:
            if not reader.begun:
                raise UserError(f"{name}: not a MediaWiki dump, or damaged at its beginning ({error})") from None
    if not reader.begun:
        raise UserError(f"{name}: not a MediaWiki dump: it has no <mediawiki> element")
    declared = "utf-16" if mark in _MARKS else (reader.encoding or "utf-8").lower()
    encoding = None if declared in ("utf-8", "us-ascii") else declared
    return Head(reader.language, reader.fields.get("dbname", ""), reader.fields.get("base", ""), reader.names, encoding)


class _HeadReader:
    """Expat's events up to the first page. Nothing is expanded: a document type declaration is refused."""

    def __init__(self, file: InputFile) -> None:
        self.file = file
        self.begun = self.done = False
        self.language: str | None = None
        self.encoding: str | None = None
        self.fields: dict[str, str] = {}
        self.names: dict[int, str] = {}
        self.text = ""
        self.key = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.XmlDeclHandler = self._declaration
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.CharacterDataHandler = self._characters
        self.parser.EndElementHandler = self._end

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self.encoding = encoding

    def _doctype(self, *_: object) -> None:
        raise UserError(f"{self.file.name}: holds a document type declaration, which no MediaWiki dump has; refused")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self.begun and name != "mediawiki":
            raise UserError(f"{self.file.name}: not a MediaWiki dump: its root is <{name}>, expected <mediawiki>")
        if name == "mediawiki":
            self.begun = True
            self.language = attributes.get("xml:lang", "").partition("-")[0] or None
        elif name == "namespace":
            key = attributes.get("key", "")
            self.key = int(key) if key.removeprefix("-").isdecimal() else 0
        self.done |= name == "page"
        self.text = ""

    def _characters(self, data: str) -> None:
        if not self.done:
            self.text += data

    def _end(self, name: str) -> None:
        if self.done:
            return
        if name == "namespace":
            self.names[self.key] = self.text
        elif name in ("dbname", "base"):
            self.fields[name] = self.text
        self.done = name in ("siteinfo", "mediawiki")


@dataclass
class Dump:
    """A dump, or a part of one, to read the pages of."""

    file: InputFile
    encoding_errors: str = "error"

    @functools.cached_property
    def head(self) -> Head:
        """What its beginning says about the wiki."""
        return read_head(self.file)

    def can_be_cut(self) -> bool:
        """Whether a part of the file can be read without what stands before it."""
        with self.file.path.open("rb") as raw:
            return self.head.encoding is None and self.file.compression(raw) in (None, "bzip2")

    def pages(self) -> Iterator[Page]:
        """The pages in order; what is damaged is left out, counted in `file.left_out` and told in `file.notes`.

        Raises: UserError when it is no dump, holds a DTD, or a page is not UTF-8 and that is an error.
        """
        cutter = Cutter(self.file, self.head.name)
        own, after = self._chunks()
        for data in cutter.cut(own, after):
            page = self._parse(data)
            if page is not None:
                yield page
        if self.file.end is None and not (cutter.closed or self._is_closed()):
            self.file.leave_out("the rest of a cut-off dump")
            if not self.file.notes:
                self.file.notes.append("is cut off: it ends before its closing tag; its whole pages were read")
        elif cutter.lost and (self.file.end is None or cutter.closed or self._is_closed() or self._goes_on()):
            cutter.count_lost()  # otherwise nothing follows, and the last part tells that the dump is cut off

    def _chunks(self) -> tuple[Iterator[bytes | None], Iterator[bytes | None]]:
        if not self.can_be_cut():
            return self._from_the_beginning(), iter(())
        end = self.file.path.stat().st_size if self.file.end is None else self.file.end
        return self._own(self.file.start, end, watched=True), self._own(end, None, watched=False)

    def _goes_on(self) -> bool:
        """Whether anything can be read of the file after its own bytes."""
        return self.file.end is not None and any(self._own(self.file.end, None, watched=False))

    def _is_closed(self) -> bool:
        """Whether the closing tag stands at the end of the file, be some of it before the last part's own bytes."""
        if self.file.start == 0:
            return False  # it was looked for everywhere
        tail = self._own(max(0, self.file.path.stat().st_size - TAIL_BYTES), None, watched=False)
        return CLOSING_TAG in b"".join(text[-CHUNK_BYTES:] for text in tail if text)

    def _own(self, start: int, end: int | None, watched: bool) -> Iterator[bytes | None]:
        """The text that begins in some bytes of the file, decompressed."""
        given = 0
        with self.file.path.open("rb") as raw:
            if self.file.compression(raw) is None:
                raw.seek(start)
                while data := raw.read(CHUNK_BYTES if end is None else min(CHUNK_BYTES, end - raw.tell())):
                    if watched:
                        self.file.position = raw.tell() - start
                    yield data
                return
            for begin, text in read_blocks(raw, start, end):
                given += len(text or b"")
                self.file.refuse_bomb(begin - start, given)
                if watched:
                    self.file.position = begin - start
                yield text

    def _from_the_beginning(self) -> Iterator[bytes | None]:
        decoder = codecs.getincrementaldecoder(self.head.encoding)("replace") if self.head.encoding else None
        with self.file.open() as stream:
            try:
                while data := stream.read1(CHUNK_BYTES):
                    if decoder:
                        text = decoder.decode(data)
                        data = text.encode()
                        if "\ufffd" in text:
                            self.file.leave_out(REPLACED)
                    yield data
            except DamagedInput as error:
                self.file.notes.append(str(error).removeprefix(f"{self.file.name}: "))
                yield None

    def _parse(self, data: bytes) -> Page | None:
        try:
            return parse(data)
        except (expat.ExpatError, UnicodeDecodeError, ValueError):
            pass
        try:
            data.decode()
        except UnicodeDecodeError as error:
            return self._not_utf8(data, error)
        self.file.leave_out("damaged page")
        return None

    def _not_utf8(self, data: bytes, error: UnicodeDecodeError) -> Page | None:
        if self.encoding_errors == "replace":
            self.file.leave_out(REPLACED)
            return self._parse(data.decode(errors="replace").encode())
        self.file.leave_out("page is not UTF-8")
        if self.encoding_errors == "skip":
            return None
        begin = data.find(b"<title>") + len(b"<title>")
        title = data[begin : data.find(b"<", begin)].decode(errors="replace")
        raise UserError(
            f"{self.file.name}: page '{title}' is not UTF-8: 0x{data[error.start]:02x} at byte {error.start:,} of it;"
            " use --encoding-errors skip or replace"
        )
