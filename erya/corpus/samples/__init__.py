"""The embedded text: what the demo and the tests run on, made here and now, without network and third-party text.

English prose is the running interpreter's own documentation. Everything else is synthetic, made by rule from a seed,
and says so in its source: pairs of an English–Chinese grammar, stories with questions, reports with headlines.
"""

from erya.corpus.samples.documents import documents
from erya.corpus.samples.english import english
from erya.corpus.samples.grammar import pairs
from erya.corpus.samples.reports import reports
from erya.corpus.samples.stories import questions

__all__ = ["documents", "english", "pairs", "questions", "reports"]
