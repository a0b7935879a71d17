"""What every architecture shares: the shape's first fields, the batch, the loss and what training asks of a model."""

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from erya.core.config import Section

Batch = dict[str, Tensor]
BEGIN_SHARE = 0.7


class BaseConfig(Section):
    """What every shape says; the bounds are far beyond any model, to refuse a broken file early."""

    family: str = Field(description="The family whose names and style the model has.")
    vocab_size: int = Field(ge=1, le=1 << 24, description="Number of token ids the model knows.")
    context_length: int = Field(ge=1, le=1 << 24, description="Longest text, in tokens, the model reads.")
    hidden_size: int = Field(ge=1, le=1 << 17, description="Size of the vector of each position.")
    num_layers: int = Field(ge=1, le=1 << 12, description="Number of blocks.")
    num_heads: int = Field(ge=1, le=1 << 12, description="Number of query heads.")
    intermediate_size: int = Field(ge=1, le=1 << 20, description="Size of the feed-forward's inner vector.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of activations dropped in training.")


class Loss(NamedTuple):
    """The summed nats of a batch's supervised targets, and how many they are."""

    nats: Float[Tensor, ""]
    tokens: Int[Tensor, ""]


class Transformer(nn.Module, ABC):
    """A model of any architecture, as training, its files and its cost know it."""

    kind: ClassVar[str]
    """What people call the architecture: decoder, encoder, encoder–decoder."""
    objective: ClassVar[str]
    """What it learns from plain text: an entry of `dataset/objectives`."""
    begins_counted: ClassVar[bool] = False
    """Whether learning from plain text needs token vectors that are counted, to begin at all."""
    config: BaseConfig
    label_smoothing: float = 0.0
    """The share of each target that training spreads over the vocabulary."""

    @abstractmethod
    def loss(self, batch: Batch) -> Loss:
        """The loss of the batch's supervised targets, summed."""

    @abstractmethod
    def matrix_parts(self) -> dict[str, tuple[int, ...]]:
        """The blocks' matrices by parameter name, each with the output sizes of the projections fused in it."""

    @property
    @abstractmethod
    def embedding_weight(self) -> Float[Tensor, "V D"]:
        """The vector each token is read as."""

    @torch.no_grad()
    def begin_embedding(self, vectors: Float[Tensor, "V D"]) -> None:
        """Let tokens be read as these vectors, of length one, in a model that has learned nothing; zeros are left out.

        They become a little shorter than the vectors they replace: where the embedding is the output head as well, a
        model that tells like tokens from the first step must not be sure of them.
        """
        weight = self.embedding_weight
        given = vectors.any(dim=1).to(weight.device)
        weight[given] = vectors.to(weight)[given] * (BEGIN_SHARE * weight.norm(dim=1).mean())

    def begin_attention(self) -> None:
        """Let attention begin where it is of use, in a model that has learned nothing; most begin by themselves."""

    def set_dropout(self, rate: float) -> None:
        """Let training drop this share of the activations from now on."""
        self.config = self.config.model_copy(update={"dropout": rate})
        for module in self.modules():
            if hasattr(module, "dropout"):
                module.dropout = rate  # type: ignore[assignment]

    def choices(self, batch: Batch) -> int:  # noqa: ARG002 - for heads whose choices are the places of a row
        """Among how many a target of a batch is one: a new model's loss is about the logarithm of it."""
        return self.config.vocab_size

    def pack(self) -> None:
        """Lay the weights out for writing text, where the architecture writes and the place has a better layout."""

    @property
    def dtype(self) -> torch.dtype:
        """The type of the weights."""
        return next(self.parameters()).dtype


def count(targets: Tensor) -> Int[Tensor, ""]:
    """How many targets there are, where they are."""
    return torch.tensor(targets.numel(), device=targets.device)
