"""What a family of models is: a style, an initialisation, and the names Hugging Face knows it by.

The renaming of tensors is a table read in both directions, so that what is saved is what can be loaded.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from pydantic import ValidationError
from torch import Tensor

from erya.core.errors import UserError
from erya.model.architectures.base import BaseConfig, Transformer

T = TypeVar("T")
C = TypeVar("C", bound=BaseConfig)
M = TypeVar("M", bound=Transformer)
Shape = Mapping[str, Any]


@dataclass(frozen=True)
class Rename:
    """One of our tensors and the outside tensors it is made of, stacked along the first axis in this order."""

    ours: str
    theirs: tuple[str, ...]
    sizes: tuple[int, ...] = ()
    transposed: bool = False
    row: bool = False
    """Whether a vector of ours is a matrix of one row outside."""

    def export(self, tensor: Tensor) -> dict[str, Tensor]:
        """Our tensor as the outside ones."""
        if self.row:
            return {self.theirs[0]: tensor[None].contiguous()}
        parts = tensor.split(self.sizes) if self.sizes else (tensor,)
        turned = [part.T if self.transposed else part for part in parts]
        return {name: part.contiguous() for name, part in zip(self.theirs, turned, strict=True)}

    def outside_shapes(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """The shapes of the outside tensors, from ours."""
        if self.row:
            return {self.theirs[0]: (1, *shape)}
        shapes = [(size, *shape[1:]) for size in self.sizes] if self.sizes else [shape]
        turned = [part[::-1] if self.transposed else part for part in shapes]
        return dict(zip(self.theirs, turned, strict=True))

    def read(self, tensors: Mapping[str, Tensor]) -> Tensor:
        """The outside tensors as ours."""
        if self.row:
            return tensors[self.theirs[0]][0].contiguous()
        parts = [tensors[name].T if self.transposed else tensors[name] for name in self.theirs]
        return (parts[0] if len(parts) == 1 else torch.cat(parts)).contiguous()


@dataclass(frozen=True)
class Width:
    """What the dial says of a shape; a family makes the rest of it."""

    hidden_size: int
    num_layers: int
    head_dim: int
    kv_share: int = 1
    """Query heads that share one key and value head; the cache shrinks by this factor."""


@dataclass(frozen=True)
class Vocabulary:
    """What a shape takes from a tokenizer."""

    size: int
    pad_id: int
    end_id: int


class Family(ABC, Generic[C, M]):
    """A family of models of one architecture; its object `FAMILY` stands in a file of that name."""

    name: str
    architecture: str
    model_class: type[M]
    ignored: tuple[str, ...] = ()
    """Ends of tensor names that files of this family may hold and that carry no weight."""

    @abstractmethod
    def shape(self, width: Width) -> dict[str, int]:
        """The shape of a model of the dial, but for its vocabulary and context."""

    def vocabulary(self, vocabulary: Vocabulary) -> dict[str, int]:
        """What of the tokenizer a configuration says."""
        return {"vocab_size": vocabulary.size}

    @abstractmethod
    def configure(self, shape: Shape) -> C:
        """The configuration of a model of this style and shape.

        Raises: UserError when the family cannot have that shape.
        """

    @abstractmethod
    def initial(self, config: C, name: str, shape: torch.Size, generator: torch.Generator) -> Tensor:
        """The first value of a parameter; those of one dimension are gains (ones) and biases (zeros)."""

    @abstractmethod
    def to_outside(self, config: C) -> dict[str, Any]:
        """The keys of this family's `config.json`."""

    @abstractmethod
    def from_outside(self, outside: Mapping[str, Any]) -> C:
        """The configuration a `config.json` describes.

        Raises: UserError for a variant we do not compute.
        """

    @abstractmethod
    def renames(self, config: C) -> list[Rename]:
        """How each of our tensors is called outside."""

    def outside_class(self, config: C) -> str:  # noqa: ARG002 - for families with several
        """The class of `transformers` that reads such a model."""
        return self.architecture

    def generation(self, config: C) -> dict[str, Any]:  # noqa: ARG002 - for families with settings of their own
        """What `generation_config.json` says beside the control tokens."""
        return {}

    def copies(self, config: C) -> frozenset[str]:  # noqa: ARG002 - what there is depends on it
        """Names of outside tensors that are copies of others, which a file may hold or not."""
        return frozenset()

    def outside_name(self, name: str) -> str:
        """The name a tensor has in files of today, where older files call it otherwise."""
        return name

    def empty(self, config: C) -> M:
        """A model whose parameters have shapes and no memory."""
        with torch.device("meta"):
            return self.model_class(config)

    def new(self, config: C, seed: int) -> M:
        """A model with fresh weights, the same for the same seed on every machine."""
        generator = torch.Generator().manual_seed(seed)
        model = self.empty(config)
        weights = {name: self.initial(config, name, value.shape, generator) for name, value in model.named_parameters()}
        return filled(model, weights)


def filled(model: M, weights: Mapping[str, Tensor]) -> M:
    """Give an empty model its weights, without copying them."""
    model.load_state_dict(dict(weights), assign=True)
    for value in model.parameters():
        value.requires_grad_()
    return model


def validated(kind: type[C], family: str, fields: Shape) -> C:
    """A configuration, an impossible value said in one line."""
    try:
        return kind.model_validate({**fields, "family": family})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UserError(f"{family} model: {key}: got {first['input']!r}; {first['msg']}") from None


def outside_value(outside: Mapping[str, Any], key: str, kind: type[T]) -> T:
    """A required key of a `config.json`.

    Raises: UserError when it is missing or of another type.
    """
    value = outside.get(key)
    if isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool):
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return kind(value)  # type: ignore[call-arg]
    raise UserError(f"config.json: {key}: got {value!r}; expected a {kind.__name__}")


def require(outside: Mapping[str, Any], allowed: Mapping[str, tuple[Any, ...]]) -> None:
    """Refuse a `config.json` that asks for what we do not compute.

    Raises: UserError naming the key, what was got and what is allowed.
    """
    for key, values in allowed.items():
        if key in outside and outside[key] not in values:
            choices = " or ".join(repr(value) for value in values)
            raise UserError(f"config.json: {key}: got {outside[key]!r}; this version computes {choices} only")
