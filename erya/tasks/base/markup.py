"""The reStructuredText markup of a sentence, as a translation must keep it.

In: a sentence. Out: its pieces of markup, each as what must stand in a translation as well: code, the targets of roles
and references, substitutions and footnotes as they are; emphasis and definitions as such, for their words are
translated. Or the sentence with one character in place of each such piece, which a model copies, and back.
Source: https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html#inline-markup
"""

import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

# In the order in which they may be told apart: what one has taken, no later one sees.
PIECES = re.compile(
    r"(?P<literal>``.+?``)"
    r"|(?P<role>:[A-Za-z][\w.+:-]*:`[^`]+`)"
    r"|(?P<reference>`[^`]+`__?)"
    r"|(?P<plain>(?<![`\w])`[^`]+`(?![`\w]))"
    r"|(?P<substitution>\|[^|\s](?:[^|]*[^|\s])?\|_?)"
    r"|(?P<footnote>\[(?:\d+|\#[\w.-]*|\*|[A-Za-z][\w.-]*)\]_)"
    r"|(?P<bold>\*\*(?!\s)(?:[^*]|\*(?!\*))+?(?<!\s)\*\*)"
    r"|(?P<emphasis>(?<![*\\])\*(?![\s*])[^*]+?(?<![\s\\])\*(?!\*))"
)
TARGET = re.compile(r"(?:.*\s)?<([^<>]+)>", re.DOTALL)
"""Words with their target: the words may be translated, the target stays."""
OF_WORDS = ("abbr", "dfn", "guilabel", "menuselection")
"""Roles of words and not of names."""

# Control characters that are no white space: in no text, and each one byte, so that no token holds a part of one.
SIGNS = "".join(map(chr, (*range(0x01, 0x09), *range(0x0E, 0x1C))))
_NAME = re.compile(r"(\*\*?)[\w.]+\1", re.ASCII)  # emphasis of a name, which is not translated
_AROUND_WORDS = re.compile(r"(:[\w.+:-]+:`|`|\*\*?)(.*?)(\s*<[^<>]+>`_{0,2}|`_{0,2}|\*\*?)", re.DOTALL)


def markup(text: str) -> Counter[str]:
    """What must be kept of a sentence's markup, each piece as often as it is there."""
    return Counter(_kept(found.lastgroup or "", found.group()) for found in PIECES.finditer(text))


def _kept(kind: str, piece: str) -> str:
    if kind in ("bold", "emphasis", "plain"):
        return kind
    if kind not in ("role", "reference"):
        return piece
    before, content, after = piece.split("`", 2)
    if before.strip(":") in OF_WORDS:
        return before
    target = TARGET.fullmatch(content)
    return f"{before}`{target[1] if target else content}`{after}"


@dataclass(frozen=True, slots=True)
class Aside:
    """A text with signs in place of its markup; what each stands for; of two around words, the first by the second."""

    text: str
    pieces: dict[str, str] = field(default_factory=dict)
    opened: dict[str, str] = field(default_factory=dict)

    def put_back(self, text: str) -> str:
        """A translation of the text with the markup in place of the signs; a sign of nothing is dropped.

        Emphasis begins and ends with a word: with a space there it would be none.
        """
        for closing, opening in self.opened.items():
            if self.pieces[opening] in ("*", "**"):
                text = re.sub(rf"{opening}\s+", opening, text)
                text = re.sub(rf"\s+{closing}", closing, text)
        return text.translate({ord(sign): self.pieces.get(sign) for sign in SIGNS})

    def as_here(self, translation: str) -> str | None:
        """A translation of the original text with the same signs; None when it does not have all of the markup."""
        left = dict(self.pieces)

        def sign(piece: str, _closes: bool) -> str | None:
            found = next((sign for sign, own in left.items() if own == piece), None)
            if found is not None:
                del left[found]
            return found

        text = _replaced(translation, sign)
        return None if left else text


def set_aside(text: str) -> Aside:
    """The text with a sign in place of each piece of its markup; of words to be translated only what is around them.

    Signs are given out in order from one that the text chooses, so that all are seen equally often in training.
    Those that stand in the text itself, as control characters do in damaged text, are dropped.
    """
    text = text.translate(dict.fromkeys(map(ord, SIGNS)))
    pieces: dict[str, str] = {}
    opened: dict[str, str] = {}
    start = zlib.crc32(text.encode())

    def sign(piece: str, closes: bool) -> str | None:
        if len(pieces) == len(SIGNS):
            return None
        given = SIGNS[(start + len(pieces)) % len(SIGNS)]
        if closes:
            opened[given] = list(pieces)[-1]
        pieces[given] = piece
        return given

    return Aside(_replaced(text, sign), pieces, opened)


def _replaced(text: str, sign: Callable[[str, bool], str | None]) -> str:
    """The text with signs instead of the spans that `sign` has one for."""
    done: list[str] = []
    position = 0
    for start, end, closes in _spans(text):
        done += (text[position:start], sign(text[start:end], closes) or text[start:end])
        position = end
    return "".join((*done, text[position:]))


def _spans(text: str) -> Iterator[tuple[int, int, bool]]:
    """Where the markup stands that a translation has as it is, and whether it closes what the one before opens."""
    for found in PIECES.finditer(text):
        start, end = found.span()
        around = _AROUND_WORDS.fullmatch(found.group()) if _has_words(found) else None
        if around is None:
            yield start, end, False
        else:
            yield start, start + around.end(1), False
            yield start + around.start(3), end, True


def _has_words(found: re.Match[str]) -> bool:
    """Whether a piece of markup holds words to be translated."""
    kind, piece = found.lastgroup, found.group()
    if kind in ("bold", "emphasis"):
        return not _NAME.fullmatch(piece)
    if kind not in ("role", "reference"):
        return kind == "plain"
    before, content, _ = piece.split("`", 2)
    return before.strip(":") in OF_WORDS or TARGET.fullmatch(content) is not None
