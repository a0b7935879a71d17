"""The split: exact sizes, never empty when asked for, the same for the same text and seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from erya.core.errors import UserError
from erya.corpus.deduplicate import as_array, digest
from erya.corpus.split import assign, mixed


def hashes(count: int, seed: int = 0) -> np.ndarray:
    return mixed(as_array(b"".join(digest(f"document {number}") for number in range(count))), seed)


@given(st.integers(3, 400), st.floats(0, 0.4), st.floats(0, 0.4), st.integers(0, 2**63))
def test_sizes_are_the_fractions_and_at_least_one(count: int, validation: float, test: float, seed: int) -> None:
    sizes = np.bincount(assign(hashes(count, seed), validation, test), minlength=3)
    for size, fraction in ((sizes[1], validation), (sizes[2], test)):
        assert size == (max(1, round(count * fraction)) if fraction else 0)
    assert sizes[0] >= 1
    assert sizes.sum() == count


def test_order_of_the_documents_makes_no_difference() -> None:
    places = assign(hashes(300, 7), 0.1, 0.1)
    assert np.array_equal(assign(hashes(300, 7)[::-1], 0.1, 0.1)[::-1], places)


def test_another_seed_gives_another_split() -> None:
    first, second = (assign(hashes(300, seed), 0.2, 0.2) for seed in (0, 1))
    assert not np.array_equal(first, second)


def test_new_documents_move_few_old_ones() -> None:
    before, after = assign(hashes(1000), 0.1, 0.1), assign(hashes(1010), 0.1, 0.1)[:1000]
    assert (before != after).mean() < 0.02


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_documents_are_an_error_not_an_empty_split(count: int) -> None:
    with pytest.raises(UserError, match=rf"{count} documents? cannot be split.*--validation-fraction 0"):
        assign(hashes(count), 0.01, 0.01)
    assert (assign(hashes(count), 0, 0) == 0).all()


@pytest.mark.parametrize(("validation", "test"), [(-0.1, 0), (0, 1), (0.5, 0.5), (float("nan"), 0)])
def test_impossible_fractions_are_refused(validation: float, test: float) -> None:
    with pytest.raises(UserError, match="fraction"):
        assign(hashes(10), validation, test)


@given(st.lists(st.integers(0, 4), min_size=3, max_size=40), st.floats(0, 0.3), st.floats(0, 0.3))
def test_the_earlier_of_equal_hashes_are_held_out_first(numbers: list[int], validation: float, test: float) -> None:
    places = assign(np.array(numbers, dtype=np.uint64), validation, test)
    sizes = np.bincount(places, minlength=3)
    by_hash = places[np.argsort(numbers, kind="stable")]
    assert by_hash.tolist() == [1] * sizes[1] + [2] * sizes[2] + [0] * sizes[0]
