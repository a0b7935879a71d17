"""The reStructuredText markup of a sentence, as a translation must keep it.

In: a sentence. Out: its pieces of markup, each as what must stand in a translation as well: code, the targets of roles
and references, substitutions and footnotes as they are; emphasis and definitions as such, for their words are
translated.
Source: https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html#inline-markup
"""

import re
from collections import Counter

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
