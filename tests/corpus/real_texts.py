"""Real text from the data that lies beside the project, when it is there."""

import gzip
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from erya.corpus.clean import clean

DATA = Path(__file__).parents[3] / "shared" / "data"
REAL = DATA.is_dir()


def books(count: int, characters: int = 6_000) -> list[str]:
    """The beginnings of some books."""
    return [clean(text[:characters]) for text in islice(_texts("books/books.jsonl.gz"), count)]


def laws(count: int) -> list[str]:
    """Some Chinese laws."""
    return [
        clean(text) for text in islice((text for text in _texts("zh_laws/laws.jsonl.gz") if len(text) > 200), count)
    ]


def _texts(name: str) -> Iterator[str]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)["text"]
