"""BLiMP: which of two sentences that differ in one point of grammar a model finds likelier (Warstadt et al. 2020).

In: JSON Lines with `sentence_good`, `sentence_bad` and `UID`. Each sentence is scored with a leading space, as in
lm-evaluation-harness. A tie counts one half: 18 % of the pairs are the same words in another order, which a model blind
to order scores alike, and which counting ties as right gives it for nothing. That count stands beside, under its name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from erya.core.errors import UserError
from erya.evaluate.metric import Figure, Prepared, Record, Result, Table, TokenEncoder, set_signature
from erya.evaluate.scorer import Advance, Scorer
from erya.evaluate.significance import bootstrap_ratio

TIE_NATS = 1e-6  # below the rounding of a float32 sum over a sentence
FIELDS = ("sentence_good", "sentence_bad", "UID")

# Table 4 of Warstadt et al. 2020: a paradigm belongs to the first phenomenon one of whose words is in its name.
PHENOMENA = {
    "determiner-noun agreement": ("determiner_noun",),
    "anaphor agreement": ("anaphor_",),
    "binding": ("principle_A",),
    "control/raising": ("raising",),
    "island effects": ("island", "left_branch", "coordinate_structure"),
    "filler-gap dependency": ("wh_",),
    "NPI licensing": ("npi",),
    "ellipsis": ("ellipsis",),
    "irregular forms": ("irregular_past",),
    "quantifiers": ("quantifiers",),
    "subject-verb agreement": ("subject_verb", "distractor_agreement"),
    "argument structure": (
        "animate_",
        "causative",
        "drop_argument",
        "inchoative",
        "intransitive",
        "passive",
        "transit",
    ),
}
OTHER = "other"


@dataclass(frozen=True)
class Pair:
    """Two sentences, the grammatical one first."""

    good: str
    bad: str
    paradigm: str


def phenomenon(paradigm: str) -> str:
    """The phenomenon a paradigm belongs to."""
    return next((name for name, words in PHENOMENA.items() if any(word in paradigm for word in words)), OTHER)


class Blimp:
    """The share of pairs in which the grammatical sentence is the likelier one."""

    name = "blimp"
    headline = "accuracy"

    def recognises(self, path: Path, record: Record) -> bool:  # noqa: ARG002 - the protocol's signature
        """Records with BLiMP's fields."""
        return all(field in record for field in FIELDS)

    def items(self, records: Iterable[Record], where: str) -> list[Pair]:
        """The pairs."""
        found = []
        for number, record in enumerate(records, start=1):
            values = [record.get(field) for field in FIELDS]
            if not all(isinstance(value, str) and value for value in values):
                raise UserError(f"{where}: record {number}: expected text in {', '.join(FIELDS)} for blimp")
            found.append(Pair(*map(str, values)))
        return found

    def prepare(self, items: Sequence[Pair], tokenizer: TokenEncoder) -> Prepared:
        """Encode all good sentences, then all bad ones."""
        sentences = [f" {item.good}" for item in items] + [f" {item.bad}" for item in items]
        pairs = [f"{item.good}\t{item.bad}" for item in items]
        facts = {"leading": "space", "score": "sum-of-nats", "ties": f"half,below{TIE_NATS:g}nats"}
        return Prepared(tokenizer.encode_batch(sentences), items, set_signature(self.name, pairs, tokenizer, **facts))

    def measure(self, scorer: Scorer, prepared: Prepared, advance: Advance) -> Result:
        """Score both sentences of each pair and compare."""
        sums = np.array([values.sum() for values in scorer.nats(prepared.texts, advance)])
        pairs = len(prepared.items)
        margin = sums[pairs:] - sums[:pairs]
        tied = np.abs(margin) < TIE_NATS
        right = np.where(tied, 0.5, margin > 0)
        ones = np.ones(pairs)
        return Result(
            figures={
                "accuracy": Figure.of(bootstrap_ratio(right, ones), "share, ties half"),
                "accuracy_lm_eval": Figure.of(bootstrap_ratio((tied | (margin > 0)).astype(float), ones), "ties right"),
                "ties": Figure.of(bootstrap_ratio(tied.astype(float), ones), "share of pairs"),
            },
            signature=f"{prepared.signature}|{scorer.signature}",
            costs=1 - right,
            tables={"By phenomenon": _by_phenomenon(prepared.items, right)},
        )


def _by_phenomenon(items: Sequence[Pair], right: np.ndarray) -> Table:
    names = np.array([phenomenon(item.paradigm) for item in items])
    paradigms = np.array([item.paradigm for item in items])
    rows = []
    for name in [*PHENOMENA, OTHER]:
        chosen = names == name
        if chosen.any():
            interval = bootstrap_ratio(right[chosen], np.ones(int(chosen.sum())))
            spread = f"{interval.low:.3f}–{interval.high:.3f}" if interval.low is not None else ""
            row = (name, len(set(paradigms[chosen])), int(chosen.sum()), f"{interval.value:.3f}", spread)
            rows.append(row)
    return Table(("phenomenon", "paradigms", "pairs", "accuracy", "95 % interval"), rows)


METRIC = Blimp()
