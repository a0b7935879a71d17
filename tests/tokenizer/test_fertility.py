"""What a vocabulary of two languages costs each of them, on text that it was not learned from."""

from pathlib import Path

import pytest

from erya.corpus.build import BuildOptions, build_corpus
from erya.corpus.near.signature import NearOptions
from erya.corpus.store import read_documents
from erya.tokenizer.build import build_tokenizer
from erya.tokenizer.stats import measure
from erya.tokenizer.tokenizer import Tokenizer


@pytest.mark.slow
def test_chinese_costs_at_most_08_tokens_a_character_in_a_mixture_with_english(
    shared_data: Path, tmp_path: Path
) -> None:
    """32,768 ids learned from books and Chinese laws; measured on held-out laws, near-duplicates of others left out."""
    files = {"books": "books/books.jsonl.gz", "laws": "zh_laws/laws.jsonl.gz"}
    for name, file in files.items():
        build_corpus([shared_data / file], tmp_path / name, BuildOptions(near=NearOptions()))
    build_tokenizer([tmp_path / name for name in files], tmp_path / "tokenizer", 32_768)
    tokenizer = Tokenizer.load(tmp_path / "tokenizer")
    figures = measure(
        tokenizer,
        (
            (document.language or "", document.text)
            for name in files
            for document in read_documents(tmp_path / name, "test")
        ),
    )
    assert figures["zh"].characters > 100_000
    assert figures["zh"].tokens_per_character <= 0.8
    assert (figures["en"].tokens_per_word or 9) <= 1.5
