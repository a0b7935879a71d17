"""Gopher's rules on the quality of MassiveText's web pages.

Source: Rae et al. 2021, "Scaling Language Models: Methods, Analysis & Insights from Training Gopher", appendix A.1.1.
In Chinese two characters count as a word; its words have no mean length; the stop words are FineWeb-2's for Mandarin
(Penedo et al. 2025). Other languages have no list of stop words here and are not judged by them.
"""

from erya.corpus.quality.rule import Rule
from erya.corpus.quality.text import Text

SOURCE = "Rae et al. 2021, appendix A.1.1"
BULLETS = tuple("•‣◦●○▪■□◆◇►▶★※·・*-–")
ELLIPSES = ("...", "…")
ENGLISH = ("the", "be", "to", "of", "and", "that", "have", "with")
STOP_WORDS: dict[str | None, list[tuple[str, ...]]] = {
    "en": [(word, word.title(), word.upper()) for word in ENGLISH],
    "zh": [(character,) for character in "的年在月是和日了於为為有被人中他与與后後也而由"],
}


def mean_word_length(text: Text) -> float | None:
    """Characters a word."""
    return None if text.unspaced or not text.words else text.characters / text.words


def hashes(text: Text) -> float | None:
    """Hash signs a word."""
    return text.text.count("#") / text.words if text.words else None


def ellipses(text: Text) -> float | None:
    """Ellipses a word; the Chinese `……` is one."""
    found = text.text.count("...") + text.text.count("…") - text.text.count("……")
    return found / text.words if text.words else None


def bullet_lines(text: Text) -> float | None:
    """The share of lines that begin with a bullet."""
    return sum(line.startswith(BULLETS) for line in text.lines) / len(text.lines) if text.lines else None


def ellipsis_lines(text: Text) -> float | None:
    """The share of lines that end with an ellipsis."""
    return sum(line.endswith(ELLIPSES) for line in text.lines) / len(text.lines) if text.lines else None


def stop_words(text: Text) -> float | None:
    """How many different stop words occur."""
    known = STOP_WORDS.get(text.language)
    return None if known is None else sum(not text.distinct.keys().isdisjoint(forms) for forms in known)


RULES = (
    Rule("gopher_words", "words", SOURCE, lambda text: text.words, least=50, most=100_000),
    Rule("gopher_mean_word_length", "mean word length", SOURCE, mean_word_length, least=3, most=10, wiki=True),
    Rule("gopher_hashes", "hash signs a word", SOURCE, hashes, most=0.1, wiki=True),
    Rule("gopher_ellipses", "ellipses a word", SOURCE, ellipses, most=0.1, wiki=True),
    Rule("gopher_bullet_lines", "share of lines that begin with a bullet", SOURCE, bullet_lines, most=0.9),
    Rule(
        "gopher_ellipsis_lines", "share of lines that end with an ellipsis", SOURCE, ellipsis_lines, most=0.3, wiki=True
    ),
    Rule(
        "gopher_alphabetic", "share of words with a letter", SOURCE, lambda text: text.alphabetic, least=0.8, wiki=True
    ),
    Rule("gopher_stop_words", "different stop words", SOURCE, stop_words, least=2, wiki=True),
)
