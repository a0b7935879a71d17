"""The parts of a LoRA: two thin factors beside a matrix, whose product is added to what the matrix gives.

In: a model of any family. Out: the same model, frozen, with trainable parts; or the model with its parts merged.
Which matrices there are is read off the family's renames: a part belongs to what is one matrix outside, which may be a
range of rows of one of ours. Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models",
arXiv:2106.09685.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from erya.core import registry
from erya.core.config import Section
from erya.core.errors import UserError
from erya.model.architectures.base import Transformer
from erya.model.family import Family
from erya.model.layers.block import dropped

FAMILIES = "erya.model.families"
GROUPS = {"attention": "attention", "cross": "attention", "mlp": "mlp"}
"""The modules of a block that hold matrices, and the word for all matrices of such modules."""
FUSED = {"qkv": ("query", "key", "value"), "key_value": ("key", "value"), "gate_up": ("gate", "up")}
"""Our fused matrices and what they hold, in the order of their rows; any other holds what it is called."""

Target = Literal["query", "key", "value", "output", "gate", "up", "down", "attention", "mlp", "all"]


class LoRAConfig(Section):
    """How large a LoRA is and where it stands."""

    rank: int = Field(8, ge=1, le=1 << 12, description="Inner size of the two factors.")
    alpha: float = Field(16.0, gt=0, description="The factors' product is multiplied by alpha / rank.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of the parts' inputs dropped in training.")
    targets: tuple[Target, ...] = Field(
        ("query", "value"),
        min_length=1,
        description="The matrices that get a part: by name, or all of `attention`, of `mlp`, or `all`; what a family "
        "fuses outside (query, key and value of gpt2) gets one part together.",
    )


@dataclass(frozen=True)
class Slot:
    """A matrix a part can stand beside: one outside, a range of rows of a linear layer of ours."""

    module: str
    outside: str
    first_row: int
    outputs: int
    inputs: int
    transposed: bool
    """Whether it is held [in, out] outside."""
    words: frozenset[str]
    """The targets that choose it; none for a matrix outside of the blocks."""

    @property
    def rows(self) -> slice:
        """Its rows of our layer's weight, which are the numbers of our layer's output it gives."""
        return slice(self.first_row, self.first_row + self.outputs)


class Part(nn.Module):
    """The two factors beside one matrix."""

    def __init__(
        self,
        slot: Slot,
        inner: Float[Tensor, "rank in"],
        outer: Float[Tensor, "out rank"],
        alpha: float,
        dropout: float,
    ) -> None:
        super().__init__()
        self.slot, self.rank, self.alpha, self.dropout = slot, inner.shape[0], alpha, dropout
        self.A, self.B = nn.Parameter(inner), nn.Parameter(outer)

    def forward(self, x: Float[Tensor, "*rows in"]) -> Float[Tensor, "*rows out"]:
        """What is added to the matrix's output."""
        return F.linear(F.linear(dropped(x, self), self.A) * (self.alpha / self.rank), self.B)

    def product(self) -> Float[Tensor, "out in"]:
        """What is added to the matrix itself, in float32."""
        return self.B.float() @ self.A.float() * (self.alpha / self.rank)


class AdaptedLinear(nn.Module):
    """A linear layer with parts beside it; its own parameters keep their names.

    It is no `nn.Linear`, so that laying weights out for writing passes it by and loses no part.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, parts: Iterable[Part]) -> None:
        super().__init__()
        self.weight, self.bias = weight, bias
        self.parts = tuple(parts)  # not registered here: the model holds all parts in one place

    def forward(self, x: Float[Tensor, "*rows in"]) -> Float[Tensor, "*rows out"]:
        """The layer's output with that of its parts."""
        out = F.linear(x, self.weight, self.bias)
        for part in self.parts:
            out[..., part.slot.rows].add_(part(x))
        return out


def family_of(model: Transformer) -> Family[Any, Any]:
    """The model's family, which knows its outside names."""
    found: Family[Any, Any] = registry.pick(FAMILIES, "FAMILY", model.config.family)
    return found


