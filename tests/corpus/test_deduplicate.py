"""Exact deduplication: the first of the same texts is kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from erya.corpus import deduplicate
from erya.corpus.deduplicate import are_first, as_array, digest, originals


def test_case_and_white_space_make_no_difference() -> None:
    assert digest("The  Cat\nsat") == digest("the cat sat ")
    assert digest("the cat sat") != digest("the cat sat.")


@given(st.lists(st.text("ab ", max_size=3)))
def test_each_text_is_kept_once_and_it_is_the_first(texts: list[str]) -> None:
    keep = are_first(originals([as_array(b"".join(map(digest, texts)))], len(texts)))
    seen: set[bytes] = set()
    for text, kept in zip(texts, keep, strict=True):
        assert kept == (digest(text) not in seen)
        seen.add(digest(text))


@given(
    st.lists(st.integers(0, 2**64 - 1).map(lambda number: number - number % 2**61), max_size=50),
    st.integers(1, 20),
    st.integers(1, 60),
)
def test_shares_of_any_size_find_the_same_originals(numbers: list[int], at_once: int, stretch: int) -> None:
    digests = np.array([[number, number // 3] for number in numbers], dtype=np.uint64).reshape(-1, 2)
    with pytest.MonkeyPatch.context() as context:
        context.setattr(deduplicate, "AT_ONCE", at_once)
        stretches = [digests[start : start + stretch] for start in range(0, len(digests), stretch)]
        assert originals(stretches, len(digests)).tolist() == [numbers.index(number) for number in numbers]
