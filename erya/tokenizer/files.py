"""The border with tokenizer.json: what a byte-level BPE file says, without any library's objects."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from erya.core.errors import UserError
from erya.core.storage import read_json, sha256_json
from erya.tokenizer.pattern import GPT2_PATTERN
from erya.tokenizer.special import END_OF_TEXT, MASK, PAD

JSON_NAME = "tokenizer.json"
VOCABULARY_NAME = "vocab.txt"
SOURCE_NAME, TARGET_NAME, VOCAB_NAME = "source.spm", "target.spm", "vocab.json"
CONFIG_NAME = "tokenizer_config.json"


def byte_letters() -> dict[str, int]:
    """The letter that stands for each byte in a byte-level vocabulary, and that byte.

    Source: https://github.com/openai/gpt-2/blob/master/src/encoder.py (bytes_to_unicode)
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    letters = {chr(byte): byte for byte in printable}
    return letters | {chr(256 + number): byte for number, byte in enumerate(others)}


@dataclass(frozen=True)
class Vocabulary:
    """What determines ids: learned tokens, merges in order, the pattern, and the tokens added beside them."""

    learned: dict[bytes, int]
    merges: list[tuple[bytes, bytes]]
    pattern: str | None
    """None when text is prepared in a way that only `tokenizers` itself can repeat."""
    special: dict[str, int]
    added: dict[str, int]
    """Added tokens that are not control tokens: `tokenizers` finds them in any text."""
    sha256: str

    @property
    def size(self) -> int:
        """One more than the highest id."""
        return 1 + max(max(ids.values(), default=0) for ids in (self.learned, self.special, self.added))


def read_vocabulary(content: dict[str, Any], where: str) -> Vocabulary:
    """The vocabulary in the content of a tokenizer.json.

    Raises: UserError when it is not a byte-level BPE.
    """
    model = content.get("model") or {}
    if model.get("type", "BPE") != "BPE" or not {"vocab", "merges"} <= model.keys():
        raise UserError(f"{where}: is a {model.get('type')} tokenizer; BPE, Unigram and WordPiece are read")
    letters = byte_letters()
    added = content.get("added_tokens") or []
    outside = {token["content"] for token in added}
    try:
        learned = {_to_bytes(text, letters): id_ for text, id_ in model["vocab"].items() if text not in outside}
        pairs = [tuple(merge.split(" ")) if isinstance(merge, str) else tuple(merge) for merge in model["merges"]]
        merges = [(_to_bytes(left, letters), _to_bytes(right, letters)) for left, right in pairs]
    except (KeyError, ValueError):
        raise UserError(f"{where}: its tokens are not made of bytes; only byte-level BPE is supported") from None
    if any(bytes([byte]) not in learned for byte in range(256)):
        raise UserError(f"{where}: not every byte has a token, so some text could not be encoded")
    return Vocabulary(
        learned=learned,
        merges=merges,
        pattern=_pattern(content) if _is_plain(model) else None,
        special={token["content"]: token["id"] for token in added if token["special"]},
        added={token["content"]: token["id"] for token in added if not token["special"]},
        sha256=_identity(content, pairs),
    )


def _to_bytes(text: str, letters: dict[str, int]) -> bytes:
    return bytes(letters[letter] for letter in text)


def _is_plain(model: dict[str, Any]) -> bool:
    odd = ("dropout", "ignore_merges", "byte_fallback", "continuing_subword_prefix", "end_of_word_suffix")
    return not any(model.get(key) for key in odd)


def _pattern(content: dict[str, Any]) -> str | None:
    """The regular expression that cuts the text, when that and bytes are all there is."""
    if content.get("normalizer"):
        return None
    step = content.get("pre_tokenizer") or {}
    steps = step.get("pretokenizers", [step])
    split, level = (steps[0], steps[-1]) if len(steps) == 2 else (None, steps[-1])
    if level.get("type") != "ByteLevel" or level.get("add_prefix_space") or len(steps) > 2:
        return None
    if split is None:
        return GPT2_PATTERN if level.get("use_regex", True) else None
    plain = split.get("behavior") == "Isolated" and not split.get("invert") and not level.get("use_regex", True)
    return split["pattern"].get("Regex") if split.get("type") == "Split" and plain else None


def _identity(content: dict[str, Any], pairs: list[tuple[str, ...]]) -> str:
    """The sha256 of what determines ids, whichever library wrote the file and however it is laid out."""
    added = [(token["content"], token["id"], token["special"]) for token in content.get("added_tokens") or []]
    parts = (content["model"]["vocab"], pairs, content.get("normalizer"), content.get("pre_tokenizer"), sorted(added))
    return sha256_json(parts)


def read_directory(path: Path) -> tuple[str, dict[str, Any]]:
    """The text of tokenizer.json and the content of tokenizer_config.json beside it (empty when there is none).

    Raises: UserError when there is no readable tokenizer.json.
    """
    file = path / JSON_NAME if path.is_dir() else path
    if not file.is_file():
        raise UserError(f"{path}: has no {JSON_NAME}; expected a tokenizer or model directory, or the file itself")
    try:
        text = file.read_text(encoding="utf-8")
        content = json.loads(text)
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: not readable as JSON ({error})") from None
    if not isinstance(content, dict) or not isinstance(content.get("model"), dict):
        raise UserError(f"{file}: describes no tokenizer's model; copy the file again")
    return text, read_config(file.parent)


def read_config(directory: Path) -> dict[str, Any]:
    """The content of tokenizer_config.json; empty when there is none."""
    config = directory / CONFIG_NAME
    return read_json(config) if config.is_file() else {}


def languages_of(config: dict[str, Any]) -> tuple[str, str] | None:
    """From which language to which a published translation model goes, where its tokenizer_config.json says so."""
    source, target = (config.get(f"{side}_lang") for side in ("source", "target"))
    return (source, target) if isinstance(source, str) and isinstance(target, str) else None


def has_tokenizer(directory: Path) -> bool:
    """Whether a directory holds a tokenizer we read: a tokenizer.json, or what older BERT and Marian models have."""
    return any((directory / name).is_file() for name in (JSON_NAME, VOCABULARY_NAME, SOURCE_NAME))


def default_config() -> dict[str, Any]:
    """The tokenizer_config.json of a tokenizer made here: the class name every version of `transformers` knows.

    The end-of-text opens an encoder's text and parts its segments too, as it parts documents in pretraining.
    """
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": END_OF_TEXT,
        "eos_token": END_OF_TEXT,
        "pad_token": PAD,
        "cls_token": END_OF_TEXT,
        "sep_token": END_OF_TEXT,
        "mask_token": MASK,
        "clean_up_tokenization_spaces": False,
    }
