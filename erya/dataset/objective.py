"""What an objective is: how rows of text become a batch that says what is given and what is to be told of it.

Its random numbers follow from the seed and the row alone. So a row is hidden otherwise in every epoch, as its id is
another one, and the same way whatever batch it is in and wherever a run was resumed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from erya.core.config import Section
from erya.core.errors import UserError
from erya.dataset.rows import MakeBatch
from erya.tokenizer.tokenizer import Tokenizer

OBJECTIVES = "erya.dataset.objectives"


class ObjectiveConfig(Section):
    """How much of the text is hidden from a model that tells hidden text (bert, marian)."""

    hidden_fraction: float | None = Field(
        default=None, gt=0, lt=1, description="Share of tokens hidden; none: 0.15 of bert's, 0.3 of marian's."
    )
    whole_words: bool = Field(
        default=False, description="Hide all tokens of a word or none; a Chinese character is a word. For bert."
    )


@dataclass(frozen=True)
class Setting:
    """What an objective is prepared from."""

    tokenizer: Tokenizer
    config: ObjectiveConfig
    seed: int
    document_mask: bool


@dataclass(frozen=True)
class Objective:
    """An objective; its object `OBJECTIVE` stands in a file of that name."""

    name: str
    prepare: Callable[[Setting], MakeBatch]
    """Raises UserError when the tokenizer or the setting does not go with it."""
    scores_text: bool
    """Whether its loss is that of a text: each token given all before it."""


def row_random(seed: int, row_id: int) -> np.random.Generator:
    """The random numbers of one row."""
    # The order of an epoch draws from the same keys, with a counter from 0.
    return np.random.Generator(np.random.Philox(key=(seed, row_id), counter=(0, 0, 0, 1)))


def require_mask(tokenizer: Tokenizer) -> int:
    """The id that stands for hidden text.

    Raises: UserError when the tokenizer has none.
    """
    if tokenizer.mask_id is None:
        raise UserError(
            "the tokenizer has no mask token, and this model learns to tell hidden text; train a tokenizer with this "
            "version (erya tokenizer train), or choose a decoder: model.family=qwen3"
        )
    return tokenizer.mask_id
