"""The figures and pieces `erya tokenizer show` prints, and the two commands from end to end."""

import json
from pathlib import Path

import pytest

from erya.cli import run
from erya.corpus.build import write_corpus
from erya.corpus.records import Document
from erya.tokenizer.stats import EXAMPLES, Figures, longest_tokens, measure, pieces
from erya.tokenizer.tokenizer import Tokenizer, train_tokenizer


@pytest.fixture(scope="module")
def small() -> Tokenizer:
    return train_tokenizer(["hello hello 世界世界 hello 世界世界\n"] * 3, 272)


def test_figures_are_counted_by_language(small: Tokenizer) -> None:
    figures = measure(small, [("zh", "世界"), ("en", "hello"), ("en", "q!")])
    assert list(figures) == ["en", "zh"]
    assert figures["en"] == Figures(documents=2, text_bytes=7, characters=7, words=2, tokens=3)
    assert figures["zh"] == Figures(documents=1, text_bytes=6, characters=2, tokens=1)
    assert figures["en"].bytes_per_token == pytest.approx(7 / 3)
    assert figures["zh"].tokens_per_character == 0.5
    assert figures["en"].tokens_per_word == 1.5
    assert figures["zh"].tokens_per_word is None
    assert Figures().bytes_per_token == 0


def test_the_longest_tokens_are_whole_characters_and_no_controls(small: Tokenizer) -> None:
    assert longest_tokens(small, 2, han=False) == [" hello", "hello"]
    assert longest_tokens(small, 9, han=True) == ["世界世界", "世界", "世"]


def test_pieces_show_line_ends_broken_characters_and_controls_as_text(small: Tokenizer) -> None:
    assert [shown for _, shown in pieces(small, "hello\n世朝\t")] == [
        *("hello", "⏎", "世", "<E6>", "<9C>", "<9D>", "<U+0009>")
    ]
    for example in EXAMPLES.values():
        assert [id_ for id_, _ in pieces(small, example)] == small.encode(example)


def test_the_commands_train_and_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    documents = [Document(f"{text} {number}", f"{language}{number}", "here", language=language)
                 for number in range(30) for language, text in EXAMPLES.items()]  # fmt: skip
    corpus, out = str(tmp_path / "corpus"), str(tmp_path / "tokenizer")
    write_corpus(documents, Path(corpus))
    assert run(["tokenizer", "train", corpus, "--out", out, "--vocab-size", "400", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["vocab_size"] == 400
    assert run(["tokenizer", "train", corpus, "--out", out, "--vocab-size", "400"]) == 0
    printed = capsys.readouterr()
    assert "is current, nothing to do" in printed.err
    assert "400 ids learned" in printed.out
    assert run(["tokenizer", "show", out, "--on", corpus, "--on", corpus, "--json"]) == 0
    twice = json.loads(capsys.readouterr().out)["languages"]
    assert run(["tokenizer", "show", out, "--on", corpus, "--text", "hello 世界", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["vocab_size"] == 400
    assert sum(row["documents"] for row in shown["languages"].values()) == round(90 * 0.05)
    assert all(twice[language]["tokens"] == 2 * row["tokens"] for language, row in shown["languages"].items())
    assert [id_ for id_, _ in shown["pieces"][0]] == Tokenizer.load(Path(out)).encode("hello 世界")
    assert run(["tokenizer", "show", out]) == 0
    printed = capsys.readouterr()
    assert all(language in printed.out for language in EXAMPLES)
    assert "|return| |" in printed.out
    assert run(["tokenizer", "train", corpus, "--out", str(tmp_path / "large"), "--vocab-size", "90000"]) == 2
    assert "the text supports" in capsys.readouterr().err
    assert not (tmp_path / "large").exists()
