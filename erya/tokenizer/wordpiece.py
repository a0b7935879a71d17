"""WordPiece, the tokenizer of imported BERT models: a tokenizer.json or a vocab.txt in, ids as in `transformers` out.

It is read for the models that need it and never trained: it changes the text (case, accents, blanks), and what it does
not know becomes one id. Source: the vocab.txt and tokenization.py of https://github.com/google-research/bert
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

import tokenizers

from erya.core.errors import UserError
from erya.core.storage import sha256_json
from erya.tokenizer.encoder import ReferenceEncoder
from erya.tokenizer.tokenizer import Tokenizer

UNKNOWN, CLS, SEP, PAD, MASK = CONTROLS = ("[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]")
CONTINUATION = "##"
LONGEST_WORD = 100


class WordPiece(Tokenizer):
    """A WordPiece tokenizer; its separator ends documents."""

    lossless: ClassVar[bool] = False

    def __init__(self, json_text: str, config: dict[str, Any], where: str = "tokenizer") -> None:
        content = json.loads(json_text)
        vocabulary, added = content["model"]["vocab"], content.get("added_tokens") or []
        ids = vocabulary | {token["content"]: token["id"] for token in added}
        self._json_text, self._config = json_text, config
        self.vocab_size = 1 + max(ids.values())
        controls = {*CONTROLS, *(token["content"] for token in added if token["special"])}
        self.special = {name: id_ for name, id_ in ids.items() if name in controls}
        self.pattern = None
        missing = [name for name in CONTROLS if name not in self.special]
        if missing:
            raise UserError(f"{where}: a WordPiece tokenizer without {', '.join(missing)}; expected that of a BERT")
        self._config = {"cls_token": CLS, "sep_token": SEP, "mask_token": MASK, "pad_token": PAD, **config}
        self._set_roles(self.special[SEP], self.special[PAD])
        self.sha256 = sha256_json(
            [content.get(key) for key in ("model", "normalizer", "pre_tokenizer", "added_tokens")]
        )
        self._encoder = self._reference = ReferenceEncoder(tokenizers.Tokenizer.from_str(json_text))
        self._texts = {id_: text for text, id_ in ids.items()}
        self._special_ids = frozenset(self.special.values())

    def encode_bytes(self, data: bytes) -> list[int]:
        """The ids of any bytes; those that are not UTF-8 become U+FFFD."""
        return self.encode(data.decode("utf-8", "replace"))

    def decode(self, ids: Iterable[int], skip_special: bool = True) -> str:
        """The text of some ids, words joined by blanks; control tokens are left out or written."""
        hidden = self._special_ids if skip_special else frozenset()
        shown = [id_ for id_ in ids if id_ not in hidden]
        text: str = self._reference.reference.decode(shown, skip_special_tokens=False)
        return text

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of that text, control tokens written out."""
        return self.decode(ids, skip_special=False).encode()

    def token_bytes(self, id_: int) -> bytes:
        """The bytes of one token, without the mark that it goes on with a word."""
        text: str = self._texts.get(id_, "")
        return text.removeprefix(CONTINUATION).encode()

    def begins_word(self, id_: int) -> bool:
        """Whether a token begins a word and does not go on with one."""
        return not self._texts.get(id_, "").startswith(CONTINUATION)


def is_one(json_text: str) -> bool:
    """Whether the text of a tokenizer.json is of this kind, and whole."""
    content = json.loads(json_text)
    model = content.get("model") if isinstance(content, dict) else None
    return isinstance(model, dict) and model.get("type") == "WordPiece" and bool(model.get("vocab"))


def read_vocabulary(path: Path, config: dict[str, Any]) -> str:
    """The tokenizer.json that a vocab.txt stands for: one token a line, its id the line's number from 0.

    Raises: UserError when the file is not UTF-8 or has no control tokens.
    """
    try:
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: not UTF-8 text ({error.reason} at byte {error.start}); copy the model again"
        ) from None
    vocabulary = {line.removesuffix("\r"): number for number, line in enumerate(lines)}
    missing = [name for name in CONTROLS if name not in vocabulary]
    if missing:
        raise UserError(f"{path}: has no {', '.join(missing)}; expected the vocab.txt of a BERT, one token a line")
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    normalizer = {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": config.get("tokenize_chinese_chars", True),
        "strip_accents": config.get("strip_accents"),
        "lowercase": config.get("do_lower_case", True),
    }
    model = {
        "type": "WordPiece",
        "unk_token": UNKNOWN,
        "continuing_subword_prefix": CONTINUATION,
        "max_input_chars_per_word": LONGEST_WORD,
        "vocab": vocabulary,
    }
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": vocabulary[name], "content": name, **plain} for name in sorted(CONTROLS, key=vocabulary.__getitem__)
        ],
        "normalizer": normalizer,
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "BertProcessing",
            "sep": [SEP, vocabulary[SEP]],
            "cls": [CLS, vocabulary[CLS]],
        },
        "decoder": {"type": "WordPiece", "prefix": CONTINUATION, "cleanup": True},
        "model": model,
    }
    return json.dumps(content, ensure_ascii=False, indent=2)
