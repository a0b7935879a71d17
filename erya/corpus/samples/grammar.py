"""A synchronous English–Chinese grammar: sentence pairs for translation, made by rule from a few hundred words.

Every sentence knows which word pairs it puts together (`wash shirt`, `red car`, `box apple`). A fixed share of all word
pairs is held out: the train part never shows one of them, every sentence of the test part shows at least one, and yet
every single word is seen in training. So the test asks whether a model composes, not whether it remembers.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from erya.corpus.records import Pair
from erya.corpus.samples import joined, patterns, things
from erya.corpus.samples.clauses import ClauseWriter

SOURCE = "synthetic: English–Chinese grammar"
LICENCE = "Apache-2.0"
Part = Literal["all", "train", "test"]
HELD_OUT_IN = 8  # one word pair of so many is held out
PATTERNS: tuple[tuple[patterns.Pattern, int], ...] = (
    (patterns.statement, 14),
    (patterns.denial, 6),
    (patterns.simple, 3),
    (patterns.question, 5),
    (patterns.who, 3),
    (patterns.what, 3),
    (patterns.where_when_why, 4),
    (patterns.how_many, 2),
    (things.quality, 5),
    (things.comparison, 5),
    (things.most, 2),
    (things.existence, 4),
    (things.position, 4),
    (things.feeling, 5),
    (things.finished, 4),
    (things.suffered, 4),
    (things.put, 4),
    (things.give, 4),
    (joined.person_who, 4),
    (joined.thing_that, 4),
    (joined.because, 2),
    (joined.although, 2),
    (joined.condition, 4),
    (joined.order, 3),
    (joined.contrast, 2),
    (joined.both, 2),
    (joined.reported, 4),
    (joined.errand, 4),
    (joined.proposal, 4),
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in both languages and the word pairs that it puts together."""

    english: str
    chinese: str
    parts: frozenset[str]


def held_out(part: str) -> bool:
    """Whether a word pair is kept for the test."""
    return hashlib.sha256(part.encode()).digest()[0] % HELD_OUT_IN == 0


def sentences(seed: int) -> Iterator[Sentence]:
    """Sentences without end, the same for the same seed."""
    chance = random.Random(seed)
    functions, weights = zip(*PATTERNS, strict=True)
    while True:
        writer = ClauseWriter(chance)
        text = chance.choices(functions, weights)[0](writer)
        yield Sentence(text.english, text.chinese, frozenset(writer.parts))


def pairs(count: int, seed: int = 0, part: Part = "all") -> list[Pair]:
    """Distinct sentence pairs of a part: `train` without any held-out word pair, `test` each with at least one."""
    found: dict[str, Pair] = {}
    for sentence in sentences(seed):
        if len(found) >= count:
            break
        if part != "all" and any(map(held_out, sentence.parts)) != (part == "test"):
            continue
        if sentence.english not in found:
            found[sentence.english] = Pair(sentence.english, sentence.chinese, f"grammar/{part}/{seed}/{len(found)}")
    return list(found.values())
