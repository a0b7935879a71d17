"""SentencePiece, the tokenizer of imported Marian models: one for what is given, one for what is written.

In: source.spm, target.spm and vocab.json, as the OPUS-MT models have them. Out: ids as `transformers`' MarianTokenizer
gives them; what is saved are the files that were read. The package `sentencepiece` is an optional extra.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from erya.core.errors import UserError
from erya.core.storage import read_json, write_atomic, write_json
from erya.tokenizer.encoder import replace_surrogates
from erya.tokenizer.files import CONFIG_NAME, SOURCE_NAME, TARGET_NAME, VOCAB_NAME, languages_of, read_config
from erya.tokenizer.imported import BLANK, piece_bytes
from erya.tokenizer.tokenizer import Tokenizer

FILES = (SOURCE_NAME, TARGET_NAME, VOCAB_NAME)
EXTRA = "pip install 'erya[sentencepiece]'"
END, UNKNOWN, PAD = "</s>", "<unk>", "<pad>"
CODE = (">>", "<<")  # around the wanted language, before the text given to a model of several


class Side:
    """One SentencePiece model whose pieces have the ids of a shared vocabulary."""

    def __init__(self, content: bytes, ids: Mapping[str, int], where: Path) -> None:
        try:
            from sentencepiece import SentencePieceProcessor
        except ImportError:
            raise UserError(f"{where}: a SentencePiece model, and sentencepiece is not installed: {EXTRA}") from None
        try:
            self.processor = SentencePieceProcessor(model_proto=content)
        except RuntimeError:
            raise UserError(f"{where}: not a SentencePiece model; copy the model again") from None
        self.ids, self.unknown = ids, ids[UNKNOWN]

    def encode(self, text: str) -> list[int]:
        """The ids of one text, its language code first where it has one."""
        code, text = _coded(text)
        pieces = [*code, *self.processor.encode(replace_surrogates(text), out_type=str)]
        return [self.ids.get(piece, self.unknown) for piece in pieces]


def _coded(text: str) -> tuple[list[str], str]:
    opening, closing = CODE
    end = text.find(closing) if text.startswith(opening) else -1
    return ([], text) if end < 0 else ([text[: end + len(closing)]], text[end + len(closing) :])


class SentencePiece(Tokenizer):
    """The two tokenizers of a Marian model, which share a vocabulary."""

    lossless: ClassVar[bool] = False

    def __init__(self, directory: Path) -> None:
        self._files = _read_files(directory)
        self._config = read_config(directory)
        ids = _vocabulary(directory / VOCAB_NAME, self._config)
        self._texts = {id_: piece for piece, id_ in ids.items()}
        self.vocab_size = 1 + max(self._texts)
        # The unknown is no control token: a text gives it, and the published models may write it.
        self.special = {name: ids[name] for name in (END, PAD) if name in ids}
        self.pattern = None
        self._set_roles(ids[END], ids[PAD])
        self._hidden = frozenset([*self.special.values(), ids[UNKNOWN]])
        self.sha256 = hashlib.sha256(b"".join(hashlib.sha256(it).digest() for it in self._files.values())).hexdigest()
        self._source = Side(self._files[SOURCE_NAME], ids, directory / SOURCE_NAME)
        self._target = Side(self._files[TARGET_NAME], ids, directory / TARGET_NAME)

    @property
    def languages(self) -> tuple[str, str] | None:
        """From which language to which its model translates, where the configuration says so."""
        return languages_of(self._config)

    def encode(self, text: str) -> list[int]:
        """The ids of a text as what is given."""
        return self._source.encode(text)

    def encode_wanted(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of several texts as what is written."""
        return [self._target.encode(text) for text in texts]

    def encode_spans(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Refused: a Marian model marks no spans."""
        del text
        raise UserError("the tokenizer of a Marian model does not tell the places of its tokens")

    def encode_bytes(self, data: bytes) -> list[int]:
        """The ids of any bytes; those that are not UTF-8 become U+FFFD."""
        return self.encode(data.decode("utf-8", "replace"))

    def decode(self, ids: Iterable[int], skip_special: bool = True) -> str:
        """The text of some ids as what is written; control tokens and the unknown are left out or written."""
        shown = [id_ for id_ in ids if not (skip_special and id_ in self._hidden)]
        text, pieces = "", list[str]()
        for id_ in shown:
            if id_ in self._hidden:
                text, pieces = f"{text}{self._joined(pieces)}{self._texts[id_]} ", []
            else:
                pieces.append(self._texts.get(id_, UNKNOWN))
        return (text + self._joined(pieces)).replace(BLANK, " ").strip()

    def _joined(self, pieces: list[str]) -> str:
        joined: str = self._target.processor.decode_pieces(pieces)
        return joined

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of that text, control tokens written out."""
        return self.decode(ids, skip_special=False).encode()

    def token_bytes(self, id_: int) -> bytes:
        """The bytes of one token, a blank where it begins a word."""
        return piece_bytes(self._texts.get(id_, ""))

    def begins_word(self, id_: int) -> bool:
        """Whether a token begins a word and does not go on with one."""
        return self._texts.get(id_, "").startswith(BLANK)

    def save(self, directory: Path) -> None:
        """Write the files that were read, and tokenizer_config.json."""
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in self._files.items():
            write_atomic(directory / name, content)
        write_json(directory / CONFIG_NAME, self._config)


def _read_files(directory: Path) -> dict[str, bytes]:
    missing = [name for name in FILES if not (directory / name).is_file()]
    if missing:
        raise UserError(f"{directory}: a Marian tokenizer without {', '.join(missing)}; copy the model again")
    return {name: (directory / name).read_bytes() for name in FILES}


def _vocabulary(path: Path, config: Mapping[str, Any]) -> dict[str, int]:
    ids = read_json(path)
    if not isinstance(ids, dict) or not all(isinstance(id_, int) for id_ in ids.values()):
        raise UserError(f"{path}: expected an object of pieces and their ids; copy the model again")
    missing = [name for name in (END, UNKNOWN, PAD) if name not in ids]
    if missing:
        raise UserError(f"{path}: has no {', '.join(missing)}; expected the vocabulary of a Marian model")
    if config.get("separate_vocabs"):
        raise UserError(f"{path.parent}: its two sides have vocabularies of their own; only shared ones are supported")
    return ids
