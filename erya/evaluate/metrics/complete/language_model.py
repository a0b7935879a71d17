"""How well a model predicts text: loss, token and word perplexity, and bits per byte, over whole documents.

Bits per byte compares models with different tokenizers: the nats of all tokens over the bytes of the original text.
Word perplexity is per whitespace-separated word of the original text, and says nothing where words are not so written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from erya.core.errors import UserError
from erya.evaluate.metric import Curve, Figure, Prepared, Record, Result, Table, TokenEncoder, set_signature
from erya.evaluate.scorer import Advance, Nats, Scorer
from erya.evaluate.significance import bootstrap_ratio

LENGTHS = (0, 64, 256, 1024, 4096)
POINTS_A_DOUBLING = 4
SHOWN_DOCUMENTS = 5
SHOWN_CHARACTERS = 300
LEAST_TOKENS = 32  # shorter documents are luck, not the best or the worst


@dataclass(frozen=True)
class Text:
    """A document to be scored."""

    id: str
    text: str


class LanguageModel:
    """Every token of every document, scored once, from end_of_text on."""

    name = "language_model"
    headline = "bits_per_byte"

    def recognises(self, path: Path, record: Record) -> bool:  # noqa: ARG002 - the protocol's signature
        """Any text will do, so it claims no file."""
        return False

    def items(self, records: Iterable[Record], where: str) -> list[Text]:
        """The documents with any text in them."""
        texts = [Text(str(record["id"]), record["text"]) for record in records if record["text"].strip()]
        if not texts:
            raise UserError(f"{where}: holds no text to score")
        return texts

    def prepare(self, items: Sequence[Text], tokenizer: TokenEncoder) -> Prepared:
        """Encode the documents."""
        texts = [item.text for item in items]
        facts = {"unit": "bytes-of-original-utf8", "words": "whitespace", "intervals": "over-documents"}
        return Prepared(tokenizer.encode_batch(texts), items, set_signature(self.name, texts, tokenizer, **facts))

    def measure(self, scorer: Scorer, prepared: Prepared, advance: Advance) -> Result:
        """Score the documents and sum."""
        nats = scorer.nats(prepared.texts, advance)
        sums = np.array([values.sum() for values in nats])
        tokens = np.array([len(values) for values in nats], dtype=float)
        sizes = np.array([len(item.text.encode()) for item in prepared.items], dtype=float)
        words = np.array([len(item.text.split()) for item in prepared.items], dtype=float)
        loss = bootstrap_ratio(sums, tokens)
        return Result(
            figures={
                "bits_per_byte": Figure.of(bootstrap_ratio(sums / np.log(2), sizes), "bits/byte"),
                "loss": Figure.of(loss, "nats/token"),
                "token_perplexity": Figure.exp(loss, "per token"),
                "word_perplexity": Figure.exp(bootstrap_ratio(sums, words), "per word"),
            },
            signature=f"{prepared.signature}|{scorer.signature}",
            costs=sums,
            tables={
                "By document length": _by_length(sums, tokens, sizes),
                "Best and worst documents": _extremes(prepared.items, sums, tokens, sizes),
            },
            curves={"Loss by position": _by_position(nats)},
        )


def _by_length(sums: Nats, tokens: Nats, sizes: Nats) -> Table:
    rows = []
    for low, high in zip(LENGTHS, (*LENGTHS[1:], np.inf), strict=True):
        chosen = (tokens >= low) & (tokens < high)
        if chosen.any():
            bits = sums[chosen].sum() / np.log(2) / sizes[chosen].sum()
            loss = sums[chosen].sum() / tokens[chosen].sum()
            label = f"{low:,}–{high - 1:,.0f}" if np.isfinite(high) else f"{low:,} and more"
            rows.append((label, int(chosen.sum()), f"{int(tokens[chosen].sum()):,}", f"{loss:.4f}", f"{bits:.4f}"))
    return Table(("tokens", "documents", "tokens in all", "loss", "bits per byte"), rows)


def _by_position(nats: Sequence[Nats]) -> Curve:
    """The mean loss of tokens about as far into their document; the places grow by doubling."""
    longest = max(len(values) for values in nats)
    places = 2 ** np.arange(0, np.log2(longest) + 1, 1 / POINTS_A_DOUBLING)
    edges = np.unique(np.concatenate([[0], places.astype(np.int64), [longest]]))
    edges = edges[edges <= longest]
    total, count = np.zeros(len(edges) - 1), np.zeros(len(edges) - 1)
    for values in nats:
        reached = edges[: np.searchsorted(edges, len(values))]
        total[: len(reached)] += np.add.reduceat(values, reached)
        count[: len(reached)] += np.diff(np.append(reached, len(values)))
    centres = np.sqrt((edges[:-1] + 1.0) * edges[1:])
    return Curve("tokens into the document", "loss, nats per token", centres.tolist(), (total / count).tolist())


def _extremes(items: Sequence[Text], sums: Nats, tokens: Nats, sizes: Nats) -> Table:
    bits = sums / np.log(2) / sizes
    long_enough = [int(place) for place in np.argsort(bits) if tokens[place] >= LEAST_TOKENS]
    shown = long_enough[:SHOWN_DOCUMENTS] + long_enough[SHOWN_DOCUMENTS:][-SHOWN_DOCUMENTS:]
    rows = [(items[at].id, int(tokens[at]), f"{bits[at]:.4f}", items[at].text[:SHOWN_CHARACTERS]) for at in shown]
    return Table(("document", "tokens", "bits per byte", "begins"), rows)


METRIC = LanguageModel()
