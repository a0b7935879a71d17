"""The text of a run: one or several tokens directories opened as one source, and how validation reads them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from erya.core import registry
from erya.core.errors import UserError
from erya.core.manifest import read_manifest
from erya.dataset.examples import Texts
from erya.dataset.loader import Loader, Mixture
from erya.dataset.objective import OBJECTIVES, Objective, Setting
from erya.dataset.rows import MakeBatch, validation_rows
from erya.dataset.shards import STAGE, open_tokens
from erya.model.family import Family
from erya.model.sizes import FAMILIES
from erya.tokenizer.tokenizer import Tokenizer
from erya.train.config import RunConfig
from erya.train.loop import Batch

VALIDATION_ROWS_TOKENS = 8192
VALIDATION_SEED = 0  # not the run's: what is hidden from a model in validation is the same for every run


@dataclass(frozen=True)
class Data:
    """The opened tokens of a run; `inputs` gives the digest of each directory's content by its name."""

    loader: Loader
    tokenizer: Tokenizer
    directories: tuple[Path, ...]
    inputs: dict[str, str]
    context_length: int
    objective: Objective
    make_validation: MakeBatch

    def validation(self, max_tokens: int | None) -> Iterator[Batch]:
        """The validation split of every directory, each up to its share of `max_tokens`."""
        share = None if max_tokens is None else max(1, max_tokens // len(self.directories))
        rows = max(1, VALIDATION_ROWS_TOKENS // self.context_length)
        for directory in self.directories:
            shards = open_tokens(directory, "validation")
            yield from map(self.make_validation, validation_rows(shards, rows, self.context_length, share))

    def first_tokens(self, count: int) -> Texts:
        """The first tokens of the training splits, an equal share of each directory's, as one text a directory."""
        share = max(1, count // len(self.directories))
        sources = self.loader.sources.values()
        parts = [np.asarray(source.shards.tokens[:share], np.int32) for source in sources]
        return np.concatenate(parts), np.cumsum([0, *map(len, parts)])

    def token_bytes(self) -> Tensor | None:
        """How many bytes of text each token id stands for; a control token stands for none.

        None when the loss is not that of the text, for then it is none by byte either.
        """
        if not self.objective.scores_text:
            return None
        control = set(self.tokenizer.special.values())
        lengths = [
            0 if id_ in control else len(self.tokenizer.token_bytes(id_)) for id_ in range(self.tokenizer.vocab_size)
        ]
        return torch.tensor(lengths)


def open_data(config: RunConfig, rows: int) -> Data:
    """Open the tokens directories as one source of micro-batches of `rows` rows.

    Raises: UserError when one is missing, made with another tokenizer than the first, or too small.
    """
    training = config.training
    directories = tuple(Path(name) for name in config.data.tokens)
    names = [path.name for path in directories]
    if len(set(names)) < len(names):
        raise UserError(f"data.tokens: two directories have the name '{names[0]}'; rename one")
    shards = {path.name: open_tokens(path, "train") for path in directories}
    tokenizer = Tokenizer.load(directories[0])
    for part in shards.values():
        part.require_tokenizer(tokenizer.sha256, str(directories[0]))
    weights = config.data.weights or [float(part.num_tokens) for part in shards.values()]
    family: Family[Any, Any] = registry.pick(FAMILIES, "FAMILY", config.model.family)
    objective: Objective = registry.pick(OBJECTIVES, "OBJECTIVE", family.model_class.objective)
    setting = partial(Setting, tokenizer, config.objective, document_mask=training.document_mask)
    loader = Loader(
        Mixture(shards, dict(zip(names, weights, strict=True))),
        rows,
        training.context_length,
        training.seed,
        objective.prepare(setting(seed=training.seed)),
    )
    inputs = {path.name: read_manifest(path, STAGE).sha256 for path in directories}
    make_validation = objective.prepare(setting(seed=VALIDATION_SEED))
    return Data(loader, tokenizer, directories, inputs, training.context_length, objective, make_validation)
