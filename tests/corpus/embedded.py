"""The embedded corpus, made once for all tests that look at it."""

from collections.abc import Sequence
from functools import cache

from erya.corpus.records import Document
from erya.corpus.samples import documents


@cache
def embedded() -> Sequence[Document]:
    return list(documents())
