"""What nests, rendered in one walk over the tokens with a stack: templates, tables, links, references, tags.

Linear: every token is looked at once, depth is bounded, and a closing tag that is missing is searched for only once.
What is dropped leaves a HOLE, a control character that no XML text can hold, so that only the punctuation around
holes is tidied and a real `f()` stays.
"""

import html
import re
from dataclasses import dataclass, field

from erya.corpus.wikitext.links import link_text
from erya.corpus.wikitext.site import Site
from erya.corpus.wikitext.templates import template_text
from erya.corpus.wikitext.variants import variant_text

HOLE = "\x00"
MAX_DEPTH = 100

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<open>\{\{+)
    | (?P<close>\}\}+)
    | (?P<table>(?:^|(?<=\n))[ \t:*\#]*\{\|)
    | (?P<table_end>(?:^|(?<=\n))[ \t]*\|\}(?!\}))
    | (?P<link>\[\[)
    | (?P<link_end>\]\])
    | (?P<external>\[(?:https?:|ftp:|mailto:|//)[^\s\[\]<>]{0,2000}(?=[^\]\n]{0,500}\]))
    | (?P<external_end>\])
    | (?P<variant>-\{(?![{|]))
    | (?P<variant_end>\}-)
    | (?P<tag></?[a-zA-Z][^<>]{0,1000}>)
    | (?P<quotes>'{2,})
    | (?P<pipe>\|)
    | (?P<magic>__[A-Z]{3,30}__)
    """,
    re.VERBOSE,
)
_TAG_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_DROPPED = frozenset(
    [
        "ref",
        "references",
        "gallery",
        "timeline",
        "imagemap",
        "table",
        "style",
        "score",
        "templatedata",
        "graph",
        "mapframe",
        "maplink",
        "hiero",
        "includeonly",
        "categorytree",
        "inputbox",
        "indicator",
        "templatestyles",
    ]
)
_LITERAL = frozenset(["nowiki", "pre", "syntaxhighlight", "source", "math", "chem", "ce"])
_BREAKS = frozenset(["br", "p", "div", "li", "tr", "blockquote", "ul", "ol", "dl", "dt", "dd", "hr", "center"])
_CLOSED_BY = {"close": "open", "table_end": "table", "link_end": "link", "external_end": "external",
              "variant_end": "variant"}  # fmt: skip
_WALLS = {"link": ("open", "table"), "external": ("open", "table", "link"), "variant": ("open", "table"),
          "open": (), "table": ("open",)}  # fmt: skip


@dataclass(slots=True)
class _Frame:
    """Something opened and not yet closed: its kind, how it was written, and its arguments so far, in pieces."""

    kind: str
    opening: str = ""
    arguments: list[list[str]] = field(default_factory=lambda: [[]])

    def texts(self) -> list[str]:
        return ["".join(pieces) for pieces in self.arguments]


def render(markup: str, site: Site) -> str:
    """The markup with everything that nests rendered or dropped; HOLE stands where something was dropped."""
    walk = _Walk(_COMMENT.sub("", markup.replace(HOLE, "")), site)
    return html.unescape(walk.run())


class _Walk:
    def __init__(self, text: str, site: Site) -> None:
        self.text, self.site = text, site
        self.stack = [_Frame("page")]
        self.unclosed: set[str] = set()

    def run(self) -> str:
        position = 0
        while token := _TOKEN.search(self.text, position):
            self.put(self.text[position : token.start()])
            assert token.lastgroup is not None
            position = self.take(token.lastgroup, token[0], token.end())
        self.put(self.text[position:])
        while len(self.stack) > 1:
            self.give_up()
        return "".join(self.stack[0].arguments[0])

    def put(self, text: str) -> None:
        if text:
            self.stack[-1].arguments[-1].append(text)

    def take(self, kind: str, token: str, end: int) -> int:
        """Handle one token and return where the walk goes on."""
        if kind == "tag":
            return self.tag(token, end)
        if kind in _CLOSED_BY:
            self.close(_CLOSED_BY[kind], token)
        elif kind in _WALLS:
            for _ in range(len(token) // 2 if kind == "open" else 1):
                self.open(kind, token)
        elif kind == "pipe":
            self.pipe()
        elif kind == "quotes":
            self.put("'" * (len(token) - 5 if len(token) > 5 else len(token) == 4))
        return end

    def open(self, kind: str, token: str) -> None:
        if len(self.stack) < MAX_DEPTH:
            self.stack.append(_Frame(kind, token))

    def pipe(self) -> None:
        frame = self.stack[-1]
        if frame.kind in ("open", "link"):
            frame.arguments.append([])
        else:
            frame.arguments[-1].append("|")

    def close(self, kind: str, token: str) -> None:
        times = len(token) // 2 if kind == "open" else 1
        for _ in range(times):
            if not self.close_one(kind):
                if kind == "external":
                    self.put(token)
                return

    def close_one(self, kind: str) -> bool:
        for depth in range(len(self.stack) - 1, 0, -1):
            if self.stack[depth].kind == kind:
                break
            if self.stack[depth].kind in _WALLS[kind]:
                return False
        else:
            return False
        while len(self.stack) - 1 > depth:
            self.give_up()
        shown = self.shown(self.stack.pop())
        self.put(HOLE if shown is None else shown)
        return True

    def shown(self, frame: _Frame) -> str | None:
        """What a closed frame shows, or None when it is dropped."""
        if frame.kind == "open":
            return template_text(frame.texts())
        if frame.kind == "link":
            return link_text(frame.texts(), self.site)
        if frame.kind == "variant":
            return variant_text("".join(frame.arguments[0]))
        if frame.kind == "external":
            return "".join(frame.arguments[0]).strip() or None
        return None

    def give_up(self) -> None:
        """A frame that is never closed: its content is text, without the marks that opened it."""
        frame = self.stack.pop()
        into = self.stack[-1].arguments[-1]
        for number, pieces in enumerate(frame.arguments):
            if number:
                into.append("|")
            into += pieces

    def tag(self, token: str, end: int) -> int:
        name = _TAG_NAME.match(token)
        assert name is not None
        tag = name[1].lower()
        closing, alone = token.startswith("</"), token.endswith("/>")
        if tag in _BREAKS:
            self.put("\n")
        elif alone and tag in _DROPPED:
            self.put(HOLE)
        elif not closing and not alone and tag in (_DROPPED | _LITERAL):
            return self.element(tag, end)
        return end

    def element(self, tag: str, start: int) -> int:
        """Pass over an element whose content is dropped or taken as it is."""
        found = None if tag in self.unclosed else re.compile(rf"</{tag}\s*>", re.IGNORECASE).search(self.text, start)
        if found is None:
            self.unclosed.add(tag)
            return start
        self.put(HOLE if tag in _DROPPED else self.text[start : found.start()].strip("\n"))
        return found.end()
