"""The embedded corpus: the interpreter's documentation and a modest share of synthetic English and Chinese."""

from collections.abc import Iterator
from itertools import islice

from erya.corpus.records import Document
from erya.corpus.samples.english import english
from erya.corpus.samples.grammar import LICENCE, pairs
from erya.corpus.samples.grammar import SOURCE as GRAMMAR
from erya.corpus.samples.reports import SOURCE as REPORTING
from erya.corpus.samples.reports import reports
from erya.corpus.samples.stories import SOURCE as TELLING
from erya.corpus.samples.stories import stories

SEED = 0
CHINESE_STORIES = 1_500
CHINESE_SENTENCES = 8_000
SENTENCES_PER_DOCUMENT = 8
ENGLISH_STORIES = 400
REPORTS = 400


def documents() -> Iterator[Document]:
    """Every document of the embedded corpus, in the same order every time; about a fifth of the bytes is Chinese."""
    yield from english()
    for number, report in enumerate(reports(REPORTS, SEED)):
        text = f"{report.summary}\n\n{report.text}"
        yield Document(text, f"reports/{number}", REPORTING, LICENCE, "en")
    for number, text in enumerate(islice(stories(SEED, "en"), ENGLISH_STORIES)):
        yield Document(text, f"stories/en/{number}", TELLING, LICENCE, "en")
    for number, text in enumerate(islice(stories(SEED, "zh"), CHINESE_STORIES)):
        yield Document(text, f"stories/zh/{number}", TELLING, LICENCE, "zh")
    sentences = [pair.target for pair in pairs(CHINESE_SENTENCES, SEED)]
    for start in range(0, len(sentences), SENTENCES_PER_DOCUMENT):
        text = "".join(sentences[start : start + SENTENCES_PER_DOCUMENT])
        yield Document(text, f"grammar/zh/{start}", GRAMMAR, LICENCE, "zh")
