"""The blocks of bzip2 files: whole files and any range of them, streams in a row, damage, and a magic by chance."""

import bz2
import io
import random

import pytest

from erya.corpus.mediawiki import blocks
from erya.corpus.mediawiki.blocks import read_blocks

TEXT = random.Random(0).randbytes(500_000).hex().encode()
FILES = {
    "single": bz2.compress(TEXT, 1),
    "large blocks": bz2.compress(TEXT, 9),
    "multistream": b"".join(bz2.compress(TEXT[place : place + 70_000]) for place in range(0, len(TEXT), 70_000)),
    "padded": bz2.compress(TEXT[:300_000], 1) + bytes(5_000) + bz2.compress(TEXT[300_000:], 3) + b"garbage",
}


def blocks_of(data: bytes, start: int = 0, end: int | None = None) -> list[bytes | None]:
    return [text for _, text in read_blocks(io.BytesIO(data), start, end)]


@pytest.mark.parametrize("name", FILES)
def test_blocks_in_a_row_are_the_file(name: str) -> None:
    garbage = [None] if name == "padded" else []
    found = blocks_of(FILES[name])
    assert b"".join(filter(None, found)) == TEXT
    assert [text for text in found if text is None] == garbage


def test_a_block_that_lost_its_magic_is_missed() -> None:
    whole = blocks_of(FILES["multistream"])
    magic = blocks.BLOCK.to_bytes(6)
    place = FILES["multistream"].find(magic, len(FILES["multistream"]) // 2)
    assert blocks_of(FILES["multistream"][:place] + b"?" + FILES["multistream"][place + 1 :]).count(None) == 1
    assert whole.count(None) == 0


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("count", [2, 7, 50])
def test_every_block_is_in_one_range(name: str, count: int) -> None:
    data = FILES[name]
    places = [len(data) * number // count for number in range(count)]
    ranges = zip(places, [*places[1:], None], strict=True)
    assert [text for start, end in ranges for text in blocks_of(data, start, end)] == blocks_of(data)


def test_a_flipped_byte_costs_its_block_alone() -> None:
    whole = blocks_of(FILES["single"])
    data = bytearray(FILES["single"])
    data[len(data) // 2] ^= 0x10
    found = blocks_of(bytes(data))
    lost = [number for number, text in enumerate(found) if text is None]
    assert len(lost) == 1
    assert found[: lost[0]] + found[lost[0] + 1 :] == whole[: lost[0]] + whole[lost[0] + 1 :]


def test_a_cut_costs_the_block_it_cuts() -> None:
    whole = blocks_of(FILES["single"])
    found = blocks_of(FILES["single"][:-20])
    assert found[:-1] == whole[:-1]
    assert found[-1] is None


def test_a_last_block_is_read_though_the_end_of_its_stream_is_missing() -> None:
    whole = FILES["single"]
    assert b"".join(filter(None, blocks_of(whole[:-4]))) == TEXT


def test_a_magic_inside_a_block_is_no_block(monkeypatch: pytest.MonkeyPatch) -> None:
    data = FILES["single"]
    real = blocks._positions

    def with_chance(raw, start, magic, end=None):  # type: ignore[no-untyped-def]
        found = list(real(raw, start, magic, end))
        inside = [position + 4_000 for position in found[:3]] if magic == blocks.BLOCK else []
        return iter(sorted(found + inside))

    expected = blocks_of(data)
    monkeypatch.setattr(blocks, "_positions", with_chance)
    assert [text for text in blocks_of(data) if text is not None] == expected
