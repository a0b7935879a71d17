"""The verdict on one document: the first rule that it breaks."""

import math
from dataclasses import dataclass

from erya.corpus.language import identify
from erya.corpus.quality.options import QualityOptions
from erya.corpus.quality.text import Text
from erya.corpus.quality.toxic import toxic_share
from erya.corpus.records import Document


@dataclass(frozen=True, slots=True)
class Finding:
    """The rule that a document breaks, and how: what was measured and what is allowed."""

    rule: str
    detail: str


def judge(document: Document, options: QualityOptions) -> Finding | None:
    """The first rule that a document breaks: language, length, toxic words, then the published rules in order."""
    length = len(document.text)
    if options.languages and document.language not in options.languages:
        return Finding("language", f"{document.language or 'unknown'}, wanted {' or '.join(options.languages)}")
    if length < options.min_characters:
        return Finding("length", f"{length:,} characters, allowed at least {options.min_characters:,}")
    if options.max_characters is not None and length > options.max_characters:
        return Finding("length", f"{length:,} characters, allowed at most {options.max_characters:,}")
    chosen = options.chosen()
    if not chosen and not options.toxic_words:
        return None
    text = Text(document.text, document.language or identify(document.text))
    if options.toxic_words and (share := toxic_share(text, options.toxic_words)) > options.max_toxic_fraction:
        limit = _interval(-math.inf, options.max_toxic_fraction)
        return Finding("toxic_words", f"share of characters in toxic words {share:.4g}, allowed {limit}")
    for rule in chosen:
        value = rule.measure(text)
        least, most = rule.unspaced if rule.unspaced and text.unspaced else (rule.least, rule.most)
        least, most = options.least.get(rule.name, least), options.most.get(rule.name, most)
        if value is not None and not least <= value <= most:
            return Finding(rule.name, f"{rule.title} {value:.4g}, allowed {_interval(least, most)}")
    return None


def _interval(least: float, most: float) -> str:
    if least == -math.inf:
        return f"at most {most:.6g}"
    return f"at least {least:.6g}" if most == math.inf else f"{least:.6g} to {most:.6g}"
