"""LAMBADA: the last word of a passage that needs the whole passage (Paperno et al. 2016), in OpenAI's variant.

In: JSON Lines with `text`, case and punctuation kept. The last word is all that follows the last space; it is right
when each of its tokens is the most probable one, as in lm-evaluation-harness's `lambada_openai`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from erya.core.errors import UserError
from erya.evaluate.metric import Figure, Prepared, Record, Result, TokenEncoder, set_signature
from erya.evaluate.scorer import Advance, Scorer
from erya.evaluate.significance import bootstrap_ratio


@dataclass(frozen=True)
class Passage:
    """A passage cut before the space that stands before its last word."""

    context: str
    ending: str


class Lambada:
    """Accuracy and perplexity of the last word."""

    name = "lambada"
    headline = "accuracy"

    def recognises(self, path: Path, record: Record) -> bool:
        """A file that says so in its name and holds passages."""
        return "lambada" in path.name.lower() and isinstance(record.get("text"), str)

    def items(self, records: Iterable[Record], where: str) -> list[Passage]:
        """The passages."""
        found = []
        for number, record in enumerate(records, start=1):
            text = record.get("text")
            context, space, word = text.rstrip().rpartition(" ") if isinstance(text, str) else ("", "", "")
            if not (context and space and word):
                raise UserError(f"{where}: record {number}: expected `text` with at least two words for lambada")
            found.append(Passage(context, space + word))
        return found

    def prepare(self, items: Sequence[Passage], tokenizer: TokenEncoder) -> Prepared:
        """Encode the passages whole: the last word's tokens are those after the context's."""
        wholes = [item.context + item.ending for item in items]
        contexts = tokenizer.encode_batch([item.context for item in items])
        texts = tokenizer.encode_batch(wholes)
        endings = [max(1, len(text) - len(context)) for text, context in zip(texts, contexts, strict=True)]
        facts = {"variant": "openai", "word": "after-last-space", "right": "every-token-likeliest"}
        return Prepared(texts, endings, set_signature(self.name, wholes, tokenizer, **facts))

    def measure(self, scorer: Scorer, prepared: Prepared, advance: Advance) -> Result:
        """Score the passages; only the last word counts."""
        endings = scorer.endings(prepared.texts, prepared.items, advance)
        costs = np.array([ending.nats for ending in endings])
        right = np.array([ending.likeliest for ending in endings], dtype=float)
        ones = np.ones(len(right))
        return Result(
            figures={
                "accuracy": Figure.of(bootstrap_ratio(right, ones), "share"),
                "perplexity": Figure.exp(bootstrap_ratio(costs, ones), "per last word"),
            },
            signature=f"{prepared.signature}|{scorer.signature}",
            costs=1 - right,
        )


METRIC = Lambada()