def slots(model: Transformer) -> list[Slot]:
    """Every matrix that can have a part: what the model says are its matrices, as far as they are apart outside."""
    family = family_of(model)
    matrices = model.matrix_parts()
    found = []
    for rename in family.renames(model.config):
        if rename.ours not in matrices:
            continue
        module = rename.ours.removesuffix(".weight")
        outputs, inputs = model.get_parameter(rename.ours).shape
        sizes, words, first_row = rename.sizes or (outputs,), _words(module, len(rename.theirs)), 0
        for name, size, chosen_by in zip(rename.theirs, sizes, words, strict=True):
            outside = name.removesuffix(".weight")
            found.append(Slot(module, outside, first_row, size, inputs, rename.transposed, chosen_by))
            first_row += size
    return found


def _words(module: str, count: int) -> list[frozenset[str]]:
    """The targets that choose each of the `count` outside matrices of a layer of ours."""
    holder, _, leaf = module.rpartition(".")
    group = GROUPS.get(holder.rpartition(".")[2])
    if group is None:
        return [frozenset()] * count
    held = FUSED.get(leaf, (leaf,))
    assert count in (1, len(held)), f"{module} holds {held} and is {count} matrices outside"
    each = [held] if count == 1 else [(word,) for word in held]
    return [frozenset({*words, group, "all"}) for words in each]


def lora_parts(model: Transformer) -> list[Part]:
    """The parts the model has, none where it has no LoRA."""
    return list(cast(Iterable[Part], cast(nn.ModuleDict, model.lora).values())) if hasattr(model, "lora") else []


def add_lora(model: Transformer, config: LoRAConfig, seed: int) -> None:
    """Freeze the model and give it trainable parts that change nothing yet, the same for the same seed.

    Raises: UserError when the model has no matrix of a target's name.
    """
    found = slots(model)
    known = sorted({word for slot in found for word in slot.words})
    for target in config.targets:
        if target not in known:
            raise UserError(f"lora.targets: got '{target}'; a {model.config.family} model has {', '.join(known)}")
    generator = torch.Generator().manual_seed(seed)
    factors = {
        slot: (_initial(slot, config.rank, generator), torch.zeros(slot.outputs, config.rank))
        for slot in found
        if slot.words & set(config.targets)
    }
    attach(model, factors, config.alpha, config.dropout)


def _initial(slot: Slot, rank: int, generator: torch.Generator) -> Float[Tensor, "rank in"]:
    """Uniform within ±1/√inputs, as PEFT has it."""
    bound = slot.inputs**-0.5
    return torch.empty(rank, slot.inputs).uniform_(-bound, bound, generator=generator)


def attach(model: Transformer, factors: Mapping[Slot, tuple[Tensor, Tensor]], alpha: float, dropout: float) -> None:
    """Freeze the model and put parts with the given factors beside its matrices, in its type and place."""
    assert not hasattr(model, "lora"), "the model has a LoRA already; merge it first"
    model.requires_grad_(requires_grad=False)
    beside: dict[str, list[Part]] = {}
    for slot, (inner, outer) in factors.items():
        weight = cast(nn.Linear, model.get_submodule(slot.module)).weight
        part = Part(slot, inner.to(weight), outer.to(weight), alpha, dropout)
        beside.setdefault(slot.module, []).append(part)
    for name, parts in beside.items():
        layer = cast(nn.Linear, model.get_submodule(name))
        model.set_submodule(name, AdaptedLinear(layer.weight, layer.bias, parts))
    # All parts stand in one place, so that the lists of the blocks' matrices know nothing of them.
    everyone = (part for parts in beside.values() for part in parts)
    model.lora = nn.ModuleDict({part.slot.outside.replace(".", "/"): part for part in everyone})
    model.train(model.training)


@torch.no_grad()
def merge_lora(model: Transformer) -> None:
    """Add the parts to their matrices and remove them: a plain model, as trainable as one just loaded."""
    assert hasattr(model, "lora"), "the model has no LoRA to merge"
    adapted = [(name, layer) for name, layer in model.named_modules() if isinstance(layer, AdaptedLinear)]
    for name, layer in adapted:
        for part in layer.parts:
            rows = layer.weight[part.slot.rows]
            rows.copy_(rows.float() + part.product())
        plain = nn.Linear(layer.weight.shape[1], layer.weight.shape[0], bias=False, device="meta")
        plain.weight, plain.bias = layer.weight, layer.bias  # type: ignore[assignment]
        model.set_submodule(name, plain)
    del model.lora
    model.requires_grad_().train(model.training)
