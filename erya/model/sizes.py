"""The one dial: from a size such as `"10m"` to a shape, a learning rate, a batch and a horizon.

Every value is a layer below the user's own configuration, so each is shown and can be overridden.
"""

import math
from dataclasses import dataclass

from pydantic import Field

from erya.core import registry
from erya.core.config import Section, Table
from erya.core.errors import UserError, did_you_mean
from erya.model import cost
from erya.model.architectures.decoder import Decoder, DecoderConfig
from erya.model.family import Family

TOKENS_PER_PARAMETER = 20
FAMILIES = "erya.model.families"


@dataclass(frozen=True)
class Size:
    """A point of the dial: what cannot be derived from a rule."""

    hidden_size: int
    num_layers: int
    head_dim: int
    context_length: int
    typical_vocab_size: int
    kv_share: int = 1
    """Query heads that share one key and value head; the cache shrinks by this factor."""


SIZES = {
    "1m": Size(128, 3, 32, 256, 4000),
    "3m": Size(192, 5, 64, 256, 4000),
    "10m": Size(320, 6, 64, 512, 8192),
    "30m": Size(512, 7, 64, 512, 16384),
    "60m": Size(576, 10, 64, 1024, 32768),
    "124m": Size(768, 12, 64, 1024, 50257),
    "350m": Size(1024, 24, 64, 1024, 50257),
    "760m": Size(1536, 24, 128, 2048, 50257, kv_share=2),
    "1.5b": Size(2048, 28, 128, 2048, 50257, kv_share=2),
}
"""124m is GPT-2 small, 350m and 760m are the depth and width of GPT-3 (Brown et al. 2020, arXiv:2005.14165, table 2.1),
1.5b those of Qwen3-1.7B. Below, width over depth falls from 64 towards 40, the range in which loss hardly depends on it
(Kaplan et al. 2020, arXiv:2001.08361, figure 5)."""


class ModelConfig(Section):
    """The model: a family and a size, and whatever of the shape is wanted otherwise."""

    family: str = Field("qwen3", description="Family of the model: qwen3 or gpt2.")
    size: str | None = Field(None, description="The dial, from 1m to 1.5b; sets all that is not set.")
    hidden_size: int | None = Field(None, ge=1, description="Size of the vector of each position.")
    num_layers: int | None = Field(None, ge=1, description="Number of blocks.")
    num_heads: int | None = Field(None, ge=1, description="Number of query heads.")
    num_kv_heads: int | None = Field(None, ge=1, description="Number of key and value heads; divides num_heads.")
    head_dim: int | None = Field(None, ge=2, description="Size of each head.")
    intermediate_size: int | None = Field(None, ge=1, description="Size of the feed-forward's inner vector.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of activations dropped in training.")
    tie_embeddings: bool = Field(True, description="Whether the output head is the token embedding.")


SHAPE = ("hidden_size", "num_layers", "num_heads", "num_kv_heads", "head_dim", "intermediate_size")


def dial(size: str, family: str = "qwen3", optimizer: str = "muon") -> Table:
    """The configuration tables a size stands for.

    Raises: UserError for a size or family there is not.
    """
    if size not in SIZES:
        raise UserError(f"unknown model size '{size}'{did_you_mean(size, SIZES)}")
    point = SIZES[size]
    shape = _shape(point, family)
    chosen: Family = registry.pick(FAMILIES, "FAMILY", family)
    fields = {**shape, "vocab_size": point.typical_vocab_size, "context_length": point.context_length}
    total = cost.parameters(chosen.configure(fields)).total
    return {
        "model": shape,
        "training": {
            "context_length": point.context_length,
            "batch_tokens": batch_tokens(total),
            "max_tokens": horizon_tokens(total),
        },
        "optimizer": {"learning_rate": learning_rate(point.hidden_size, optimizer)},
    }


def _shape(point: Size, family: str) -> dict[str, int]:
    heads = point.hidden_size // point.head_dim
    gelu = family == "gpt2"
    return {
        "hidden_size": point.hidden_size,
        "num_layers": point.num_layers,
        "num_heads": heads,
        "num_kv_heads": heads if gelu else heads // point.kv_share,
        "head_dim": point.head_dim,
        "intermediate_size": 4 * point.hidden_size if gelu else swiglu_size(point.hidden_size),
    }


def swiglu_size(hidden_size: int) -> int:
    """Two thirds of 4 D, in multiples of 64, so that three matrices hold what two of a GELU hold.

    Source: Shazeer 2020, arXiv:2002.05202, section 2.
    """
    return 64 * round(8 * hidden_size / 3 / 64)


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


def learning_rate(hidden_size: int, optimizer: str) -> float:
    """AdamW's peak rate: where it moves the matrices, inverse to the width; beside Muon, to the width's root.

    Source: 6e-4 at 768, as GPT-3's 125M (Brown et al. 2020, arXiv:2005.14165, table 2.1), scaled as Yang et al. 2022,
    arXiv:2203.03466 say; beside Muon it moves embeddings and vectors only: 0.02 at 192 was measured (LOG.md).
    """
    rate = 0.01 * (768 / hidden_size) ** 0.5 if optimizer == "muon" else 6e-4 * 768 / hidden_size
    return float(f"{rate:.2g}")


def model_config(config: ModelConfig, vocab_size: int, context_length: int) -> DecoderConfig:
    """The full configuration of the model asked for.

    Raises: UserError when neither a size nor the whole shape is given, or the family cannot have the shape.
    """
    family: Family = registry.pick(FAMILIES, "FAMILY", config.family)
    given = {key: value for key in SHAPE if (value := getattr(config, key)) is not None}
    shape = {**(dial(config.size, config.family)["model"] if config.size else {}), **given}
    missing = [key for key in SHAPE if key not in shape]
    if missing:
        raise UserError(f"model.{missing[0]}: missing; set model.size, for example model.size=10m, or the whole shape")
    style = {"dropout": config.dropout, "tie_embeddings": config.tie_embeddings}
    return family.configure({**shape, **style, "vocab_size": vocab_size, "context_length": context_length})


def build_model(config: ModelConfig, vocab_size: int, context_length: int, seed: int) -> Decoder:
    """A model with fresh weights.

    Raises: UserError as `model_config` does.
    """
    family: Family = registry.pick(FAMILIES, "FAMILY", config.family)
    return family.new(model_config(config, vocab_size, context_length), seed)
