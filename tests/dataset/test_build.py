"""The way from documents to batches: what comes out is the text that went in, and nothing is done twice."""

import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from erya.core.errors import UserError
from erya.core.manifest import read_manifest, verify
from erya.corpus.build import BuildOptions, write_corpus
from erya.corpus.records import Document
from erya.corpus.split import SPLITS
from erya.corpus.store import read_documents
from erya.dataset.build import build_tokens
from erya.dataset.loader import Loader
from erya.dataset.shards import open_tokens
from erya.tokenizer.build import Sample, build_tokenizer, shares
from erya.tokenizer.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("corpus") / "corpus"
    text = "Document {0} says: the number {0} comes after {1}. 第{0}号文件：数字{0}在{1}之后。\n"
    documents = [
        Document(text.format(number, number - 1) * (1 + number % 7), str(number), "made here", language="en")
        for number in range(400)
    ]
    write_corpus(documents, out, BuildOptions(validation_fraction=0.1, test_fraction=0.05))
    return out


@pytest.fixture(scope="module")
def tokenizer(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    out = tmp_path_factory.mktemp("stage") / "tokenizer"
    build_tokenizer([corpus], out, 320)
    return Tokenizer.load(out)


def test_tokens_are_the_documents_of_the_corpus_in_order(corpus: Path, tokenizer: Tokenizer, tmp_path: Path) -> None:
    manifest = build_tokens(corpus, tokenizer, tmp_path / "tokens")
    assert manifest.inputs["tokenizer"] == tokenizer.sha256
    verify(tmp_path / "tokens", "tokens")
    for split in SPLITS:
        shards = open_tokens(tmp_path / "tokens", split)
        shards.require_tokenizer(Tokenizer.load(tmp_path / "tokens").sha256, "the files beside it")
        texts = [document.text for document in read_documents(corpus, split)]
        documents = [shards.document(index) for index in range(shards.num_documents)]
        assert [tokenizer.decode(ids) for ids in documents] == texts
        assert all(ids[-1] == tokenizer.end_of_text_id for ids in documents)
        assert manifest.counts["splits"][split]["tokens"] == shards.num_tokens
    batch = Loader(open_tokens(tmp_path / "tokens", "train"), 4, 32, seed=0).next()
    assert "数字" in tokenizer.decode(batch["tokens"].flatten().tolist())


def test_batches_and_threads_do_not_change_the_bytes(
    corpus: Path, tokenizer: Tokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build_tokens(corpus, tokenizer, tmp_path / "one", threads=1)
    monkeypatch.setattr("erya.dataset.build.BATCH_CHARACTERS", 1_000)
    assert build_tokens(corpus, tokenizer, tmp_path / "many", threads=2).sha256 == first.sha256


def test_a_current_stage_is_left_alone_and_a_stale_one_is_not(corpus: Path, tmp_path: Path) -> None:
    made = build_tokenizer([corpus], tmp_path / "tokenizer", 300)
    assert build_tokenizer([corpus], tmp_path / "tokenizer", 300) == made
    tokenizer = Tokenizer.load(tmp_path / "tokenizer")
    tokens = build_tokens(corpus, tokenizer, tmp_path / "tokens")
    assert build_tokens(corpus, tokenizer, tmp_path / "tokens") == tokens
    assert build_tokenizer([corpus], tmp_path / "tokenizer", 310).sha256 != made.sha256
    assert build_tokens(corpus, Tokenizer.load(tmp_path / "tokenizer"), tmp_path / "tokens").sha256 != tokens.sha256
    assert read_manifest(tmp_path / "tokenizer", "tokenizer").counts["vocab_size"] == 310


def test_learning_from_less_is_said_and_stays_below_the_bound(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = build_tokenizer([corpus], tmp_path / "tokenizer", 280, max_bytes=20_000)
    assert 19_000 < manifest.counts["text_bytes"] <= 20_000
    assert "learning from 20,000 of" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("sizes", "weights", "most", "expected"),
    [
        ([100], [100], 50, [50]),
        ([100], [1], 500, [100]),
        ([300, 100], [300, 100], 200, [150, 50]),
        ([300, 100], [0.5, 0.5], 1_000, [100, 100]),
        ([1_000, 100], [3, 1], 200, [150, 50]),
        ([1_000, 10], [3, 1], 200, [30, 10]),
    ],
)
def test_shares_are_as_the_weights_and_no_more_than_there_is(
    sizes: list[int], weights: list[float], most: int, expected: list[int]
) -> None:
    assert shares(sizes, weights, most) == expected


def test_several_corpora_are_learned_from_by_their_weights(corpus: Path, tmp_path: Path) -> None:
    other = [Document(f"quartz vexing jumps {number} " * 40, str(number), "made here") for number in range(60)]
    write_corpus(other, tmp_path / "other", BuildOptions())
    both = [corpus, tmp_path / "other"]
    manifest = build_tokenizer(both, tmp_path / "tokenizer", 300, max_bytes=20_000, weights=[1, 3])
    assert set(manifest.inputs) == {"corpus", "other"}
    assert 19_000 < manifest.counts["text_bytes"] <= 20_000
    assert " quartz" in {Tokenizer.load(tmp_path / "tokenizer").decode([id_]) for id_ in range(300)}
    for weights in ([1.0], [1.0, 0.0], [1.0, float("nan")]):
        with pytest.raises(UserError, match="expected 2 positive numbers"):
            build_tokenizer(both, tmp_path / "tokenizer", 300, weights=weights)
    copy = shutil.copytree(corpus, tmp_path / corpus.name)
    with pytest.raises(UserError, match="same name"):
        build_tokenizer([corpus, copy], tmp_path / "tokenizer", 300)


@pytest.mark.parametrize(("total", "most"), [(1_000, 100), (1_000, 999), (1_000, 1_000), (1_000, 5_000), (1_000, 1)])
def test_a_sample_is_spread_over_the_whole_and_bounded(total: int, most: int) -> None:
    texts = [f"{number:010}" for number in range(total // 10)]
    sample = Sample(texts, total, most)
    chosen = list(sample)
    assert min(total, most) - 10 < sum(map(len, chosen)) == sample.kept_bytes <= most
    places = [int(text) for text in chosen if len(text) == 10]
    assert places == sorted(set(places))
    if 1 < len(places) < 100:
        gaps = [after - before for before, after in pairwise(places)]
        assert max(gaps) - min(gaps) <= 1


def test_a_sample_never_cuts_a_character() -> None:
    assert list(Sample(["中文"], 6, 4)) == ["中"]


def test_tokens_need_a_finished_corpus(tokenizer: Tokenizer, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such directory"):
        build_tokens(tmp_path / "absent", tokenizer, tmp_path / "tokens")
    assert not (tmp_path / "tokens").exists()


def test_an_empty_split_is_named(corpus: Path, tokenizer: Tokenizer, tmp_path: Path) -> None:
    documents = list(read_documents(corpus, "train"))
    write_corpus(documents, tmp_path / "corpus", BuildOptions(validation_fraction=0, test_fraction=0))
    build_tokens(tmp_path / "corpus", tokenizer, tmp_path / "tokens")
    assert open_tokens(tmp_path / "tokens", "train").num_documents == len(documents)
    with pytest.raises(UserError, match="its validation split is empty"):
        open_tokens(tmp_path / "tokens", "validation")
