"""Which language a text is in, told by py3langid, whose model is part of its package."""

from functools import cache
from typing import Any

PREFIX_CHARACTERS = 500
SURE = 0.75
ENOUGH_CHARACTERS = 200


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def identify(text: str, declared: str | None = None) -> str | None:
    """The ISO 639-1 code of a text's language; a declared one stands unless a long text surely says otherwise."""
    prefix = text[:PREFIX_CHARACTERS]
    if not any(character.isalpha() for character in prefix):
        return declared
    language, probability = _identifier().classify(prefix)
    sure = probability >= SURE and len(prefix) >= ENOUGH_CHARACTERS
    return str(language) if declared is None or sure else declared
