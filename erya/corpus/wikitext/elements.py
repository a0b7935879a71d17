"""Comments and the elements whose content is no wikitext, lifted out first, from left to right as MediaWiki does it.

References, galleries and the like leave a HOLE; nowiki, preformatted text, code and formulas are kept aside as they
are, and a mark with their number stands in their place until the end.
"""

import html
import re

from erya.corpus.wikitext.marks import HOLE, KEPT
from erya.corpus.wikitext.rules import words

_DROPPED = frozenset(
    words(
        """ref, references, gallery, timeline, imagemap, score, graph, mapframe, maplink, hiero, includeonly,
        phonos, categorytree, inputbox, indicator, templatestyles, templatedata, style, dynamicpagelist, rss,
        charinsert, chart"""
    )
)
_FORMULAS = frozenset(("math", "chem", "ce"))
_LITERAL = frozenset(("nowiki", "pre", "syntaxhighlight", "source"))
_NAMES = sorted(_DROPPED | _FORMULAS | _LITERAL)
# A whole reference without other elements in it, which most are, or the start of a comment or element. The first
# characters of the names are tried before the names are: most tags are none of these.
_START = re.compile(
    rf"<(?:ref(?:\s[^<>/]*)?>[^<]*+</ref>|ref\s[^<>]*/>|!--"
    rf"|(?=[{''.join(sorted({name[0] for name in _NAMES}))}])({'|'.join(_NAMES)})(?=[\s/>])([^<>]*)>)",
    re.IGNORECASE,
)
_END = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in _NAMES}
_MARK = re.compile(f"{KEPT}([0-9]+){KEPT}")


class Kept(list[str]):
    """Texts that nothing may touch, in the order of the marks that stand for them."""

    def keep(self, text: str) -> str:
        """The mark that stands for a text."""
        self.append(text)
        return f"{KEPT}{len(self) - 1}{KEPT}"

    def put_back(self, text: str) -> str:
        """The text with what its marks stand for."""
        return _MARK.sub(lambda mark: self[int(mark[1])], text) if self else text


def lift_elements(text: str, kept: Kept, keep_formulas: bool) -> str:
    """The text with HOLEs, and with marks for what is kept."""
    keep = kept.keep
    pieces: list[str] = []
    unclosed: set[str] = set()
    position = 0
    while start := _START.search(text, position):
        pieces.append(text[position : start.start()])
        position = start.end()
        if start[1] is None and text[position - 1] == ">":  # a whole reference
            pieces.append(HOLE)
            continue
        if start[1] is None:
            position = _end_of_comment(text, start.start(), position)
            continue
        name, attributes = start[1].lower(), start[2]
        if attributes.endswith("/"):
            pieces.append(keep("") if name in _LITERAL else HOLE)
            continue
        end = None if name in unclosed else _END[name].search(text, position)
        if end is None:
            unclosed.add(name)
            continue
        if name in _LITERAL or (keep_formulas and name in _FORMULAS):
            pieces.append(keep(_as_it_is(name, text[position : end.start()])))
        else:
            pieces.append(HOLE)
        position = end.end()
    pieces.append(text[position:])
    return "".join(pieces)


def _end_of_comment(text: str, start: int, position: int) -> int:
    """Where the text goes on; a comment that has a line to itself goes with its line."""
    end = text.find("-->", position)
    if end < 0:
        return len(text)
    end += 3
    alone = text[start - 1 : start] in ("\n", "") and text[end : end + 1] == "\n"
    return end + alone


def _as_it_is(name: str, content: str) -> str:
    if name in _FORMULAS:
        return " ".join(html.unescape(content).split())
    return (content if name in ("syntaxhighlight", "source") else html.unescape(content)).strip("\n")
