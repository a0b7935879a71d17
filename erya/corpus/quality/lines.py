"""C4's rules on single lines, which change a text: what they take is counted in bytes.

Source: Raffel et al. 2020, "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer" (JMLR),
section 2.2; FineWeb (Penedo et al. 2024, section 3.5) took all of them but the one on terminal punctuation. A line of
Chinese needs 10 characters in place of 5 words, and ends in Chinese marks.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from erya.corpus.quality.options import QualityOptions
from erya.corpus.quality.text import WITHOUT_END_MARKS, Text
from erya.corpus.records import Document

LEAST_WORDS = 5
POLICIES = (
    *("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"),
    *("使用条款", "服务条款", "隐私政策", "使用條款", "服務條款", "隱私政策"),
)
END_MARKS = tuple(".!?\"'”’。！？｡」』؟।።")
_CITATION = re.compile(r"\[\d*\]|\[edit\]|\[citation needed\]")
_BLANK_LINES = re.compile(r"\n{3,}")


def _unfinished(line: Text) -> bool:
    end = line.text.endswith(END_MARKS) and not line.text.endswith("...")
    return not end and line.language not in WITHOUT_END_MARKS


LINE_RULES: dict[str, Callable[[Text], bool]] = {
    "c4_terminal_punctuation": _unfinished,
    "c4_words_a_line": lambda line: line.words < LEAST_WORDS,
    "c4_javascript": lambda line: "javascript" in line.text.lower(),
    "c4_policies": lambda line: any(policy in line.text.lower() for policy in POLICIES),
}
"""By name, whether a line goes."""


def mend(document: Document, options: QualityOptions) -> tuple[Document, dict[str, int]]:
    """The document without the lines that break a line rule, and the bytes each rule took; nothing may be left of it.

    Citation markers such as `[12]` go from the lines that stay, as `c4_citations`.
    """
    if options.lines == "keep":
        return document, {}
    chosen = {name: breaks for name, breaks in LINE_RULES.items() if options.lines == "c4" or breaks != _unfinished}
    taken: Counter[str] = Counter()
    kept: list[str] = []
    for line in document.text.split("\n"):
        cited = _CITATION.sub("", line)
        view = Text(cited.strip(), document.language)
        rule = next((name for name, breaks in chosen.items() if breaks(view)), None) if view.text else None
        if rule is not None:
            taken[rule] += _size(line) + 1
            continue
        if cited != line:
            taken["c4_citations"] += _size(line) - _size(cited)
        kept.append(cited)
    return replace(document, text=_BLANK_LINES.sub("\n\n", "\n".join(kept)).strip("\n")), dict(taken)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
