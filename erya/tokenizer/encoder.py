"""Text to ids: on `tiktoken` where its ids are provably those of `tokenizers`, otherwise on `tokenizers` itself.

`tiktoken` merges any two neighbours whose bytes together are a token, lowest rank first; `tokenizers` merges the pairs
listed, first listed first. Both give the same ids when (1) no two merges make the same token, (2) ranks grow in merge
order and both parts of a merge come before it, and (3) every token, encoded alone by `tokenizers`, comes out whole.
Then just before merge k the bytes of its token stand as its two parts, and, as neighbours in an encoding are
neighbours in the encoding of their own bytes, no other two parts ever stand side by side with those bytes: `tiktoken`
has nothing else to merge. All three are checked at load. Source: the lemma of compatible neighbours,
https://github.blog/ai-and-ml/llms/so-many-tokens-so-little-time-introducing-a-faster-more-flexible-byte-pair-tokenizer/
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import tiktoken
import tokenizers

from erya.tokenizer.files import Vocabulary, byte_letters
from erya.tokenizer.pattern import PROVEN_PATTERNS


class Encoder(Protocol):
    """Ordinary text to ids: control tokens written in the text are text."""

    def encode_ordinary(self, text: str) -> list[int]:
        """The ids of one text."""

    def encode_spans(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids of one text and, for each, the characters [begin, end) of the text it is of."""


class FastEncoder(tiktoken.Encoding):
    """`tiktoken`, whose tokens' bytes one after the other are the text's."""

    def encode_spans(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids of one text and, for each, the characters [begin, end) of the text it is of."""
        ids = self.encode_ordinary(text)
        return ids, byte_spans(text, [len(self.decode_single_token_bytes(id_)) for id_ in ids])


class ReferenceEncoder:
    """`tokenizers` itself, for files that only it can be trusted to read."""

    def __init__(self, reference: tokenizers.Tokenizer) -> None:
        self.reference = reference
        reference.encode_special_tokens = True
        reference.no_truncation()
        reference.no_padding()

    def encode_ordinary(self, text: str) -> list[int]:
        """The ids of one text."""
        return list(self.reference.encode(replace_surrogates(text), add_special_tokens=False).ids)

    def encode_spans(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids of one text and, for each, the characters [begin, end) of the text it is of."""
        encoding = self.reference.encode(replace_surrogates(text), add_special_tokens=False)
        return list(encoding.ids), list(encoding.offsets)


def byte_spans(text: str, sizes: Sequence[int]) -> list[tuple[int, int]]:
    """For tokens of so many bytes one after the other, the characters [begin, end) of the text each is of."""
    if not sizes:
        return []
    # The character of each byte: one begins with every byte that does not go on with another.
    bytes_ = np.frombuffer(replace_surrogates(text).encode(), np.uint8)
    characters = np.cumsum((bytes_ & 0xC0) != 0x80) - 1
    ends = np.cumsum(sizes)
    begins = np.concatenate([[0], ends[:-1]])
    return list(zip(characters[begins].tolist(), (characters[ends - 1] + 1).tolist(), strict=True))


def replace_surrogates(text: str) -> str:
    """The text with U+FFFD for what is half a character."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def make_encoder(vocabulary: Vocabulary, json_text: str) -> Encoder:
    """The fastest encoder whose ids are those of `tokenizers`."""
    reference = tokenizers.Tokenizer.from_str(json_text)
    if vocabulary.added or vocabulary.pattern not in PROVEN_PATTERNS or not _ranks_are_merges(vocabulary, reference):
        return ReferenceEncoder(reference)
    # No special tokens are given to it, so that no text can ever yield one.
    return FastEncoder("erya", pat_str=vocabulary.pattern, mergeable_ranks=vocabulary.learned, special_tokens={})


def _ranks_are_merges(vocabulary: Vocabulary, reference: tokenizers.Tokenizer) -> bool:
    ids = vocabulary.learned
    highest = -1
    products = set()
    for left, right in vocabulary.merges:
        rank = ids.get(left + right, -1)
        if rank <= highest or ids.get(left, rank) >= rank or ids.get(right, rank) >= rank:
            return False
        highest = rank
        products.add(left + right)
    if len(ids) != 256 + len(products):
        return False
    return _whole(vocabulary, reference)


def _whole(vocabulary: Vocabulary, reference: tokenizers.Tokenizer) -> bool:
    letters = {byte: letter for letter, byte in byte_letters().items()}
    model = reference.model
    for token, id_ in vocabulary.learned.items():
        pieces: Sequence[tokenizers.Token] = model.tokenize("".join(letters[byte] for byte in token))
        if len(pieces) != 1 or pieces[0].id != id_:
            return False
    return True
