"""Damaged dumps: every page that is whole is given, whatever is cut off or flipped, and the damage is told."""

import bz2
import gzip
import lzma
import random
import zlib
from pathlib import Path

import pytest
import zstandard

from erya.core.errors import UserError
from erya.corpus import opening
from erya.corpus.mediawiki.dump import Dump
from erya.corpus.mediawiki.pages import MAX_PAGE_BYTES
from erya.corpus.opening import REPLACED, InputFile
from erya.corpus.source import ReadOptions
from erya.corpus.sources.mediawiki import SOURCE
from tests.corpus.dumps import HEAD, KINDS, TAIL, packed, page, pages

PAGES = pages(600, words=40)
CUT = "the rest of a cut-off dump"


def input_file(folder: Path, data: bytes, name: str = "d.xml") -> InputFile:
    (folder / name).write_bytes(data)
    return InputFile(folder / name, name)


def read(file: InputFile, part_bytes: int | None = None, encoding_errors: str = "error") -> list[str]:
    """The ids of the pages of a file, read in parts; what was left out is added up in `file`."""
    found: list[str] = []
    for start, end in SOURCE.cut(file, part_bytes) if part_bytes else [(0, None)]:
        part = InputFile(file.path, file.name, start, end, left_out=file.left_out)
        found += [it.id for it in Dump(part, encoding_errors).pages()]
    return found


COMPRESS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard.ZstdCompressor().compress}
IDS = [str(number) for number in range(len(PAGES))]


@pytest.mark.parametrize("kind", KINDS)
def test_parts_of_any_size_give_the_pages_of_the_whole(tmp_path: Path, kind: str) -> None:
    file = input_file(tmp_path, packed(kind, PAGES))
    for part_bytes in (None, 10**9, 40_000, 7_001):
        assert read(file, part_bytes) == IDS
    assert file.left_out == {}


def test_utf16_is_read_as_one_part(tmp_path: Path) -> None:
    data = (HEAD + "".join(PAGES) + TAIL).encode("utf-16")
    for name, content in (("a", data), ("b", bz2.compress(data, 1))):
        file = input_file(tmp_path, content, name)
        assert len(SOURCE.cut(file, 10_000)) == 1
        assert read(file) == IDS


def readable(kind: str, data: bytes) -> bytes:
    """What the standard libraries make of a file that is cut off."""
    if kind == "plain":
        return data
    text = b""
    while data:
        engine = {
            "single": bz2.BZ2Decompressor,
            "multistream": bz2.BZ2Decompressor,
            "gz": lambda: zlib.decompressobj(wbits=31),
            "xz": lzma.LZMADecompressor,
            "zst": lambda: zstandard.ZstdDecompressor().decompressobj(),
        }[kind]()
        text += engine.decompress(data)
        data = engine.unused_data
    return text


