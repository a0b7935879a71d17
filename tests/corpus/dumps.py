"""Dumps made for tests: pages whose text can be told apart, packed in every way that dumps come in."""

import bz2
import gzip
import lzma
import random

import zstandard

HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="de-AT">
<siteinfo><sitename>Wikipedia</sitename><dbname>dewiki</dbname><base>https://de.wikipedia.org/wiki/Hauptseite</base>
<namespaces><namespace key="0" case="first-letter" /><namespace key="1">Diskussion</namespace></namespaces></siteinfo>
"""
TAIL = "</mediawiki>\n"
KINDS = ("plain", "single", "multistream", "gz", "xz", "zst")


def page(number: int, title: str = "Ein Titel", text: str = "Text &amp; mehr", extra: str = "<ns>0</ns>") -> str:
    """One page of a dump."""
    return (
        f"<page><title>{title}</title>{extra}<id>{number}</id><revision><id>9{number}</id><contributor><id>777</id>"
        f"</contributor><timestamp>2026-01-01T00:00:00Z</timestamp><text>{text}</text></revision></page>\n"
    )


def pages(count: int, words: int = 300) -> list[str]:
    """Pages of random words."""
    draw = random.Random(0)
    names = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyzäöü", k=draw.randint(2, 12))) for _ in range(5000)]
    texts = (" ".join(draw.choices(names, k=draw.randint(1, 2 * words))) for _ in range(count))
    return [page(number, f"Titel {number}", f"'''Text''' {text}.") for number, text in enumerate(texts)]


def packed(kind: str, body: list[str], head: str = HEAD, tail: str = TAIL, per_stream: int = 100) -> bytes:
    """A dump with these pages, compressed as `kind` says; bzip2 blocks are the smallest, so that there are several."""
    if kind == "multistream":
        groups = ["".join(body[place : place + per_stream]) for place in range(0, len(body), per_stream)]
        return b"".join(bz2.compress(piece.encode(), 1) for piece in (head, *groups, tail))
    data = (head + "".join(body) + tail).encode()
    return {
        "plain": lambda: data,
        "single": lambda: bz2.compress(data, 1),
        "gz": lambda: gzip.compress(data, mtime=0),
        "xz": lambda: lzma.compress(data),
        "zst": lambda: zstandard.ZstdCompressor(write_checksum=True).compress(data),
    }[kind]()
