"""BPE-dropout: every text keeps its bytes, chances are those of the algorithm, and the seed decides alone."""

from pathlib import Path
from random import Random

import pytest

from erya.core.errors import UserError
from erya.tokenizer.dropout import CUTTINGS, LONGEST, Cuttings
from erya.tokenizer.pattern import PATTERN
from erya.tokenizer.tokenizer import Tokenizer
from erya.tokenizer.wordpiece import WordPiece
from tests.tokenizer.conftest import chinese, noise


def texts() -> list[str]:
    return ["", "a", "The lighthouse keeper\n counted 12345 ships.", "Größe", chinese(300), noise(600), "\ud800 half"]


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.9])
def test_every_text_keeps_its_bytes(rate: float, trained: Tokenizer) -> None:
    cutting = trained.with_dropout(rate, seed=0)(0)
    for text in texts():
        ids = cutting.encode(text)
        assert trained.decode_bytes(ids) == trained.decode_bytes(trained.encode(text))


def test_without_a_chance_the_ids_are_the_ordinary_ones(trained: Tokenizer) -> None:
    cutting = trained.with_dropout(0.0, seed=0)(0)
    assert [cutting.encode(text) for text in texts()] == [trained.encode(text) for text in texts()]


def test_spans_are_the_characters_of_the_ids(trained: Tokenizer) -> None:
    text = "The keeper 数了 twelve ships。"
    ids, spans = trained.with_dropout(0.4, seed=0)(3).encode_spans(text)
    assert len(ids) == len(spans)
    whole = [(id_, span) for id_, span in zip(ids, spans, strict=True) if "\ufffd" not in trained.decode([id_])]
    assert len(whole) > len(ids) // 2
    assert all(trained.decode([id_]) == text[begin:end] for id_, (begin, end) in whole)


RANKS = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256, b"abc": 257, "数".encode(): 258}


def all_of(cuttings: Cuttings, word: str) -> list[list[int]]:
    return [cuttings.of(word, number) for number in range(CUTTINGS)]


@pytest.mark.parametrize(
    ("word", "shares"),
    [
        ("ab", {(256,): 0.7, (97, 98): 0.3}),
        # ab is made first or not at all, then abc of what there is
        ("abc", {(257,): 0.49, (256, 99): 0.21, (97, 98, 99): 0.3}),
        # two merges at once, of which one may be left out and made after the other
        ("abab", {(256, 256): 0.91 * 0.7, (256, 97, 98): 0.7 * 0.3, (97, 98, 256): 0.21 * 0.3}),
    ],
)
def test_chances_are_those_of_the_algorithm(
    word: str, shares: dict[tuple[int, ...], float], trained: Tokenizer
) -> None:
    cuttings = (Cuttings(trained._encoder, RANKS, PATTERN, 0.3, seed) for seed in range(200))
    draws = [tuple(cut) for one in cuttings for cut in all_of(one, word)]
    for cut, share in shares.items():
        deviation = (share * (1 - share) / len(draws)) ** 0.5
        assert draws.count(cut) / len(draws) == pytest.approx(share, abs=5 * deviation)


def test_a_character_that_is_a_token_stays_whole(trained: Tokenizer) -> None:
    cuttings = Cuttings(trained._encoder, RANKS, PATTERN, 0.9, 0)
    assert all_of(cuttings, "数") == [[258]] * CUTTINGS
    rare = list("书".encode())
    assert all_of(cuttings, "书") == [rare] * CUTTINGS


def test_a_very_long_word_is_cut_as_ever(trained: Tokenizer) -> None:
    long = "".join(Random(0).choices("abcdefgh", k=LONGEST + 1))
    cutting = trained.with_dropout(0.5, seed=0)(0)
    assert cutting.encode(long) == trained.encode(long)
    assert cutting.encode(long[:LONGEST]) != trained.encode(long[:LONGEST])


def test_the_seed_and_the_epoch_decide_alone(trained: Tokenizer) -> None:
    given = [text for text in texts() if len(text) > 20]
    forwards, backwards = trained.with_dropout(0.2, seed=5), trained.with_dropout(0.2, seed=5)
    first = [forwards(epoch).encode_batch(given) for epoch in (0, 1)]
    later = [list(reversed(backwards(epoch).encode_batch(given[::-1], threads=1))) for epoch in (1, 0)]
    assert first == later[::-1]
    assert first[0] != first[1]
    assert trained.with_dropout(0.2, seed=6)(0).encode_batch(given) != first[0]


def test_a_tokenizer_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n", encoding="utf-8")
    other = Tokenizer.load(tmp_path)
    assert isinstance(other, WordPiece)
    with pytest.raises(UserError, match=r"bpe_dropout: only a byte-level BPE tokenizer .* leave it out"):
        other.with_dropout(0.1, 0)
