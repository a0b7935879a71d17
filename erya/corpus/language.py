"""Which language a text is in, told by py3langid, whose model is part of its package."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

PREFIX_CHARACTERS = 500
SURE = 0.75
ENOUGH_CHARACTERS = 200
VERY_SURE = 0.99
SAMPLE_CHARACTERS = 4000
FEW_LETTERS = 12
HAN = re.compile(r"[\u3400-\u9fff]")
WITH_HAN = ("zh", "ja", "ko", "yue", "wuu")


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def identify(text: str, declared: str | None = None) -> str | None:
    """The ISO 639-1 code of a text's language; a declared one stands unless a long text surely says otherwise."""
    prefix = text[:PREFIX_CHARACTERS]
    if not any(character.isalpha() for character in prefix):
        return declared
    if declared is not None and declared not in WITH_HAN and 2 * len(HAN.findall(prefix)) > len(prefix):
        return "zh"  # Japanese has more kana than that
    language, probability = _identifier().classify(prefix)
    sure = probability >= SURE and len(prefix) >= ENOUGH_CHARACTERS
    return str(language) if declared is None or sure else declared


def other_language(texts: Iterable[str], expected: str) -> str | None:
    """The language some texts together are surely in, where it is another than expected; None where it may be that.

    Chinese is told by its characters, which a few are enough for; other languages need a longer sample.
    """
    sample = ""
    for text in texts:
        sample += f"{text[:PREFIX_CHARACTERS]}\n"
        if len(sample) > SAMPLE_CHARACTERS:
            break
    letters = sum(character.isalpha() for character in sample)
    if letters < FEW_LETTERS and expected in WITH_HAN:
        return None
    if expected not in WITH_HAN and len(HAN.findall(sample)) > letters / 2:
        return "zh"
    if len(sample) < ENOUGH_CHARACTERS or not letters:
        return None
    language, probability = _identifier().classify(sample)
    return str(language) if language != expected and probability >= VERY_SURE else None
