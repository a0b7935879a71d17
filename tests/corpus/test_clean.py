"""Cleaning: golden cases, and laws on any text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erya.corpus.clean import clean

ANY_TEXT = st.text(st.characters(codec=None))  # lone surrogates too: JSON can hold them


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cafe\u0301", "Café"),
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("a\x00b\x07c\x1b[0m", "abc[0m"),
        ("\ufeffzero\u200bwidth\u00adsoft", "zerowidthsoft"),
        ("no\u00a0break\u202fspace", "no break space"),
        ("trailing  \t\nspace\u3000\n", "trailing\nspace"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("\n\n  indented\tcode\n", "  indented\tcode"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("می‌خواهم 👩‍🔬", "می‌خواهم 👩‍🔬"),
        ("\u3000\u3000段落。", "\u3000\u3000段落。"),
        (" \n\t\r\n\u200b", ""),
    ],
)
def test_golden(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(ANY_TEXT)
def test_a_clean_text_is_left_as_it_is(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(ANY_TEXT)
def test_the_result_is_normal_and_can_be_stored(text: str) -> None:
    result = clean(text)
    result.encode()
    assert unicodedata.is_normalized("NFC", result)
    assert not any(unicodedata.category(character) == "Cc" for character in result if character not in "\t\n")
    assert "\n\n\n" not in result


@given(st.text("abcdefg 汉字。,", min_size=1))
def test_ordinary_characters_are_never_lost(text: str) -> None:
    assert clean(text).split() == text.split()
