"""The opener: every compression, damage told by name, lines of any length, and encodings."""

import bz2
import contextlib
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from erya.core.errors import UserError
from erya.corpus.opening import CUT_BYTES, MAX_RECORD_BYTES, DamagedInput, InputFile, read_lines

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}
BODY = "".join(f"line {number} 汉字 {number * 7919 % 1000}\n" for number in range(20_000)).encode()


def input_file(folder: Path, data: bytes, name: str = "input") -> InputFile:
    (folder / name).write_bytes(data)
    return InputFile(folder / name, name)


def content(file: InputFile) -> bytes:
    with file.open() as stream:
        return stream.read()


@pytest.mark.parametrize("kind", COMPRESS)
def test_every_compression_is_read_whatever_the_name(tmp_path: Path, kind: str) -> None:
    assert content(input_file(tmp_path, COMPRESS[kind](BODY), "misleading.txt")) == BODY


@pytest.mark.parametrize("kind", COMPRESS)
def test_streams_in_a_row_and_padding_are_read(tmp_path: Path, kind: str) -> None:
    data = COMPRESS[kind](BODY) + COMPRESS[kind](b"more\n") + bytes(1024)
    assert content(input_file(tmp_path, data)) == BODY + b"more\n"


@pytest.mark.parametrize("kind", COMPRESS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_a_cut_off_stream_is_told_by_name(tmp_path: Path, kind: str, share: float) -> None:
    whole = COMPRESS[kind](BODY)
    with pytest.raises(DamagedInput, match=r"input: cut off: .* data ends after [\d,]+ bytes"):
        content(input_file(tmp_path, whole[: int(len(whole) * share)]))


@pytest.mark.parametrize("kind", COMPRESS)
def test_flipped_bytes_are_told_by_name(tmp_path: Path, kind: str) -> None:
    data = bytearray(COMPRESS[kind](BODY))
    for place in range(len(data) // 2, len(data) // 2 + 64):
        data[place] ^= 0xFF
    # zstandard's simple frames carry no checksum: there the damage may end in an early end instead
    with pytest.raises(DamagedInput, match=r"input: (corrupt|cut off)"):
        content(input_file(tmp_path, bytes(data)))


@pytest.mark.parametrize("kind", COMPRESS)
def test_bytes_before_the_damage_are_given(tmp_path: Path, kind: str) -> None:
    whole = COMPRESS[kind](BODY)
    got = b""
    with input_file(tmp_path, whole[: len(whole) - 3]).open() as stream, contextlib.suppress(DamagedInput):
        while data := stream.read1(2**16):
            got += data
    assert BODY.startswith(got)
    assert len(got) >= (0 if kind == "bz2" else len(BODY) // 2)  # bzip2 gives whole blocks of up to 900,000 bytes


def test_position_counts_the_bytes_of_the_file(tmp_path: Path) -> None:
    data = gzip.compress(BODY)
    file = input_file(tmp_path, data)
    content(file)
    assert file.position == len(data)


def test_an_unreadable_path_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="folder: cannot be read"):
        InputFile(tmp_path, "folder").open()


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff")))
def test_pieces_of_long_lines_join_to_the_text(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    long = text + "é汉😀" * (CUT_BYTES // 5) + text
    file = input_file(tmp_path_factory.mktemp("lines"), long.encode())
    assert "".join(line for _, line in read_lines(file, "error", cut_long=True)) == long


def test_lines_keep_their_numbers_and_ends_and_lose_the_byte_order_mark(tmp_path: Path) -> None:
    file = input_file(tmp_path, "\ufeffone\n\nthree".encode())
    assert list(read_lines(file, "error")) == [(1, "one\n"), (2, "\n"), (3, "three")]


def test_a_record_over_the_limit_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "long"
    with path.open("wb") as stream:
        stream.write(b"short\n")
        for _ in range(100):
            stream.write(b"x" * 2**20)
    with pytest.raises(UserError, match=rf"line 2 is longer than {MAX_RECORD_BYTES:,} bytes.*--format text"):
        list(read_lines(InputFile(path, "long"), "error"))


def test_bytes_that_are_not_utf8_stop_with_offset_and_remedy(tmp_path: Path) -> None:
    file = input_file(tmp_path, b"good\nb\xe4d\nlast\n")
    with pytest.raises(UserError, match=r"byte 6 \(line 2\): 0xe4; convert it .*iconv.* --encoding-errors skip"):
        list(read_lines(file, "error"))


def test_bytes_that_are_not_utf8_are_skipped_and_counted_or_replaced(tmp_path: Path) -> None:
    file = input_file(tmp_path, b"good\nb\xe4d\nlast\n")
    assert [line for _, line in read_lines(file, "skip")] == ["good\n", "last\n"]
    assert file.left_out == {"line is not UTF-8": 1}
    assert [line for _, line in read_lines(file, "replace")] == ["good\n", "b\ufffdd\n", "last\n"]


def test_utf16_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="iconv -f utf-16"):
        list(read_lines(input_file(tmp_path, "hello".encode("utf-16")), "error"))
