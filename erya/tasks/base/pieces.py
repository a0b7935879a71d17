"""A text longer than a model reads, cut at its sentences into pieces that the model reads whole.

In: a text, its language and how many tokens there is room for. Out: its pieces in order, each of whole sentences.
"""

from collections.abc import Iterator

from erya.corpus.sentences import sentence_spans
from erya.tokenizer.tokenizer import Tokenizer


def pieces(text: str, tokenizer: Tokenizer, language: str, room: int) -> Iterator[str]:
    """The text in as few pieces of whole sentences as `room` tokens allow; a sentence longer than that is halved.

    None has white space around it. A blank text has none.
    """
    spans = [(0, len(text))] if fits(text, tokenizer, room) else sentence_spans(text, language)
    piece = ""
    for start, end in spans:
        for part in _halved(text[start:end], tokenizer, room):
            if fits(piece + part, tokenizer, room):
                piece += part
            else:
                if piece.strip():
                    yield piece.strip()
                piece = part
    if piece.strip():
        yield piece.strip()


def fits(text: str, tokenizer: Tokenizer, room: int) -> bool:
    """Whether a text, without the white space around it, has at most `room` tokens."""
    # A token is a byte or more, a character four bytes at the most: what is surely short need not be encoded.
    return 4 * len(text) <= room or len(tokenizer.encode(text.strip())) <= room


def _halved(text: str, tokenizer: Tokenizer, room: int) -> list[str]:
    if fits(text, tokenizer, room) or len(text) < 2:
        return [text]
    middle = len(text) // 2
    space = text.rfind(" ", 1, middle)
    cut = space if space > 0 else middle
    return [*_halved(text[:cut], tokenizer, room), *_halved(text[cut:], tokenizer, room)]
