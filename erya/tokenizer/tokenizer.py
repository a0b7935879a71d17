"""The tokenizer: text to ids and back, with no id lost and no control id from a user's text."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from erya.core.errors import UserError
from erya.core.storage import write_atomic, write_json
from erya.tokenizer.dropout import Cuttings, DropoutEncoder
from erya.tokenizer.encoder import Encoder, FastEncoder, make_encoder
from erya.tokenizer.files import (
    CONFIG_NAME,
    JSON_NAME,
    SOURCE_NAME,
    VOCABULARY_NAME,
    default_config,
    read_config,
    read_directory,
    read_vocabulary,
)
from erya.tokenizer.pattern import PATTERN
from erya.tokenizer.special import END_OF_TEXT, MASK, PAD, SPECIAL_TOKENS

BYTES = 256
# A pair seen once teaches nothing, and would make the vocabulary learn single documents by heart.
MIN_PAIR_COUNT = 2
# `tokenizers` reads 256 texts ahead; cutting long documents keeps that to 256 × 64 Ki characters.
PIECE_CHARACTERS = 65_536
THREE_BYTES = 0xE0  # the first byte of a character that takes three: Chinese and most others without spaces
IDEOGRAPHS = ("\u2e80", "\u9fff")
REPLACEMENT = "\ufffd"
_NOT_UTF8 = re.compile("[\udc80-\udcff]+")


class Tokenizer:
    """A byte-level BPE tokenizer: `vocab_size` ids from 0, control tokens included."""

    lossless: ClassVar[bool] = True
    """Whether decoding gives every text back as it was."""
    pattern: str | None
    special: dict[str, int]

    def __init__(self, json_text: str, config: dict[str, Any], where: str = "tokenizer") -> None:
        self._json_text = json_text
        self._config = config
        vocabulary = read_vocabulary(json.loads(json_text), where)
        self.vocab_size = vocabulary.size
        self.sha256 = vocabulary.sha256
        self.pattern = vocabulary.pattern
        self.special = vocabulary.special
        end = self._role("eos_token", (END_OF_TEXT, "<|end_of_text|>", "</s>"))
        if end is None:
            raise UserError(f"{where}: has no end-of-text token; name one as eos_token in {CONFIG_NAME}")
        pad = self._role("pad_token", (PAD,))
        self._set_roles(end, end if pad is None else pad)
        self._encoder: Encoder = make_encoder(vocabulary, json_text)
        self._bytes = [b""] * self.vocab_size
        for token, id_ in vocabulary.learned.items():
            self._bytes[id_] = token
        for text, id_ in (vocabulary.special | vocabulary.added).items():
            self._bytes[id_] = text.encode()
        self._byte_ids = [vocabulary.learned[bytes([byte])] for byte in range(BYTES)]
        self._special_ids = frozenset(self.special.values())

    @property
    def languages(self) -> tuple[str, str] | None:
        """From which language to which a model of this tokenizer translates, where its own files say so."""
        return None

    def _set_roles(self, end: int, pad: int) -> None:
        """What some control tokens are for; the end-of-text opens an encoder's text and parts it, unless others do."""
        opens, parts = self._role("cls_token"), self._role("sep_token")
        self.end_of_text_id, self.pad_id = end, pad
        self.cls_id, self.sep_id = end if opens is None else opens, end if parts is None else parts
        self.mask_id = self._role("mask_token", (MASK,))

    def _role(self, key: str, names: Sequence[str] = ()) -> int | None:
        value = self._config.get(key)
        named = value["content"] if isinstance(value, dict) else value
        return next((self.special[name] for name in (named, *names) if name in self.special), None)

    def encode(self, text: str) -> list[int]:
        """The ids of a text; never a control id, whatever the text says."""
        return self._encoder.encode_ordinary(text)

    def encode_batch(self, texts: Sequence[str], threads: int = 2) -> list[list[int]]:
        """The ids of several texts, encoded on `threads` threads."""
        if threads < 2:
            return self._encode_all(texts)
        # A task for each text would cost more than encoding a short one.
        size = max(1, len(texts) // (4 * threads))
        chunks = [texts[start : start + size] for start in range(0, len(texts), size)]
        with ThreadPoolExecutor(threads) as pool:
            return list(chain.from_iterable(pool.map(self._encode_all, chunks)))

    def encode_wanted(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of several texts as what a model is to write, which some imported ones encode by other rules."""
        return self.encode_batch(texts)

    def with_dropout(self, rate: float, seed: int) -> Callable[[int], "Tokenizer"]:
        """For each epoch this tokenizer with BPE-dropout: each merge of a word is left out with the chance `rate`.

        Raises: UserError when it is none whose ranks are its merges, as some imported ones are not.
        """
        if not isinstance(self._encoder, FastEncoder):
            raise UserError(
                "training.bpe_dropout: only a byte-level BPE tokenizer such as Erya trains can do it; leave it out"
            )
        assert self.pattern is not None
        ranks = {token: id_ for id_, token in enumerate(self._bytes) if id_ not in self._special_ids}
        cuttings = Cuttings(self._encoder, ranks, self.pattern, rate, seed)

        def of_epoch(epoch: int) -> Tokenizer:
            tokenizer = copy(self)
            tokenizer._encoder = DropoutEncoder(cuttings, epoch)  # noqa: SLF001 - a copy of its own
            return tokenizer

        return of_epoch

    def encode_spans(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids of a text and, for each, the first character it is of and the one after its last.

        Tokens that share a character, as the parts of a rare one do, all have it.
        """
        return self._encoder.encode_spans(text)

    def _encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        return [self.encode(text) for text in texts]

    def encode_bytes(self, data: bytes) -> list[int]:
        """The ids of any bytes: as text where they are UTF-8, one id a byte where they are not."""
        text = data.decode("utf-8", "surrogateescape")
        ids: list[int] = []
        start = 0
        for match in _NOT_UTF8.finditer(text):
            ids += self.encode(text[start : match.start()])
            ids += [self._byte_ids[ord(letter) - 0xDC00] for letter in match.group()]
            start = match.end()
        return ids + self.encode(text[start:])

    def decode(self, ids: Iterable[int], skip_special: bool = True) -> str:
        """The text of some ids; bytes that are not UTF-8 become U+FFFD, control tokens are left out or written."""
        hidden = self._special_ids if skip_special else frozenset()
        return self.decode_bytes(id_ for id_ in ids if id_ not in hidden).decode("utf-8", "replace")

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of some ids, control tokens written out."""
        return b"".join(map(self._bytes.__getitem__, ids))

    def token_bytes(self, id_: int) -> bytes:
        """The bytes of one token."""
        return self._bytes[id_]

    def begins_word(self, id_: int) -> bool:
        """Whether a token begins a word and does not go on with one; each Chinese character is a word."""
        token = self._bytes[id_]
        first = token.decode("utf-8", "replace")[0]
        if first == REPLACEMENT:  # part of a character: in its second byte and later, or with few letters before it
            return token[0] >= THREE_BYTES
        return unicodedata.category(first)[0] not in "LMN" or IDEOGRAPHS[0] <= first <= IDEOGRAPHS[1]

    def save(self, directory: Path) -> None:
        """Write tokenizer.json and tokenizer_config.json, as `transformers` reads them."""
        directory.mkdir(parents=True, exist_ok=True)
        write_atomic(directory / JSON_NAME, self._json_text.encode())
        write_json(directory / CONFIG_NAME, self._config)

    @classmethod
    def load(cls, path: Path) -> "Tokenizer":
        """The tokenizer of a tokenizer directory, a model directory, or a tokenizer.json; foreign ones as well.

        Raises: UserError when there is none, or none of a kind that is read.
        """
        from erya.tokenizer import imported, sentencepiece, wordpiece  # they are Tokenizers themselves

        if (path / SOURCE_NAME).is_file():
            return sentencepiece.SentencePiece(path)
        if (path / VOCABULARY_NAME).is_file() and not (path / JSON_NAME).is_file():
            config = read_config(path)
            return wordpiece.WordPiece(wordpiece.read_vocabulary(path / VOCABULARY_NAME, config), config, str(path))
        json_text, config = read_directory(path)
        model = json.loads(json_text)["model"]
        kinds = ((wordpiece.is_wordpiece, wordpiece.WordPiece), (imported.is_pieces, imported.Pieces))
        kind = next((kind for is_one, kind in kinds if is_one(model)), cls)
        return kind(json_text, config, str(path))


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """Learn a vocabulary of `vocab_size` ids, control tokens included; the same texts give the same bytes.

    Raises: UserError when `vocab_size` is below the 256 bytes and control tokens, or above what the text supports.
    """
    smallest = BYTES + len(SPECIAL_TOKENS)
    if vocab_size < smallest:
        raise UserError(
            f"vocab_size: got {vocab_size}; at least {smallest} (256 bytes, {len(SPECIAL_TOKENS)} controls)"
        )
    model = tokenizers.Tokenizer(models.BPE())
    split = pre_tokenizers.Split(tokenizers.Regex(PATTERN), "isolated")
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    model.pre_tokenizer = pre_tokenizers.Sequence([split, level])
    model.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - len(SPECIAL_TOKENS),
        min_frequency=MIN_PAIR_COUNT,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[],
        show_progress=False,
    )
    model.train_from_iterator(_pieces(texts), trainer)
    supported = model.get_vocab_size() + len(SPECIAL_TOKENS)
    if supported < vocab_size:
        raise UserError(
            f"vocab_size: got {vocab_size:,}, but the text supports {supported:,}; ask for less or add text"
        )
    # `normalized=False`: a control token is found as it is written or not at all.
    model.add_special_tokens([tokenizers.AddedToken(name, normalized=False) for name in SPECIAL_TOKENS])
    return Tokenizer(model.to_str(pretty=True), default_config())


def _pieces(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for start in range(0, len(text), PIECE_CHARACTERS):
            # A lone surrogate is no character: `tokenizers` would stop at it.
            yield text[start : start + PIECE_CHARACTERS].encode("utf-8", "ignore").decode()
