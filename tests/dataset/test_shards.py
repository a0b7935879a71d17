"""What is written is read, nothing else is taken for it, and ids always fit their type."""

from pathlib import Path

import numpy as np
import pytest

from erya.core.errors import UserError
from erya.dataset.shards import HEADER, ShardWriter, TokenShards, open_tokens, token_dtype
from tests.dataset.conftest import END, SHA256, Write, draw_documents


def test_documents_come_back_with_their_end(write: Write) -> None:
    documents = draw_documents(50)
    shards = write(documents)
    assert shards.num_documents == 50
    assert shards.num_tokens == sum(map(len, documents)) + 50
    assert [shards.document(index).tolist() for index in range(50)] == [[*ids, END] for ids in documents]
    assert shards.tokens.tolist() == [id_ for ids in documents for id_ in [*ids, END]]
    assert (shards.vocab_size, shards.end_of_text_id, shards.tokenizer_sha256) == (1_000, END, SHA256)


def test_it_does_not_matter_how_documents_are_handed_over(tmp_path: Path) -> None:
    documents = draw_documents(50)
    for name, step in (("one", 50), ("many", 7)):
        with ShardWriter(tmp_path / name, 1_000, END, SHA256) as writer:
            for start in range(0, 50, step):
                writer.write(documents[start : start + step])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "many").read_bytes()


@pytest.mark.parametrize(("vocab_size", "width"), [(65_535, 2), (65_536, 2), (65_537, 4), (1 << 32, 4)])
def test_the_type_holds_the_largest_id_and_nothing_wraps(vocab_size: int, width: int, write: Write) -> None:
    assert token_dtype(vocab_size).itemsize == width
    largest = vocab_size - 1
    shards = write([[largest, 1, largest]], vocab_size=vocab_size)
    assert shards.tokens.dtype == np.dtype(f"<u{width}")
    assert shards.document(0).tolist() == [largest, 1, largest, END]
    for outside in (vocab_size, -1):
        with pytest.raises(UserError, match=f"not below vocab_size {vocab_size}"):
            write([[outside]], vocab_size=vocab_size)


def test_a_vocabulary_beyond_32_bits_is_refused() -> None:
    with pytest.raises(UserError, match="at most 32 bits"):
        token_dtype((1 << 32) + 1)


def test_a_file_that_was_not_finished_or_is_cut_or_foreign_is_refused(write: Write, tmp_path: Path) -> None:
    whole = write(draw_documents(20)).path.read_bytes()
    path = tmp_path / "bad.tokens"

    def stopped() -> None:
        with ShardWriter(path, 1_000, END, SHA256) as writer:
            writer.write(draw_documents(20))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    with pytest.raises(UserError, match="never finished"):
        TokenShards(path)
    for data, message in (
        (b"", "not a token file"),
        (whole[:100], "not a token file"),
        (b"PK" + whole[2:], "not a token file"),
        (whole[:8] + b"\x09" + whole[9:], "version 9, expected 1"),
        (whole[:-1], "it is cut off"),
        (whole + b"\0", "expected"),
        (whole[: HEADER.size], "it is cut off"),
    ):
        path.write_bytes(data)
        with pytest.raises(UserError, match=message):
            TokenShards(path)
    with pytest.raises(UserError, match="cannot be read"):
        TokenShards(tmp_path / "absent.tokens")


def test_tokens_of_another_tokenizer_are_refused(write: Write) -> None:
    shards = write([[1, 2, 3]])
    shards.require_tokenizer(SHA256, "the model")
    with pytest.raises(UserError, match="made with tokenizer abababababab…, but models/a has cdcdcdcdcdcd…"):
        shards.require_tokenizer("cd" * 32, "models/a")


def test_a_folder_without_a_manifest_is_no_tokens_directory(write: Write, tmp_path: Path) -> None:
    write([[1]])
    with pytest.raises(UserError, match=r"has no manifest\.json"):
        open_tokens(tmp_path, "train")
