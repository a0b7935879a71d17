"""English prose from the interpreter: much of it, readable, in the same order every time."""

import hashlib
import subprocess
import sys
from collections.abc import Sequence

import pytest

from erya.corpus.records import Document
from erya.corpus.samples.english import LICENCE, MIN_CHARACTERS, prose
from tests.corpus.embedded import embedded

MIN_MEGABYTES = 1.2  # Python 3.11 to 3.14 give 1.8 to 2.2; a system without pydoc topics some 0.3 less
MIN_LETTER_SHARE = 0.74  # of all characters; English prose has about 0.79


@pytest.fixture(scope="module")
def documents() -> Sequence[Document]:
    return [document for document in embedded() if document.id.startswith("python/")]


def test_there_is_much_of_it(documents: Sequence[Document]) -> None:
    assert sum(len(document.text) for document in documents) > MIN_MEGABYTES * 1e6
    assert len({document.id for document in documents}) == len(documents) > 300


def test_every_document_says_where_it_is_from(documents: Sequence[Document]) -> None:
    for document in documents:
        assert document.licence == LICENCE == "PSF-2.0"
        assert document.source.startswith("Python 3.")
        assert document.language == "en"
        assert len(document.text) >= MIN_CHARACTERS


def test_it_reads_like_prose(documents: Sequence[Document]) -> None:
    text = "".join(document.text for document in documents)
    assert sum(character.isascii() and character.isalpha() for character in text) > MIN_LETTER_SHARE * len(text)
    paragraphs = [paragraph for document in documents for paragraph in document.text.split("\n\n")]
    assert len(set(paragraphs)) == len(paragraphs), "a paragraph is repeated"
    assert not any("\n" in paragraph or ">>>" in paragraph[:4] for paragraph in paragraphs)


def test_another_process_gives_the_same_text(documents: Sequence[Document]) -> None:
    script = (
        "import hashlib, itertools; from erya.corpus.samples.english import english\n"
        "print(hashlib.sha256(repr([(d.id, d.text) for d in itertools.islice(english(), 130)]).encode()).hexdigest())"
    )
    here = hashlib.sha256(repr([(d.id, d.text) for d in documents][:130]).encode()).hexdigest()
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "77"}
    )
    assert ran.stdout.strip() == here


def test_markup_goes_and_sentences_stay() -> None:
    text = """Return the *first* item of ``queue``, see :func:`len`
    and wait for it.

    >>> queue.get()
    1

    Title
    =====

    * One bullet that is a sentence.
    * Another bullet that is one too.

    x = f(a_b, c[0]) + g(**kw).
    """
    assert list(prose(text)) == [
        "Return the first item of queue, see len and wait for it.",
        "One bullet that is a sentence.",
        "Another bullet that is one too.",
    ]
