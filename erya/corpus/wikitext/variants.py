"""Chinese variants: of `-{zh-hans:…;zh-hant:…}-` one is shown; a page's rules and OpenCC give one script when asked."""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from erya.corpus.wikitext.elements import Kept
from erya.corpus.wikitext.marks import EQUALS, HOLE, PIPE

MAX_RULES = 500
_ORDER = {
    "hans": ("zh-hans", "zh-cn", "zh-sg", "zh-my", "zh", "zh-hant", "zh-tw", "zh-hk", "zh-mo"),
    "hant": ("zh-hant", "zh-tw", "zh-hk", "zh-mo", "zh", "zh-hans", "zh-cn", "zh-sg", "zh-my"),
}
_CONFIGURATIONS = {"hans": "tw2s", "hant": "s2tw"}
_CODE = re.compile(r"[a-z]{2,4}(?:-[a-z]{2,4}){0,2}$", re.IGNORECASE)
_NOTE_TA = re.compile(r"noteta", re.IGNORECASE)
_NUMBERED = re.compile(r"^\s*\d+\s*=")


@dataclass(slots=True)
class Variants:
    """How one page shows its variants, and the rules that it gives for the rest of it."""

    script: str
    kept: Kept
    rules: dict[str, str] = field(default_factory=dict)

    def show(self, content: str) -> str:
        """What a variant block shows; the rule that it may give is learned."""
        flags, bar, rest = content.partition("|")
        marks = set(flags.replace(";", "").strip())
        if bar and marks <= set("ATHRDN-+"):
            content = rest
        else:
            marks = set()
        choices = _choices(content)
        if marks & set("AH+"):
            self._learn(choices)
        if marks & set("HT-"):
            return ""
        if choices:
            return self._pick(choices)
        if self.script == "as-is":
            return content
        return self.kept.keep(content.replace(PIPE, "|").replace(EQUALS, "=").replace(HOLE, ""))  # not to be converted

    def learn(self, name: str, content: str) -> None:
        """Take the rules of a `{{noteTA}}`, which says how the words of a whole page are converted."""
        if self.script != "as-is" and _NOTE_TA.match(name.strip()):
            for argument in content.split("|")[1:]:
                self._learn(_choices(_NUMBERED.sub("", argument, count=1)))

    def _learn(self, choices: dict[str, str]) -> None:
        if len(choices) > 1 and len(self.rules) < MAX_RULES:
            shown = self._pick(choices)
            self.rules.update((other, shown) for other in choices.values() if other and other != shown)

    def _pick(self, choices: dict[str, str]) -> str:
        order = _ORDER["hant" if self.script == "hant" else "hans"]
        return next((choices[code] for code in order if code in choices), next(iter(choices.values())))

    def convert(self, text: str) -> str:
        """The text in the script asked for: the page's own rules first, then OpenCC."""
        if self.script == "as-is":
            return text
        if self.rules:
            words = sorted(self.rules, key=len, reverse=True)
            text = re.sub("|".join(map(re.escape, words)), lambda word: self.rules[word[0]], text)
        converted: str = _converter(self.script).convert(text)
        return converted


def _choices(content: str) -> dict[str, str]:
    """The texts of a variant block by the code of their variant; empty when it is one text for all."""
    choices: dict[str, str] = {}
    last = ""
    for part in content.split(";"):
        code, colon, text = part.partition(":")
        code = code.rpartition("=>")[2].strip().lower()
        if colon and _CODE.match(code):
            last = code
            choices[code] = text.strip()
        elif last and part.strip():
            choices[last] += f";{part}"
        elif part.strip():
            return {}
    return choices


@cache
def _converter(script: str) -> Any:
    import opencc

    return opencc.OpenCC(_CONFIGURATIONS[script])
