"""Exact deduplication: the first of the same texts is kept."""

from hypothesis import given
from hypothesis import strategies as st

from erya.corpus.deduplicate import as_array, digest, first_occurrences


def test_case_and_white_space_make_no_difference() -> None:
    assert digest("The  Cat\nsat") == digest("the cat sat ")
    assert digest("the cat sat") != digest("the cat sat.")


@given(st.lists(st.text("ab ", max_size=3)))
def test_each_text_is_kept_once_and_it_is_the_first(texts: list[str]) -> None:
    keep = first_occurrences(as_array(b"".join(map(digest, texts))))
    seen: set[bytes] = set()
    for text, kept in zip(texts, keep, strict=True):
        assert kept == (digest(text) not in seen)
        seen.add(digest(text))
