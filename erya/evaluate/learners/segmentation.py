"""Where words begin and end, learned from texts: for baselines that translate and compare by words.

Texts in; `cut` gives the words of another, `join` a text of words. Text that a tokenizer has been over is cut at its
spaces, other spaced text at its punctuation too, Chinese and Japanese by the longest match in a lexicon of characters
that stand together more often than chance brings them together.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Protocol

from erya.evaluate.scoring.translations import looks_tokenized

LONGEST_WORD = 4  # characters
LEAST_COUNT = 3
LEAST_COHESION = 20.0  # times as often as by chance; of 5, 20 and 50 the best into Chinese on held-out Tatoeba

_SPACED = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")
_UNSPACED = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_MIXED = re.compile(rf"[{_UNSPACED}]+|[^\W{_UNSPACED}]+(?:['’-][^\W{_UNSPACED}]+)*|[^\w\s]")
_RUN = re.compile(rf"[{_UNSPACED}]+")
_LETTER = re.compile(r"[^\W\d_]")
_BEFORE_MARK = re.compile(r"\s+([.,!?;:)\]}%…»])")
_AFTER_MARK = re.compile(r"([(\[{¿¡«])\s+")
_BETWEEN_LATIN = re.compile(r"(?<=[A-Za-z0-9])\0(?=[A-Za-z0-9])")


class Segmenter(Protocol):
    """How texts of one language are cut into words and put together again."""

    def cut(self, text: str) -> list[str]:
        """The words of a text, each mark of punctuation one."""

    def join(self, words: Sequence[str]) -> str:
        """The text of words."""


def learn_segmenter(texts: Sequence[str]) -> Segmenter:
    """How texts like these are cut, told from their script and punctuation."""
    sample = "\n".join(texts)
    unspaced = sum(len(run) for run in _RUN.findall(sample))
    if unspaced > len(_LETTER.findall(sample)) / 2:
        return ByLexicon(texts)
    return AtSpaces() if looks_tokenized(texts) else AtPunctuation(texts)


class AtSpaces:
    """Words as a tokenizer has left them, one space apart."""

    def cut(self, text: str) -> list[str]:
        """The words of a text."""
        return text.split()

    def join(self, words: Sequence[str]) -> str:
        """The text of words."""
        return " ".join(words)


class AtPunctuation:
    """Words of a language with spaces; a text's first word loses a capital that it has for being first only."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._inside = Counter(word for text in texts for word in _SPACED.findall(text)[1:])
        self._capital = 2 * sum(text[:1].isupper() for text in texts) > len(texts)

    def cut(self, text: str) -> list[str]:
        """The words of a text."""
        words = _SPACED.findall(text)
        if words and self._inside[words[0].lower()] >= self._inside[words[0]]:
            words[0] = words[0].lower()
        return words

    def join(self, words: Sequence[str]) -> str:
        """The text of words, with a capital where the texts learned from have one."""
        text = _AFTER_MARK.sub(r"\1", _BEFORE_MARK.sub(r"\1", " ".join(words)))
        return text[:1].upper() + text[1:] if self._capital else text


class ByLexicon:
    """Words of a language without spaces, by forward maximum matching against a lexicon learned from texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts: Counter[str] = Counter()
        for text in texts:
            for run in _RUN.findall(text):
                for length in range(1, LONGEST_WORD + 1):
                    counts.update(run[at : at + length] for at in range(len(run) - length + 1))
        characters = sum(count for part, count in counts.items() if len(part) == 1)
        self._lexicon = {part for part in counts if _coheres(part, counts, characters)}

    def cut(self, text: str) -> list[str]:
        """The words of a text."""
        words: list[str] = []
        for part in _MIXED.findall(text):
            words += self._matched(part) if _RUN.match(part) else [part]
        return words

    def join(self, words: Sequence[str]) -> str:
        """The text of words, with a space only between two that are not in this script."""
        return _BETWEEN_LATIN.sub(" ", "\0".join(words)).replace("\0", "")

    def _matched(self, run: str) -> Iterator[str]:
        at = 0
        while at < len(run):
            lengths = range(LONGEST_WORD, 1, -1)
            length = next((length for length in lengths if run[at : at + length] in self._lexicon), 1)
            yield run[at : at + length]
            at += length


def _coheres(part: str, counts: Counter[str], characters: int) -> bool:
    """Whether characters come together often, wherever they are parted."""
    if len(part) == 1 or counts[part] < LEAST_COUNT:
        return False
    halves = (counts[part[:at]] * counts[part[at:]] for at in range(1, len(part)))
    return all(counts[part] * characters >= LEAST_COHESION * chance for chance in halves)
