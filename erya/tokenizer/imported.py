"""Tokenizers that imported models need: their tokenizer.json is read by `tokenizers` itself, and never trained here.

They may change a text (case, accents, blanks), and what they do not know becomes one id. `Pieces` is SentencePiece's
kind, Unigram or BPE over characters; WordPiece and the two-sided files of OPUS-MT stand in files of their own.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, ClassVar

import tokenizers

from erya.core.errors import UserError
from erya.core.storage import sha256_json
from erya.tokenizer.encoder import ReferenceEncoder
from erya.tokenizer.files import CONFIG_NAME
from erya.tokenizer.tokenizer import Tokenizer

BLANK = "▁"
BYTE = re.compile(r"<0x([0-9A-F]{2})>")
"""A byte of a character that has no piece."""
DECISIVE = ("model", "normalizer", "pre_tokenizer", "added_tokens")


class Imported(Tokenizer):
    """A tokenizer.json that only `tokenizers` can be trusted with."""

    lossless: ClassVar[bool] = False
    roles: ClassVar[dict[str, str]]
    """What control tokens are for where the configuration does not say."""
    ends: ClassVar[str] = "eos_token"
    """The role that ends documents."""

    def __init__(self, json_text: str, config: dict[str, Any], where: str = "tokenizer") -> None:
        content = json.loads(json_text)
        added = content.get("added_tokens") or []
        ids = _numbered(content["model"]["vocab"]) | {token["content"]: token["id"] for token in added}
        known = {role: name for role, name in self.roles.items() if name in ids}
        self._json_text, self._config = json_text, {**known, **config}
        self.vocab_size = 1 + max(ids.values())
        self.pattern = None
        controls = {*self.roles.values(), *(token["content"] for token in added if token["special"])}
        self.special = {name: id_ for name, id_ in ids.items() if name in controls}
        self._check(where)
        end, pad = self._role(self.ends), self._role("pad_token")
        if end is None:
            raise UserError(f"{where}: has no end-of-text token; name one as eos_token in {CONFIG_NAME}")
        self._set_roles(end, end if pad is None else pad)
        self.sha256 = sha256_json([content.get(key) for key in DECISIVE])
        self._encoder = self._reference = ReferenceEncoder(tokenizers.Tokenizer.from_str(json_text))
        self._texts: dict[int, str] = {id_: text for text, id_ in ids.items()}
        self._special_ids = frozenset(self.special.values())

    def _check(self, where: str) -> None:
        """Raises: UserError when a control token that the kind needs is missing."""

    def encode_bytes(self, data: bytes) -> list[int]:
        """The ids of any bytes; those that are not UTF-8 become U+FFFD."""
        return self.encode(data.decode("utf-8", "replace"))

    def decode(self, ids: Iterable[int], skip_special: bool = True) -> str:
        """The text of some ids, words joined by blanks; control tokens are left out or written."""
        hidden = self._special_ids if skip_special else frozenset()
        return self._join([id_ for id_ in ids if id_ not in hidden])

    def _join(self, ids: list[int]) -> str:
        text: str = self._reference.reference.decode(ids, skip_special_tokens=False)
        return text

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of that text, control tokens written out."""
        return self.decode(ids, skip_special=False).encode()


class Pieces(Imported):
    """SentencePiece in a tokenizer.json: pieces of words, of which the first begins with a mark for the blank."""

    roles: ClassVar[dict[str, str]] = {"eos_token": "</s>", "pad_token": "<pad>"}

    def token_bytes(self, id_: int) -> bytes:
        """The bytes of one token, a blank where it begins a word."""
        return piece_bytes(self._texts.get(id_, ""))

    def begins_word(self, id_: int) -> bool:
        """Whether a token begins a word and does not go on with one."""
        return self._texts.get(id_, "").startswith(BLANK)


def piece_bytes(piece: str) -> bytes:
    """The bytes a piece stands for, a blank where it begins a word."""
    byte = BYTE.fullmatch(piece)
    return bytes([int(byte[1], 16)]) if byte else piece.replace(BLANK, " ").encode()


def _numbered(vocabulary: dict[str, int] | list[tuple[str, float]]) -> dict[str, int]:
    if isinstance(vocabulary, dict):
        return vocabulary
    return {piece: number for number, (piece, _) in enumerate(vocabulary)}


def is_pieces(model: dict[str, Any]) -> bool:
    """Whether the model of a tokenizer.json is of SentencePiece's kind: no byte-level vocabulary has its blank."""
    kind, vocabulary = model.get("type", "BPE"), model.get("vocab") or ()
    return bool(vocabulary) and (kind == "Unigram" or (kind == "BPE" and BLANK in vocabulary))
