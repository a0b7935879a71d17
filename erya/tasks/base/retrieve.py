"""The passages of many documents that a question is about, by BM25 over their words.

In: documents. Out: their passages, each of whole sentences with an id of its own, and the best of them for a question.
Source: Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond"; the bm25s package.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from erya.core.errors import UserError
from erya.corpus.records import Document
from erya.corpus.sentences import sentence_spans

PASSAGE_CHARACTERS = 1000
_WORD = re.compile(r"[\u3400-\u9fff\u3040-\u30ff]|[^\W\u3400-\u9fff\u3040-\u30ff]+")


@dataclass(frozen=True)
class Passage:
    """A part of a document; its id is the document's with `#` and the passage's number from 1."""

    id: str
    text: str


def passages(documents: Iterable[Document], language: str) -> Iterator[Passage]:
    """The passages of each document: as many whole sentences as fit into about a thousand characters, one at least."""
    for document in documents:
        number, begin, last = 1, 0, 0
        for _, end in sentence_spans(document.text, language):
            if end - begin > PASSAGE_CHARACTERS and last > begin:
                yield Passage(f"{document.id}#{number}", document.text[begin:last].strip())
                number, begin = number + 1, last
            last = end
        if document.text[begin:].strip():
            yield Passage(f"{document.id}#{number}", document.text[begin:].strip())


class Retriever:
    """An index of passages by their words; Chinese and kana by character.

    Raises: UserError when there is no passage with a word.
    """

    def __init__(self, found: Sequence[Passage]) -> None:
        from bm25s import BM25

        self.passages = [passage for passage in found if words(passage.text)]
        if not self.passages:
            raise UserError("the documents hold no text to look for an answer in")
        self._index = BM25()
        self._index.index([words(passage.text) for passage in self.passages], show_progress=False)

    def best(self, question: str, count: int) -> list[Passage]:
        """The best passages for a question, the best first; none where no word of it is in any."""
        known = [word for word in words(question) if word in self._index.vocab_dict]
        if not known:
            return []
        scores = self._index.get_scores(known)
        order = (-scores).argsort(kind="stable")[:count]
        return [self.passages[place] for place in order if scores[place] > 0]


def words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return [match.group().lower() for match in _WORD.finditer(text)]
