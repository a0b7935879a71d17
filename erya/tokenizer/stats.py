"""What a tokenizer does to text, in figures: how much text a token holds, its longest tokens, a sentence's pieces."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from erya.corpus.sentences import UNSPACED
from erya.tokenizer.tokenizer import Tokenizer

# For a tokenizer shown without a corpus: one plain paragraph each, written for this purpose.
EXAMPLES = {
    "en": "In the spring the river rises by a metre or two, and the people who live along its banks bring their boats "
    "into the barn. Nobody remembers when the habit began; it's simply what they've always done, year after year.",
    "zh": "春天，河水会涨高一两米，住在岸边的人就把船搬进谷仓。没有人记得这个习惯是从什么时候开始的，"
    "年复一年，他们一直这样做。等到夏天水退了，孩子们又把船推回河里。",
    "code": "def rising(levels: list[float]) -> bool:\n    for before, after in zip(levels, levels[1:]):\n"
    "        if after <= before:\n            return False\n    return True\n",
}


@dataclass
class Figures:
    """Text and its tokens, counted."""

    documents: int = 0
    text_bytes: int = 0
    characters: int = 0
    words: int = 0
    tokens: int = 0

    @property
    def bytes_per_token(self) -> float:
        """UTF-8 bytes a token holds on average: more is better compression."""
        return self.text_bytes / max(self.tokens, 1)

    @property
    def tokens_per_character(self) -> float:
        """Tokens a character costs on average: the usual figure for Chinese."""
        return self.tokens / max(self.characters, 1)

    @property
    def tokens_per_word(self) -> float | None:
        """Tokens a word costs on average: the usual figure where spaces part words; None elsewhere."""
        return self.tokens / self.words if self.words else None


def measure(tokenizer: Tokenizer, texts: Iterable[tuple[str, str]]) -> dict[str, Figures]:
    """Figures by language from pairs of language and text, the language with most text first."""
    found: dict[str, Figures] = {}
    for language, text in texts:
        figures = found.setdefault(language, Figures())
        figures.documents += 1
        figures.text_bytes += len(text.encode("utf-8", "surrogatepass"))
        figures.characters += len(text)
        figures.words += len(text.split()) if language not in UNSPACED else 0
        figures.tokens += len(tokenizer.encode(text))
    return dict(sorted(found.items(), key=lambda item: (-item[1].text_bytes, item[0])))


def longest_tokens(tokenizer: Tokenizer, count: int, han: bool) -> list[str]:
    """The longest learned tokens by characters, those of Chinese characters alone or those without any."""
    controls = set(tokenizer.special.values())
    texts = [_text(tokenizer.token_bytes(id_)) for id_ in range(tokenizer.vocab_size) if id_ not in controls]
    fitting = {text for text in texts if text and text.strip() and _is_han(text) == han}
    return sorted(fitting, key=lambda text: (-len(text), text))[:count]


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return ""


def _is_han(text: str) -> bool:
    return any(unicodedata.name(letter, "").startswith("CJK UNIFIED") for letter in text)


def pieces(tokenizer: Tokenizer, text: str) -> list[tuple[int, str]]:
    """The ids of a text, each with what it stands for: line ends as ⏎, bytes that are no whole character as <E4>."""
    return [(id_, _shown(tokenizer.token_bytes(id_))) for id_ in tokenizer.encode(text)]


def _shown(data: bytes) -> str:
    text = data.decode("utf-8", "surrogateescape")
    return "".join(_letter(letter) for letter in text)


def _letter(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":
        return f"<{ord(letter) - 0xDC00:02X}>"
    if letter == "\n":
        return "⏎"
    return letter if letter.isprintable() else f"<U+{ord(letter):04X}>"
