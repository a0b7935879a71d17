"""Text in, clean text out: one form of each character, no control characters, no stray white space."""

import re
import unicodedata

# Kept: tab and newline; ZWJ and ZWNJ (Persian, Indic scripts and emoji need them); direction marks.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile("\r\n?|[\x85\u2028\u2029]")
_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f]")
_TRAILING = re.compile(r"[ \t\u3000]+(?=\n)")
_BLANK_LINES = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """The text with Unicode NFC, `\\n` line ends, no control characters, no trailing space, one blank line at most."""
    text = _LINE_END.sub("\n", text)
    text = _INVISIBLE.sub("", text)
    text = _SURROGATE.sub("\ufffd", text)
    text = _SPACE.sub(" ", text)
    text = unicodedata.normalize("NFC", text)
    text = _TRAILING.sub("", text)
    return _BLANK_LINES.sub("\n\n", text).strip("\n").rstrip()
