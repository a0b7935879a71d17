"""The store: what is written is read, in order, in bounded row groups and shards, to the byte the same."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from erya.core.errors import UserError
from erya.core.manifest import writing
from erya.corpus import store
from erya.corpus.records import Document
from erya.corpus.store import ShardWriter, open_corpus, read_documents, shards

DOCUMENTS = [
    Document(f"text {number} 汉字\n", f"x:{number}", "x", "CC0", "en" if number % 2 else None) for number in range(5000)
]


def write(folder: Path, documents: list[Document]) -> Path:
    with writing(folder, "corpus", {}, {}) as stage, ShardWriter(stage.path, "train") as writer:
        for document in documents:
            writer.write(document)
    return folder


def test_documents_come_back_as_they_were(tmp_path: Path) -> None:
    assert list(read_documents(write(tmp_path / "c", DOCUMENTS), "train")) == DOCUMENTS


def test_chosen_columns_alone_are_filled(tmp_path: Path) -> None:
    first = next(read_documents(write(tmp_path / "c", DOCUMENTS), "train", columns=["text"]))
    assert first == Document(DOCUMENTS[0].text, "", "")


def test_row_groups_are_bounded(tmp_path: Path) -> None:
    long = [Document("x" * store.GROUP_CHARACTERS, str(number), "x") for number in range(3)]
    (shard,) = shards(write(tmp_path / "c", [*DOCUMENTS, *long]), "train")
    metadata = pq.read_metadata(shard)
    rows = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert max(rows) <= store.GROUP_DOCUMENTS
    assert rows[-2:] == [1, 1]


def test_a_large_split_has_several_shards_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "SHARD_CHARACTERS", 20_000)
    corpus = write(tmp_path / "c", DOCUMENTS)
    assert [shard.name for shard in shards(corpus, "train")][:2] == ["train-00000.parquet", "train-00001.parquet"]
    assert list(read_documents(corpus, "train")) == DOCUMENTS


def test_the_same_documents_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = (open_corpus(write(tmp_path / name, DOCUMENTS)) for name in ("a", "b"))
    assert first.files == second.files


def test_a_split_without_documents_is_an_empty_shard(tmp_path: Path) -> None:
    assert list(read_documents(write(tmp_path / "c", []), "train")) == []


def test_an_unknown_split_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="unknown split 'valid'; did you mean 'validation'"):
        next(read_documents(write(tmp_path / "c", DOCUMENTS), "valid"))


def test_a_damaged_shard_is_named(tmp_path: Path) -> None:
    (shard,) = shards(write(tmp_path / "c", DOCUMENTS), "train")
    shard.write_bytes(shard.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"train-00000\.parquet: cannot be read .*build the corpus again"):
        list(read_documents(tmp_path / "c", "train"))


def test_what_is_no_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not a finished corpus"):
        open_corpus(tmp_path)
