"""What a stream shows does not depend on where its bytes are cut, and never has to be taken back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erya.generate.stopping import TextStream

REPLACEMENT = "\ufffd"


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    return [*pieces, data[at:]]


def shown(pieces: list[bytes], stops: tuple[str, ...]) -> list[str]:
    stream = TextStream(stops)
    found = []
    for piece in pieces:
        found.append(stream.push(piece))
        if stream.stopped_by is not None:
            break
    found.append(stream.finish())
    assert "".join(found) == stream.text
    return found


@given(st.text(), st.lists(st.integers(1, 5)))
def test_text_comes_whole_however_its_bytes_are_cut(text: str, sizes: list[int]) -> None:
    pieces = shown(cut(text.encode(), sizes), ())
    assert "".join(pieces) == text
    assert all(REPLACEMENT not in piece for piece in pieces) or REPLACEMENT in text


@given(st.text(alphabet="ab尔雅\n", max_size=30), st.lists(st.integers(1, 4)), st.lists(st.text("ab尔\n", min_size=1)))
def test_a_stop_string_is_found_across_edges_and_not_shown(text: str, sizes: list[int], stops: list[str]) -> None:
    found = "".join(shown(cut(text.encode(), sizes), tuple(stops)))
    ends = [(text.find(stop) + len(stop), text.find(stop)) for stop in stops if stop in text]
    assert found == (text[: min(ends)[1]] if ends else text)


@given(st.text(max_size=20), st.integers(1, 3))
def test_an_incomplete_character_at_the_end_is_dropped(text: str, missing: int) -> None:
    data = (text + "𠀀").encode()
    assert "".join(shown([data[:-missing]], ())) == text


def test_bytes_that_are_no_character_show_as_one_mark_and_the_text_goes_on() -> None:
    assert "".join(shown([b"a\xff", b"b"], ())) == f"a{REPLACEMENT}b"


@pytest.mark.parametrize(
    ("pieces", "wanted"),
    [
        (["one", "\n", "Q:", " two"], ["one", "", "", ""]),
        (["one", "\n", "Qx"], ["one", "", "\nQx", ""]),
        (["a", "\n", "\n", "Q:"], ["a", "", "\n", "", ""]),
    ],
)
def test_what_may_begin_a_stop_string_is_held_back(pieces: list[str], wanted: list[str]) -> None:
    found = shown([piece.encode() for piece in pieces], ("\nQ:",))
    assert found == wanted[: len(found)]
    assert "".join(found) == "".join(wanted)


def test_what_was_held_back_comes_at_the_end() -> None:
    stream = TextStream(("STOP",))
    assert stream.push(b"a STO") == "a "
    assert stream.finish() == "STO"
    assert stream.stopped_by is None
