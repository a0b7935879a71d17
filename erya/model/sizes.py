"""The one dial: from a size such as `"10m"` to a shape, a learning rate, a batch and a horizon.

Every value is a layer below the user's own configuration, so each is shown and can be overridden.
"""

import math
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from erya.core import registry
from erya.core.config import Section, Table
from erya.core.errors import UserError, did_you_mean
from erya.model import cost
from erya.model.architectures.base import BaseConfig, Transformer
from erya.model.family import Family, Vocabulary, Width

TOKENS_PER_PARAMETER = 20
FAMILIES = "erya.model.families"


@dataclass(frozen=True)
class Size:
    """A point of the dial: what cannot be derived from a rule."""

    width: Width
    context_length: int
    typical_vocab_size: int


SIZES = {
    "1m": Size(Width(128, 3, 32), 256, 4000),
    "3m": Size(Width(192, 5, 64), 256, 4000),
    "10m": Size(Width(320, 6, 64), 512, 8192),
    "30m": Size(Width(512, 7, 64), 512, 16384),
    "60m": Size(Width(576, 10, 64), 1024, 32768),
    "124m": Size(Width(768, 12, 64), 1024, 50257),
    "350m": Size(Width(1024, 24, 64), 1024, 50257),
    "760m": Size(Width(1536, 24, 128, kv_share=2), 2048, 50257),
    "1.5b": Size(Width(2048, 28, 128, kv_share=2), 2048, 50257),
}
"""124m is GPT-2 small, 350m and 760m are the depth and width of GPT-3 (Brown et al. 2020, arXiv:2005.14165, table 2.1),
1.5b those of Qwen3-1.7B. Below, width over depth falls from 64 towards 40, the range in which loss hardly depends on it
(Kaplan et al. 2020, arXiv:2001.08361, figure 5)."""


class ModelConfig(Section):
    """The model: a family and a size, and whatever of the shape is wanted otherwise."""

    family: str = Field(default="qwen3", description="Family of the model: qwen3, gpt2, bert or marian.")
    size: str | None = Field(default=None, description="The dial, from 1m to 1.5b; sets all that is not set.")
    hidden_size: int | None = Field(default=None, ge=1, description="Size of the vector of each position.")
    num_layers: int | None = Field(
        default=None, ge=1, description="Number of blocks; of the encoder's, where there are two."
    )
    num_decoder_layers: int | None = Field(
        default=None, ge=1, description="Number of the decoder's blocks, after an encoder."
    )
    num_heads: int | None = Field(default=None, ge=1, description="Number of query heads.")
    num_kv_heads: int | None = Field(
        default=None, ge=1, description="Number of key and value heads; divides num_heads."
    )
    head_dim: int | None = Field(default=None, ge=2, description="Size of each head.")
    intermediate_size: int | None = Field(default=None, ge=1, description="Size of the feed-forward's inner vector.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="Share of activations dropped in training.")
    tie_embeddings: bool | None = Field(
        default=None, description="Whether the output head is the token embedding; unless set, it is."
    )


STYLE = ("dropout", "tie_embeddings")


def dial(size: str, family: str = "qwen3", optimizer: str = "muon") -> Table:
    """The configuration tables a size stands for.

    Raises: UserError for a size or family there is not.
    """
    if size not in SIZES:
        raise UserError(f"unknown model size '{size}'{did_you_mean(size, SIZES)}")
    point = SIZES[size]
    chosen: Family[Any, Any] = registry.pick(FAMILIES, "FAMILY", family)
    shape = chosen.shape(point.width)
    vocabulary = chosen.vocabulary(Vocabulary(point.typical_vocab_size, pad_id=1, end_id=0))
    fields = {**shape, **vocabulary, "context_length": point.context_length}
    total = cost.parameters(chosen.configure(fields)).total
    return {
        "model": shape,
        "training": {
            "context_length": point.context_length,
            "batch_tokens": batch_tokens(total),
            "max_tokens": horizon_tokens(total),
        },
        "optimizer": {
            "learning_rate": learning_rate(
                point.width.hidden_size, optimizer, counted=chosen.model_class.begins_counted
            )
        },
    }


def horizon_tokens(total_parameters: int) -> int:
    """Tokens to train on for the best model of a compute budget: 20 a parameter, rounded to two digits.

    Source: Hoffmann et al. 2022, arXiv:2203.15556, table 3.
    """
    tokens = TOKENS_PER_PARAMETER * total_parameters
    unit: int = 10 ** (len(str(tokens)) - 2)
    return unit * round(tokens / unit)


def batch_tokens(total_parameters: int) -> int:
    """Tokens a step: 160 texts of 2048 tokens at 108M parameters, growing as their power 0.703; a power of two.

    Source: Porian et al. 2024, arXiv:2406.19146, section 3.4.
    """
    ideal: float = 160 * 2048 * (total_parameters / 108e6) ** 0.703
    return 1 << round(math.log2(ideal))


def learning_rate(hidden_size: int, optimizer: str, *, counted: bool = False) -> float:
    """AdamW's peak rate: where it moves the matrices, inverse to the width; beside Muon, to the width's root.

    Beside Muon it is less for a model that begins `counted`: its token vectors must last until attention uses them.
    Source: 6e-4 at 768, as GPT-3's 125M (Brown et al. 2020, arXiv:2005.14165, table 2.1), scaled as Yang et al. 2022,
    arXiv:2203.03466 say; beside Muon it moves embeddings and vectors only: 0.02 at 192 and, counted, 0.003 were
    measured (LOG.md).
    """
    if optimizer == "muon":
        rate = (0.0015 if counted else 0.01) * (768 / hidden_size) ** 0.5
    else:
        rate = 6e-4 * 768 / hidden_size
    return float(f"{rate:.2g}")


def model_config(config: ModelConfig, vocabulary: Vocabulary, context_length: int) -> BaseConfig:
    """The full configuration of the model asked for.

    Raises: UserError when neither a size nor the whole shape is given, or the family cannot have the shape.
    """
    family: Family[Any, Any] = registry.pick(FAMILIES, "FAMILY", config.family)
    asked = config.model_dump(include=set(ModelConfig.model_fields) - {"family", "size"}, exclude_none=True)
    keys = family.shape(SIZES["1m"].width).keys()
    foreign = sorted(asked.keys() - keys - set(STYLE))
    if foreign:
        raise UserError(f"model.{foreign[0]}: {config.family} has no such number; leave it out")
    shape = {**(dial(config.size, config.family)["model"] if config.size else {}), **asked}
    missing = [key for key in keys if key not in shape]
    if missing:
        raise UserError(f"model.{missing[0]}: missing; set model.size, for example model.size=10m, or the whole shape")
    fields = {**shape, **family.vocabulary(vocabulary), "context_length": context_length}
    configured: BaseConfig = family.configure(fields)
    return configured


def build_model(config: ModelConfig, vocabulary: Vocabulary, context_length: int, seed: int) -> Transformer:
    """A model with fresh weights.

    Raises: UserError as `model_config` does.
    """
    family: Family[Any, Any] = registry.pick(FAMILIES, "FAMILY", config.family)
    model: Transformer = family.new(model_config(config, vocabulary, context_length), seed)
    return model
