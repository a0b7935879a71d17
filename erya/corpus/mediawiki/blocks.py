"""The blocks of a bzip2 file, found by their magic at any bit and decompressed one by one.

A block needs nothing of what stands before it, so any range of a file can be read alone: single streams, multistream
dumps and streams in a row alike. A damaged block costs its own text only.
"""

import bz2
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

BLOCK = 0x314159265359
END = 0x177245385090  # end of a stream; a checksum of 32 bits follows, and bits up to a whole byte
_HEADER = re.compile(rb"BZh[1-9]")
_WINDOW_BYTES = 2**20
_MAGIC_BITS = 48
_MAX_BLOCK_BITS = 8 * 2**21  # the format allows 900,000 bytes of text, which never take twice their size
_LONGEST_TRAILER_BITS = _MAGIC_BITS + 32 + 7 + 32  # end of stream, checksum, filling, the next stream's header


def read_blocks(raw: BinaryIO, start: int, end: int | None) -> Iterator[tuple[int, bytes | None]]:
    """The blocks that begin in the bytes from `start` to `end` (None: the end of the file), each after its first byte.

    None stands for what is lost: a block that is damaged or cut off, or bytes behind a block that are no bzip2 data.
    """
    starts = _positions(raw, start, BLOCK)
    begin = next(starts, None)
    following = next(starts, None)
    while begin is not None and (end is None or begin < end * 8):
        text, finish = _read_block(raw, begin, following)
        if text is None and following is not None:
            beyond = next(starts, None)
            text, finish = _read_block(raw, begin, beyond)  # a magic may stand inside a block by chance
            if text is None:
                yield begin // 8, None
                begin, following = following, beyond
                continue
            following = beyond
        yield begin // 8, text
        if text is not None and finish > begin and _is_broken(raw, finish, following):
            yield begin // 8, None
        begin, following = following, next(starts, None)


def _read_block(raw: BinaryIO, begin: int, following: int | None) -> tuple[bytes | None, int]:
    """A block's text and where it ends: where the next begins, or before the end of its stream."""
    if following is not None:
        end = _without_trailer(raw, following)
        text = _decompress(raw, begin, end)
        if text is not None:
            return text, end
    last = following // 8 + 1 if following is not None else None
    for end in _positions(raw, begin // 8, END, last):
        text = _decompress(raw, begin, end)
        if text is not None:
            return text, end
    return (_decompress_last(raw, begin) if following is None else None), begin


def _is_broken(raw: BinaryIO, finish: int, following: int | None) -> bool:
    """Whether between a block's end and the next block stands more than the end of a stream, zeros and a header."""
    if finish == following:
        return False
    first = -(-(finish + _MAGIC_BITS + 32) // 8)
    between = _at(raw, first, _WINDOW_BYTES if following is None else min(_WINDOW_BYTES, following // 8 - first))
    return bool(_HEADER.sub(b"", between[-4:]).strip(b"\0") or between[:-4].strip(b"\0"))


def _without_trailer(raw: BinaryIO, following: int) -> int:
    """Where the block before ends: at the next block, or before the end of stream that stands between."""
    if following % 8:
        return following
    byte = following // 8
    first = max(0, byte - _LONGEST_TRAILER_BITS // 8 - 1)
    tail = _at(raw, first, byte - first)
    if not _HEADER.fullmatch(tail[-4:]):
        return following
    return next((end for end in _found(tail, END, first)), following)


def _decompress(raw: BinaryIO, begin: int, end: int) -> bytes | None:
    """The text of the bits from `begin` to `end`, made a stream of one block; None when they are not one block."""
    length = end - begin
    if not _MAGIC_BITS + 32 < length < _MAX_BLOCK_BITS:
        return None
    bits = _between(raw, begin, end)
    checksum = bits >> (length - _MAGIC_BITS - 32) & 0xFFFFFFFF
    engine = bz2.BZ2Decompressor()
    text = _fed(engine, bits << 80 | END << 32 | checksum, length + 80)
    return text if engine.eof and not engine.unused_data else None


def _decompress_last(raw: BinaryIO, begin: int) -> bytes | None:
    """The text of a last block that is whole though the end of its stream is missing."""
    length = min(8 * raw.seek(0, io.SEEK_END) - begin, _MAX_BLOCK_BITS)
    return _fed(bz2.BZ2Decompressor(), _between(raw, begin, begin + length), length) or None


def _fed(engine: bz2.BZ2Decompressor, bits: int, length: int) -> bytes | None:
    """What a decompressor makes of a stream's header and these bits."""
    stream, size = int.from_bytes(b"BZh9") << length | bits, length + 32
    try:
        return engine.decompress((stream << (-size % 8)).to_bytes(-(-size // 8)))
    except OSError:
        return None


def _between(raw: BinaryIO, begin: int, end: int) -> int:
    """The bits from `begin` to `end` as a number."""
    first = begin // 8
    return int.from_bytes(_at(raw, first, -(-end // 8) - first)) >> (-end % 8) & ((1 << (end - begin)) - 1)


def _positions(raw: BinaryIO, start: int, magic: int, end: int | None = None) -> Iterator[int]:
    """The bit positions, from byte `start` on, where a magic begins; it begins before byte `end`."""
    carried, place, last = b"", start, -1
    while window := _at(raw, place, _WINDOW_BYTES):
        data, offset = carried + window, place - len(carried)
        for position in _found(data, magic, offset):
            if end is not None and position >= end * 8:
                return
            if position > last:
                last = position
                yield position
        carried, place = data[-7:], place + len(window)
        if end is not None and place - 7 >= end:
            return


def _found(data: bytes, magic: int, offset: int) -> list[int]:
    """The bit positions of a magic in some bytes, of which the first is byte `offset` of the file, in order."""
    found = []
    for shift in range(8):
        pattern = (magic << (8 - shift)).to_bytes(7)  # the magic as it looks `shift` bits after a byte's start
        inner = pattern[1:6] if shift else pattern[:6]
        place = data.find(inner)
        while place >= 0:
            begin = (place - (shift > 0)) * 8 + shift
            if begin >= 0 and _bits(data, begin) == magic:
                found.append(offset * 8 + begin)
            place = data.find(inner, place + 1)
    return sorted(found)


def _bits(data: bytes, begin: int) -> int:
    piece = data[begin // 8 : begin // 8 + 7].ljust(7, b"\0")
    return int.from_bytes(piece) >> (8 - begin % 8) & ((1 << _MAGIC_BITS) - 1)


def _at(raw: BinaryIO, place: int, size: int) -> bytes:
    raw.seek(place)
    return raw.read(size)
