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
from erya.corpus.wikitext.templates import is_shown, template_text
from erya.corpus.wikitext.variants import variant_text

HOLE = "\x00"
MAX_DEPTH = 100

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# Every alternative begins with its own character, which lets the search skip plain text quickly.
_TOKEN = re.compile(
    r"""\{\{+|\}\}+|\[\[|\]\]?|-\{(?![{|])|\}-|''+|\||__[A-Z]{3,30}__
    |\n[ \t:*\#]*\{\||\n[ \t]*\|\}(?!\})
    |<[a-zA-Z/][^<>]{0,1000}>
    |\[(?:https?:|ftp:|mailto:|//)[^\s\[\]<>]{0,2000}(?=[^\]\n]{0,500}\])
    """,
    re.VERBOSE,
)
_BRACES = re.compile(r"\{\{+|\}\}+")
_TEMPLATE_NAME = re.compile(r"\{\{([^{}|\[\]<]*)")
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
_OPENS = {"[[": "link", "-{": "variant", **dict.fromkeys(("[h", "[f", "[m", "[/"), "external")}
_CLOSES = {"}}": "template", "]]": "link", "]": "external", "}-": "variant"}
_WALLS = {"link": ("template", "table"), "external": ("template", "table", "link"), "variant": ("template", "table"),
          "template": (), "table": ("template",)}  # fmt: skip


@dataclass(slots=True)
class _Frame:
    """Something opened and not yet closed: its kind and its arguments so far, in pieces."""

    kind: str
    arguments: list[list[str]] = field(default_factory=lambda: [[]])

    def texts(self) -> list[str]:
        return ["".join(pieces) for pieces in self.arguments]


def render(markup: str, site: Site) -> str:
    """The markup with everything that nests rendered or dropped; HOLE stands where something was dropped."""
    walk = _Walk(_COMMENT.sub("", markup.replace(HOLE, "")), site)
    return html.unescape(walk.run())


def _template_ends(text: str) -> dict[int, int]:
    """Where each template that is closed begins and ends."""
    ends: dict[int, int] = {}
    open_at: list[int] = []
    for run in _BRACES.finditer(text):
        start, end = run.span()
        if text[start] == "{":
            open_at += range(start + (end - start) % 2, end, 2)
        else:
            for after in range(start + 2, end + 1, 2):
                if open_at:
                    ends[open_at.pop()] = after
    return ends


class _Walk:
    def __init__(self, text: str, site: Site) -> None:
        self.text, self.site = f"\n{text}", site
        self.ends = _template_ends(self.text)
        self.stack = [_Frame("page")]
        self.unclosed: set[str] = set()

    def run(self) -> str:
        position = 0
        while token := _TOKEN.search(self.text, position):
            start = token.start()
            self.put(self.text[position:start])
            position = self.take(token[0], start, token.end())
        self.put(self.text[position:])
        while len(self.stack) > 1:
            self.give_up()
        return "".join(self.stack[0].arguments[0])

    def put(self, text: str) -> None:
        if text:
            self.stack[-1].arguments[-1].append(text)

    def take(self, token: str, start: int, end: int) -> int:
        """Handle one token and return where the walk goes on."""
        if token == "]]" and self.stack[-1].kind == "external":  # `[[File:a|[http://x b]]]`: one closes the inner link
            token, end = "]", start + 1
        two = token[:2]
        if two == "{{":
            return self.template(start, end)
        if token[0] == "<":
            return self.tag(token, end)
        if two in _OPENS:
            self.open(_OPENS[two])
        elif two in _CLOSES:
            for _ in range(max(1, len(token) // 2)):
                if not self.close(_CLOSES[two]) and token == "]":
                    self.put(token)
        else:
            self.mark(token)
        return end

    def mark(self, token: str) -> None:
        """A pipe, quotes, or the line that begins or ends a table; magic words show nothing."""
        if token == "|":
            self.pipe()
        elif token[0] == "'":
            self.put("'" * (len(token) - 5 if len(token) > 5 else len(token) == 4))
        elif token[0] == "\n":
            self.put("\n")
            if token.endswith("{|"):
                self.open("table")
            else:
                self.close("table")

    def template(self, start: int, end: int) -> int:
        """Open the templates that a run of braces begins, or pass over all of one that shows nothing."""
        for at in range(start + (end - start) % 2, end, 2):
            after = self.ends.get(at)
            if after is None:
                continue
            name = _TEMPLATE_NAME.match(self.text, at)
            assert name is not None
            if not is_shown(name[1]):
                self.put(HOLE)
                return after
            self.open("template")
        return end

    def open(self, kind: str) -> None:
        if len(self.stack) < MAX_DEPTH:
            self.stack.append(_Frame(kind))

    def pipe(self) -> None:
        frame = self.stack[-1]
        if frame.kind in ("template", "link"):
            frame.arguments.append([])
        else:
            frame.arguments[-1].append("|")

    def close(self, kind: str) -> bool:
        """Close the innermost frame of a kind, unless it lies beyond a frame that this mark cannot cross."""
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
        if frame.kind == "template":
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
