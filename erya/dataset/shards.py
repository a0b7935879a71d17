"""Token shards: one file a split, memory-mapped, that knows which tokenizer made it.

Layout, little-endian: a header of 128 bytes; the tokens, uint16 or uint32, documents one after the other, each closed
by the end-of-text id; then, at a multiple of 8 bytes, where each document starts and the last one ends (uint64).
"""

import struct
from array import array
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from erya.core.errors import UserError
from erya.core.manifest import read_manifest

STAGE = "tokens"
MAGIC = b"ERYATOKS"
VERSION = 1
# magic, version, bytes a token, vocab_size, end-of-text id, documents, tokens, sha256 of the tokenizer
HEADER = struct.Struct("<8sIIQQQQ32s48x")
Tokens = npt.NDArray[np.uint16] | npt.NDArray[np.uint32]


def token_dtype(vocab_size: int) -> np.dtype[Any]:
    """The smallest little-endian type that holds every id below `vocab_size`.

    Raises: UserError when the vocabulary does not fit 32 bits.
    """
    if vocab_size > 1 << 32:
        raise UserError(f"vocab_size: got {vocab_size:,}; token files hold ids of at most 32 bits")
    return np.dtype("<u2" if vocab_size <= 1 << 16 else "<u4")


def split_path(directory: Path, split: str) -> Path:
    """The file of one split in a tokens directory."""
    return directory / f"{split}-00000.tokens"


class ShardWriter:
    """Writes one split, document by document, in memory that does not grow but for 8 bytes a document."""

    def __init__(self, path: Path, vocab_size: int, end_of_text_id: int, tokenizer_sha256: str) -> None:
        self.dtype = token_dtype(vocab_size)
        self.vocab_size, self.end_of_text_id, self.tokenizer_sha256 = vocab_size, end_of_text_id, tokenizer_sha256
        self.offsets = array("Q", [0])
        self._stream = path.open("wb")
        self._stream.write(bytes(HEADER.size))

    def write(self, documents: Iterable[list[int]]) -> None:
        """Append documents, each closed by the end-of-text id.

        Raises: UserError when an id is not below vocab_size.
        """
        flat: list[int] = []
        start = self.offsets[-1]
        for ids in documents:
            flat += ids
            flat.append(self.end_of_text_id)
            self.offsets.append(start + len(flat))
        tokens = np.array(flat, dtype=np.int64)
        if tokens.size and not 0 <= tokens.min() <= tokens.max() < self.vocab_size:
            raise UserError(
                f"token id {tokens.max()}: not below vocab_size {self.vocab_size}; ids and vocabulary differ"
            )
        self._stream.write(tokens.astype(self.dtype).tobytes())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._stream:
            if kind is None:
                self._finish()

    def _finish(self) -> None:
        self._stream.write(bytes(-self._stream.tell() % 8))
        self._stream.write(np.frombuffer(self.offsets, dtype=np.uint64).astype("<u8").tobytes())
        self._stream.seek(0)
        self._stream.write(
            HEADER.pack(
                MAGIC,
                VERSION,
                self.dtype.itemsize,
                self.vocab_size,
                self.end_of_text_id,
                len(self.offsets) - 1,
                self.offsets[-1],
                bytes.fromhex(self.tokenizer_sha256),
            )
        )


class TokenShards:
    """The tokens of one split, read from the disk as they are needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        header = _read_header(path)
        _, _, width, self.vocab_size, self.end_of_text_id, self.num_documents, self.num_tokens, digest = header
        self.tokenizer_sha256 = digest.hex()
        offsets_at = HEADER.size + -(-self.num_tokens * width // 8) * 8
        expected = offsets_at + 8 * (self.num_documents + 1)
        size = path.stat().st_size
        if size != expected:
            raise UserError(f"{path}: is {size:,} bytes long, expected {expected:,}; it is cut off, build it again")
        dtype = "<u2" if width == 2 else "<u4"
        self.tokens: Tokens = _map(path, dtype, HEADER.size, self.num_tokens)
        self.offsets: npt.NDArray[np.uint64] = _map(path, "<u8", offsets_at, self.num_documents + 1)

    def document(self, index: int) -> Tokens:
        """The tokens of one document, its end-of-text included."""
        return self.tokens[int(self.offsets[index]) : int(self.offsets[index + 1])]

    def require_tokenizer(self, sha256: str, owner: str) -> None:
        """Refuse tokens made with another tokenizer than that of `owner`, named as to a person.

        Raises: UserError.
        """
        if sha256 != self.tokenizer_sha256:
            made, has = self.tokenizer_sha256[:12], sha256[:12]
            raise UserError(f"{self.path}: made with tokenizer {made}…, but {owner} has {has}…; build the tokens again")


def _read_header(path: Path) -> tuple[Any, ...]:
    try:
        with path.open("rb") as stream:
            data = stream.read(HEADER.size)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); build the tokens first") from None
    if len(data) < HEADER.size or data[:8] != MAGIC:
        raise UserError(f"{path}: not a token file, or one that was never finished; build it again")
    header = HEADER.unpack(data)
    if header[1] != VERSION or header[2] not in (2, 4):
        raise UserError(f"{path}: token file version {header[1]}, expected {VERSION}; build it again")
    return header


def _map(path: Path, dtype: str, offset: int, count: int) -> npt.NDArray[Any]:
    # An empty file region cannot be mapped.
    return np.memmap(path, dtype, "r", offset, (count,)) if count else np.empty(0, dtype)


def open_tokens(directory: Path, split: str) -> TokenShards:
    """The tokens of one split of a tokens directory.

    Raises: UserError when the directory is no finished tokens directory or the split is empty.
    """
    read_manifest(directory, STAGE)
    shards = TokenShards(split_path(directory, split))
    if not shards.num_documents:
        raise UserError(f"{directory}: its {split} split is empty; build the corpus with more text or another split")
    return shards
