"""WordPiece, the tokenizer of imported BERT models: a tokenizer.json or a vocab.txt in, ids as in `transformers` out.

Source: the vocab.txt and tokenization.py of https://github.com/google-research/bert
"""

import json
from pathlib import Path
from typing import Any, ClassVar

from erya.core.errors import UserError
from erya.tokenizer.imported import Imported

UNKNOWN, CLS, SEP, PAD, MASK = CONTROLS = ("[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]")
CONTINUATION = "##"
LONGEST_WORD = 100


class WordPiece(Imported):
    """A WordPiece tokenizer; its separator ends documents."""

    roles: ClassVar[dict[str, str]] = {
        "unk_token": UNKNOWN,
        "cls_token": CLS,
        "sep_token": SEP,
        "pad_token": PAD,
        "mask_token": MASK,
    }
    ends: ClassVar[str] = "sep_token"

    def _check(self, where: str) -> None:
        missing = [name for name in CONTROLS if name not in self.special]
        if missing:
            raise UserError(f"{where}: a WordPiece tokenizer without {', '.join(missing)}; expected that of a BERT")

    def token_bytes(self, id_: int) -> bytes:
        """The bytes of one token, without the mark that it goes on with a word."""
        return self._texts.get(id_, "").removeprefix(CONTINUATION).encode()

    def begins_word(self, id_: int) -> bool:
        """Whether a token begins a word and does not go on with one."""
        return not self._texts.get(id_, "").startswith(CONTINUATION)


def is_wordpiece(model: dict[str, Any]) -> bool:
    """Whether the model of a tokenizer.json is of this kind, and whole."""
    return model.get("type") == "WordPiece" and bool(model.get("vocab"))


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