@pytest.mark.parametrize("kind", KINDS)
def test_cut_anywhere_every_whole_page_is_given_and_the_cut_told(tmp_path: Path, kind: str) -> None:
    whole = packed(kind, PAGES)
    draw = random.Random(kind)
    for _ in range(50):
        data = whole[: draw.randrange(len(whole) // 50, len(whole) - 30)]
        file = input_file(tmp_path, data)
        text = readable(kind, data)
        if b"</siteinfo>" in text:
            assert read(file, draw.choice([None, 30_000])) == IDS[: text.count(b"</page>")]
            assert file.left_out == {CUT: 1}
        elif b"<mediawiki" not in text:
            with pytest.raises(UserError, match="not a MediaWiki dump, or damaged at its beginning"):
                read(file)


@pytest.mark.parametrize("kind", ["plain", "single", "multistream"])
def test_flipped_bytes_cost_what_they_touch_and_are_told(tmp_path: Path, kind: str) -> None:
    whole = packed(kind, PAGES)
    draw = random.Random(kind)
    touched = {"plain": 2, "single": 400, "multistream": 400}[kind]  # a bzip2 block is 100,000 bytes of pages
    for _ in range(10):
        data = bytearray(whole)
        place = draw.randrange(len(packed(kind, PAGES[:300])), len(data) - 200)
        data[place : place + 3] = bytes(byte ^ 0xFF for byte in data[place : place + 3])
        file = input_file(tmp_path, bytes(data))
        in_parts, told = read(file, 30_000, encoding_errors="skip"), dict(file.left_out)
        file.left_out.clear()
        found = read(file, encoding_errors="skip")
        assert (in_parts, told) == (found, file.left_out)
        assert len(found) >= len(IDS) - touched
        assert set(found) <= set(IDS)
        assert file.left_out or found == IDS


def test_streams_in_a_row_and_garbage_after_them_lose_no_page(tmp_path: Path) -> None:
    first, second = packed("multistream", PAGES[:300]), packed("single", PAGES[300:])
    file = input_file(tmp_path, first + bytes(512) + second + b"garbage" * 100)
    for part_bytes in (None, 30_000):
        assert read(file, part_bytes) == IDS
    assert file.left_out == {"damaged block of a dump": 2}  # the garbage, seen by each of both readings


def test_another_wiki_in_the_same_file_is_refused(tmp_path: Path) -> None:
    other = packed("plain", PAGES[300:], head=HEAD.replace("dewiki", "frwiki"))
    file = input_file(tmp_path, packed("plain", PAGES[:300]) + other)
    with pytest.raises(UserError, match="after a dump of dewiki comes one of frwiki; give each as a file of its own"):
        read(file)


def test_a_page_that_is_not_utf8_follows_the_option(tmp_path: Path) -> None:
    data = packed("plain", [*PAGES[:2], page(2, "Caf\xe9", "x\xe4y")]).replace("é".encode(), b"\xe9")
    data = data.replace("xäy".encode(), b"x\xe4y")
    with pytest.raises(UserError, match=r"d\.xml: page 'Caf\ufffd' is not UTF-8: 0xe9 at byte .*encoding-errors skip"):
        read(input_file(tmp_path, data))
    for choice, expected, reason in (
        ("skip", [], "page is not UTF-8"),
        ("replace", ["Caf\ufffd\n\nx\ufffdy"], REPLACED),
    ):
        file = input_file(tmp_path, data)
        texts = [it.text for it in SOURCE.read(file, ReadOptions(encoding_errors=choice))]  # type: ignore[arg-type]
        assert texts[2:] == expected
        assert file.left_out == {reason: 1}


def test_a_page_that_is_too_large_is_left_out_and_the_next_one_read(tmp_path: Path) -> None:
    file = input_file(tmp_path, packed("gz", [page(1), page(2, text="x" * (MAX_PAGE_BYTES + 2**21)), page(3)]))
    assert [it.id for it in Dump(file).pages()] == ["1", "3"]
    assert file.left_out == {f"page of more than {MAX_PAGE_BYTES:,} bytes": 1}


def test_malformed_pages_are_left_out_and_counted(tmp_path: Path) -> None:
    bad = [page(1), page(2).replace("</text>", ""), page(3, text="&nbsp;"), page(4).replace("</page>", ""), page(5)]
    file = input_file(tmp_path, packed("plain", bad))
    assert [it.id for it in Dump(file).pages()] == ["1", "5"]
    assert file.left_out == {"damaged page": 3}


def test_a_page_without_an_end_gives_no_page_twice(tmp_path: Path) -> None:
    body = [page(number, text="x" * 300) for number in range(40)]
    body[17] = body[17].replace("</page>", "")
    file = input_file(tmp_path, packed("plain", body))
    for part_bytes in range(300, 900, 37):
        assert read(file, part_bytes) == [str(number) for number in range(40) if number != 17]


def test_marked_sections_and_numbers_of_characters_are_text(tmp_path: Path) -> None:
    file = input_file(
        tmp_path, packed("plain", [page(1, text="a &#x6c49;&#23383;"), page(2, text="<![CDATA[a < b]]>")])
    )
    assert [it.text for it in Dump(file).pages()] == ["a 汉字", "a < b"]


@pytest.mark.parametrize("kind", COMPRESS)
def test_a_bomb_stops_at_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(opening, "FREE_EXPANSION_BYTES", 2**22)
    file = input_file(tmp_path, COMPRESS[kind](bytes(2**26)), "a.txt")
    with file.open() as stream, pytest.raises(UserError, match="over 250 times as many, as decompression bombs do"):
        stream.read()
    assert file.position <= 65_536


def test_a_bomb_among_the_blocks_of_a_dump_stops_at_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "FREE_EXPANSION_BYTES", 2**22)
    file = input_file(tmp_path, packed("single", [page(1, text=" " * 2**23)]))
    with pytest.raises(UserError, match=r"d\.xml: .* as decompression bombs do"):
        read(file)
