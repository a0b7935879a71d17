"""Text in, clean text out: one form of each character, no control characters, no stray white space."""

import re
import unicodedata

# Not listed, so kept: tab and newline; ZWJ and ZWNJ (Persian, Indic scripts and emoji need them); direction marks.
_INVISIBLE = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f"
)
_LINE_ENDS = "\x85\u2028\u2029"
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f"
_SURROGATES = "\ud800-\udfff"
_SPECIAL = re.compile(f"([{_INVISIBLE}])|([{_LINE_ENDS}])|([{_SPACES}])|[{_SURROGATES}]")
_ANY_SPECIAL = re.compile(f"[{_INVISIBLE}{_LINE_ENDS}{_SPACES}{_SURROGATES}]")  # one set is searched much faster
_INSTEAD = {1: "", 2: "\n", 3: " ", None: "\ufffd"}
_BLANK_LINES = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """The text with Unicode NFC, `\\n` line ends, no control characters, no trailing space, one blank line at most."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if not all(map(str.isprintable, lines)):  # as no special character is
        text = "\n".join([line if line.isprintable() else _ANY_SPECIAL.sub(_instead, line) for line in lines])
    text = unicodedata.normalize("NFC", text)
    text = "\n".join([line.rstrip(" \t\u3000") for line in text.split("\n")])
    return _BLANK_LINES.sub("\n\n", text).strip("\n").rstrip()


def _instead(found: re.Match[str]) -> str:
    kind = _SPECIAL.match(found[0])
    assert kind is not None
    return _INSTEAD[kind.lastindex]
