"""An evaluation: every set scored by the model and by the classical baselines, side by side.

In: a loaded model and sets. Out: an `Assessment`, all the report needs.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from erya.core import registry
from erya.core.errors import UserError
from erya.core.progress import bar, warn
from erya.dataset.shards import open_tokens
from erya.evaluate.baseline import Baseline, Corpus
from erya.evaluate.metric import Result, TokenEncoder
from erya.evaluate.scorer import Ids, Scorer
from erya.evaluate.sets import EvaluationSet
from erya.evaluate.significance import paired_bootstrap

BASELINES = "erya.evaluate.baselines.complete"
MOST_TRAINING_TOKENS = 20_000_000  # what 3 GB of memory and two minutes allow


@dataclass(frozen=True)
class Scored:
    """One scorer's result on one set, its cost, and the p-value of its difference from the model."""

    scorer: str
    result: Result
    seconds: float
    tokens: int
    p_value: float | None = None


@dataclass(frozen=True)
class Block:
    """All results on one set, the model's first."""

    name: str
    metric: str
    headline: str
    scored: list[Scored]


@dataclass(frozen=True)
class Assessment:
    """A whole evaluation."""

    model: str
    facts: dict[str, Any]
    blocks: list[Block]
    samples: list[tuple[str, str]] = field(default_factory=list)
    learning_curve: list[dict[str, Any]] = field(default_factory=list)


def training_tokens(provenance: dict[str, Any]) -> list[Path]:
    """The tokens directories a model says it was trained from, as far as they are still there."""
    data = provenance.get("config", {}).get("data", {})
    return [path for name in data.get("tokens", []) if (path := Path(name)).is_dir()]


def train_baselines(directories: Sequence[Path], tokenizer_sha256: str, model_name: str) -> list[Scorer]:
    """Every classical baseline, trained on the train split of the tokens directories.

    Raises: UserError when the tokens were made with another tokenizer than the model's.
    """
    shards = [open_tokens(path, "train") for path in directories]
    for part in shards:
        part.require_tokenizer(tokenizer_sha256, model_name)
    places = [(part, at) for part in shards for at in range(part.num_documents)]
    documents: list[Ids] = []
    tokens = 0
    for place in np.random.default_rng(0).permutation(len(places)):
        part, at = places[place]
        documents.append(part.document(at)[:-1])
        tokens += len(documents[-1])
        if tokens >= MOST_TRAINING_TOKENS:
            warn(f"baselines are trained on {tokens:,} of {sum(part.num_tokens for part in shards):,} tokens")
            break
    corpus = Corpus(documents, shards[0].vocab_size, shards[0].end_of_text_id)
    scorers = []
    entries: dict[str, Baseline] = registry.discover(BASELINES, "BASELINE")
    with bar("training baselines", len(entries), "baselines") as running:
        for entry in sorted(entries.values(), key=lambda entry: entry.name, reverse=True):
            scorers.append(entry.train(corpus))
            running.advance(text=entry.name)
    return scorers


def assess_set(chosen: EvaluationSet, tokenizer: TokenEncoder, scorers: Sequence[Scorer]) -> Block:
    """Score one set with each scorer; the first is the model, to which the others are compared."""
    prepared = chosen.metric.prepare(chosen.items, tokenizer)
    if not prepared.tokens:
        raise UserError(f"{chosen.name}: holds no tokens to score")
    scored: list[Scored] = []
    for scorer in scorers:
        start = time.monotonic()
        with bar(f"{chosen.name}: {scorer.name}", prepared.tokens, "tokens") as running:
            result = chosen.metric.measure(scorer, prepared, running.advance)
        p_value = paired_bootstrap(scored[0].result.costs, result.costs) if scored else None
        scored.append(Scored(scorer.name, result, time.monotonic() - start, prepared.tokens, p_value))
    return Block(chosen.name, chosen.metric.name, chosen.metric.headline, scored)
