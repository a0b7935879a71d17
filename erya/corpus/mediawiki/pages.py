"""XML of a MediaWiki dump in, in chunks of any size; its pages out, each whole and well-formed.

Pages are cut at their tags, which text cannot hold (there `<` is written `&lt;`). Expat then reads each.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from erya.core.errors import UserError
from erya.corpus.opening import InputFile

MAX_PAGE_BYTES = 16 * 2**20  # MediaWiki itself allows 2 MiB of text
OPEN, CLOSE, CLOSING_TAG = b"<page>", b"</page>", b"</mediawiki>"
_OUTSIDE_BYTES = 2**16
_DAMAGED = "damaged page"
_OUTSIDE = "stretch of bytes outside the pages"
_HEAD = re.compile(
    rb"(</mediawiki>)?\s*(\xef\xbb\xbf)?(<\?xml[^>]*>\s*)?(<mediawiki\b([^>]*>|.*</siteinfo>))?\s*(</mediawiki>)?",
    re.DOTALL,
)
_DBNAME = re.compile(rb"<dbname>([^<]*)</dbname>")
_BUFFER_BYTES = 2**16
_REVISION = "page/revision/"


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
class Cutter:
    """Cuts the pages that begin in one part of a dump; `name` is the wiki's, for which alone pages are taken."""

    file: InputFile
    name: str
    closed: bool = False  # whether the dump's closing tag was seen
    data: bytes = b""
    searched: int = 0
    in_step: bool = field(init=False)  # whether what stands before the next page can be judged
    lost: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.in_step = self.file.start == 0

    def cut(self, own: Iterable[bytes | None], after: Iterator[bytes | None]) -> Iterator[bytes]:
        """The pages whose first byte is in `own`; the last may end in `after`. None stands for bytes that are lost."""
        for chunk in own:
            if chunk is None:
                self._gap()
            else:
                yield from self._feed(chunk)
        if self._is_open() or any(self.data.endswith(OPEN[:size]) for size in range(1, len(OPEN))):
            yield from self._finish(after)
        elif self.file.end is None:
            self._outside(self.data)

    def count_lost(self) -> None:
        """Count what was lost, now that something comes after it: the dump is not just cut off there."""
        for reason in self.lost:
            self.file.leave_out(reason)
        self.lost = []

    def _is_open(self) -> bool:
        return self.data.startswith(OPEN)

    def _feed(self, chunk: bytes) -> Iterator[bytes]:
        self.count_lost()
        data = self.data + chunk if self.data else chunk
        place = 0
        while (begin := data.find(OPEN, place)) >= 0:
            self._outside(data[place:begin])
            end = data.find(CLOSE, max(begin, self.searched))
            self.searched = 0
            if end < 0:
                place = begin
                self.searched = max(0, len(data) - begin - len(CLOSE))
                break
            place = end + len(CLOSE)
            yield self._innermost(data[begin:place])
        self.data = data[place:]
        self._bound()

    def _innermost(self, page: bytes) -> bytes:
        """A page that begins within another one: damage took the end of the first."""
        begin = page.rfind(OPEN)
        if begin > 0:
            self.file.leave_out(_DAMAGED)
        return page[begin:]

    def _bound(self) -> None:
        if self._is_open() and len(self.data) > MAX_PAGE_BYTES:
            self.file.leave_out(f"page of more than {MAX_PAGE_BYTES:,} bytes")
            self.data, self.searched, self.in_step = b"", 0, False
        elif not self._is_open() and len(self.data) > _OUTSIDE_BYTES:
            self._outside(self.data)
            self.data, self.in_step = self.data[-len(OPEN) :], False

    def _gap(self) -> None:
        self.lost.append("damaged block of a dump")
        if self._is_open():
            self.lost.append(_DAMAGED)
        self.data, self.searched, self.in_step = b"", 0, False

    def _finish(self, after: Iterator[bytes | None]) -> Iterator[bytes]:
        own = len(self.data)
        for chunk in after:
            if chunk is None:
                if any(after):  # otherwise the last part tells that the dump is cut off
                    self.file.leave_out(_DAMAGED)
                return
            self.data += chunk
            begin = self.data.find(OPEN)
            if not 0 <= begin < own:
                return
            end = self.data.find(CLOSE, max(begin, self.searched))
            if end >= 0:
                page = self._innermost(self.data[begin : end + len(CLOSE)])
                if end + len(CLOSE) - len(page) < own:
                    yield page
                return
            self.searched = max(0, len(self.data) - len(CLOSE))
            self._bound()
            if not self.data:
                return

    def _outside(self, data: bytes) -> None:
        """Look at what stands outside of pages: white space, the head of the same wiki, and the closing tag."""
        if not self.in_step:
            self.closed |= CLOSING_TAG in data
        elif data := data.strip():
            self.closed |= CLOSING_TAG in data
            wiki = _DBNAME.search(data)
            if wiki is not None and wiki[1].decode(errors="replace") != self.name:
                raise UserError(
                    f"{self.file.name}: after a dump of {self.name or 'a wiki without name'} comes one of"
                    f" {wiki[1].decode(errors='replace')}; give each as a file of its own"
                )
            if not _HEAD.fullmatch(data):
                self.file.leave_out(_OUTSIDE)
        self.in_step = True


def parse(page: bytes) -> Page:
    """The fields of a page's XML.

    Raises: expat.ExpatError when it is not well-formed or not UTF-8; ValueError when its namespace is no number.
    """
    fields: dict[str, str] = {}  # the text of each element, by its path; of several revisions the last one's
    path: list[str] = []
    pieces: list[str] = []

    def start(name: str, _attributes: dict[str, str]) -> None:
        path.append(name)
        pieces.clear()
        if name == "revision":
            for field_name in [key for key in fields if key.startswith(_REVISION)]:
                del fields[field_name]

    def end(_name: str) -> None:
        fields["/".join(path)] = "".join(pieces)
        path.pop()

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text, parser.buffer_size = True, _BUFFER_BYTES
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, pieces.append
    parser.Parse(page, True)
    namespace = fields.get("page/ns")
    return Page(
        fields.get("page/title", ""),
        int(namespace) if namespace is not None else None,
        fields.get("page/id", "").strip(),
        fields.get(f"{_REVISION}id", "").strip(),
        fields.get(f"{_REVISION}timestamp", ""),
        fields.get(f"{_REVISION}model", ""),
        fields.get(f"{_REVISION}text", ""),
        "page/redirect" in fields,
    )
