"""Token vectors by counting: like places and like translations make tokens alike, texts stay apart."""

from collections.abc import Sequence

import numpy as np
import pytest

from erya.dataset import cooccurrence
from erya.dataset.cooccurrence import token_vectors
from erya.dataset.examples import Examples, Texts


def texts(rows: Sequence[Sequence[int]]) -> Texts:
    return Examples(({"tokens": row} for row in rows), 0).texts(["tokens"])[0]


def random_texts(count: int, vocab_size: int) -> list[list[int]]:
    random = np.random.default_rng(0)
    return [random.integers(1, vocab_size, random.integers(3, 9)).tolist() for _ in range(count)]


def test_tokens_that_stand_in_like_places_are_alike() -> None:
    random = np.random.default_rng(0)
    frames = [(token, 10 + token % 2, 20 + token % 2) for token in random.integers(2, 10, 4000).tolist()]
    vectors = token_vectors([texts([(before, token, after) for token, before, after in frames])], 30, 8)
    likeness = vectors[2:10] @ vectors[2:10].T
    same = np.add.outer(np.arange(8), np.arange(8)) % 2 == 0
    assert likeness[same].min() > 0.9
    assert likeness[~same].max() < 0.5


def test_tokens_of_one_translation_are_alike() -> None:
    source = random_texts(10_000, 41)
    target = [[50 + token % 20 for token in reversed(row)] for row in source]
    vectors = token_vectors([texts(source), texts(target)], 70, 32)
    nearest = (vectors[1:21] @ vectors[21:41].T).argmax(axis=1)
    assert (nearest == np.arange(20)).all()
    alone = token_vectors([texts(source)], 70, 32)
    assert ((alone[1:21] @ alone[21:41].T).argmax(axis=1) == np.arange(20)).mean() < 0.5


def test_what_is_too_much_to_count_is_counted_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    source = random_texts(10_000, 41)
    target = [[50 + token % 20 for token in row] for row in source]
    sides = [texts(source), texts(target)]
    whole = token_vectors(sides, 70, 16)
    monkeypatch.setattr(cooccurrence, "MOST_COUNTED", 200_000)
    part = token_vectors(sides, 70, 16)
    assert not np.allclose(whole, part)
    likeness = part[1:21] @ part[21:41].T
    assert (likeness.argmax(axis=1) == np.arange(20)).mean() > 0.5


def test_vectors_have_length_one_and_a_token_that_stands_alone_has_none() -> None:
    vectors = token_vectors([texts([*random_texts(200, 20), [25], [26]])], 30, 8)
    lengths = np.linalg.norm(vectors, axis=1)
    np.testing.assert_allclose(lengths[1:20], 1, rtol=1e-5)
    assert not lengths[[0, *range(20, 30)]].any()


def test_no_token_stands_beside_one_of_another_text() -> None:
    assert not token_vectors([texts([[token] for token in range(10)])], 10, 4).any()


@pytest.mark.parametrize("size", [4, 64])
def test_the_same_texts_give_the_same_vectors_of_any_size(size: int) -> None:
    rows = texts(random_texts(50, 12))
    first, second = (token_vectors([rows], 12, size) for _ in range(2))
    assert first.shape == (12, size)
    np.testing.assert_array_equal(first, second)
