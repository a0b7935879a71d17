"""Bytes of a MediaWiki export (schemas 0.3 to 0.11, any encoding XML knows) in, pages out, one at a time."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from erya.core.errors import UserError
from erya.corpus.opening import DamagedInput, InputFile

CHUNK_BYTES = 2**16
MAX_PAGE_CHARACTERS = 32 * 2**20
_FIELDS = frozenset({"title", "ns", "id", "timestamp", "model", "text", "namespace", "dbname", "base"})


class CutOff(Exception):  # noqa: N818 - no failure: the whole pages were given
    """The dump ends, or is damaged, before its closing tag."""


@dataclass(slots=True)
class Page:
    """One page with its latest revision; `namespace` is None where the schema does not say it."""

    title: str = ""
    namespace: int | None = None
    id: str = ""
    revision: str = ""
    timestamp: str = ""
    model: str = ""
    text: str = ""
    is_redirect: bool = False


@dataclass
class Dump:
    """A dump being read; what its head says about the wiki is there before the first page."""

    file: InputFile
    language: str | None = None
    name: str = ""
    base: str = ""
    namespaces: dict[int, str] = field(default_factory=dict)

    def pages(self) -> Iterator[Page]:
        """The pages in order.

        Raises: UserError when it is no dump or holds a DTD; CutOff after the last whole page when it is damaged.
        """
        reader = _Reader(self)
        count = 0
        with self.file.open() as stream:
            try:
                while data := stream.read1(CHUNK_BYTES):
                    reader.feed(data, last=False)
                    while reader.done:
                        count += 1
                        yield reader.done.popleft()
                reader.feed(b"", last=True)
            except (expat.ExpatError, DamagedInput) as error:
                while reader.done:  # pages that ended in the same chunk as the damage
                    count += 1
                    yield reader.done.popleft()
                self._explain(reader, count, error)

    def _explain(self, reader: "_Reader", count: int, error: Exception) -> None:
        if not reader.begun:
            raise UserError(f"{self.file.name}: not a MediaWiki dump ({error})") from None
        raise CutOff(
            f"{self.file.name}: the dump is cut off or damaged near byte {self.file.position:,}:"
            f" {count:,} whole pages were read ({error})"
        ) from None


def _number(text: str) -> int | None:
    return int(text) if text.removeprefix("-").isdecimal() else None


class _Reader:
    """Expat's events turned into pages. Nothing is expanded: a document type declaration is refused."""

    def __init__(self, dump: Dump) -> None:
        self.dump = dump
        self.done: deque[Page] = deque()
        self.page = Page()
        self.path: list[str] = []
        self.begun = False
        self.text: list[str] | None = None
        self.length = 0
        self.key = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.buffer_size = CHUNK_BYTES
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, data: bytes, last: bool) -> None:
        self.parser.Parse(data, last)

    def _doctype(self, *_: object) -> None:
        raise UserError(
            f"{self.dump.file.name}: holds a document type declaration, which no MediaWiki dump has; refused"
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self.path and name != "mediawiki":
            raise UserError(f"{self.dump.file.name}: not a MediaWiki dump: its root is <{name}>, expected <mediawiki>")
        self.path.append(name)
        if name == "mediawiki":
            self.begun = True
            self.dump.language = attributes.get("xml:lang", "").partition("-")[0] or None
        elif name == "page":
            self.page = Page()
        elif name == "redirect":
            self.page.is_redirect = True
        elif name == "namespace":
            self.key = _number(attributes.get("key", "")) or 0
        if name in _FIELDS:
            self.text, self.length = [], 0

    def _characters(self, data: str) -> None:
        if self.text is not None and self.length < MAX_PAGE_CHARACTERS:
            self.text.append(data)
            self.length += len(data)

    def _end(self, name: str) -> None:
        self.path.pop()
        if name == "page":
            self.done.append(self.page)
        if self.text is None or name not in _FIELDS:
            return
        value, self.text = "".join(self.text), None
        parent = self.path[-1] if self.path else ""
        if parent == "page":
            self._page_field(name, value)
        elif parent == "revision":
            self._revision_field(name, value)
        elif name == "namespace":
            self.dump.namespaces[self.key] = value
        elif name == "dbname":
            self.dump.name = value
        elif name == "base":
            self.dump.base = value

    def _page_field(self, name: str, value: str) -> None:
        if name == "title":
            self.page.title = value
        elif name == "id":
            self.page.id = value
        elif name == "ns":
            self.page.namespace = _number(value)

    def _revision_field(self, name: str, value: str) -> None:
        if name == "text":
            self.page.text = value
        elif name == "model":
            self.page.model = value
        elif name == "timestamp":
            self.page.timestamp = value
        elif name == "id":
            self.page.revision = value
