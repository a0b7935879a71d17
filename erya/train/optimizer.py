"""Which optimizer moves which parameter: Muon the hidden matrices, AdamW everything else (or everything)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from erya.core.config import Section
from erya.core.device import has_bf16_units
from erya.train.muon import Muon


class OptimizerConfig(Section):
    """How gradients move the weights."""

    name: Literal["muon", "adamw"] = Field(
        default="muon",
        description="`muon` moves the hidden matrices by Muon and the rest by AdamW; `adamw` moves all by AdamW.",
    )
    learning_rate: float = Field(
        default_factory=lambda given: 0.01 if given.get("name") == "muon" else 2e-3,
        gt=0,
        description="Peak rate of AdamW; unless set, 0.01 beside Muon and 0.002 where it moves the matrices too.",
    )
    matrix_learning_rate: float = Field(default=0.02, gt=0, description="Peak rate of Muon.")
    weight_decay: float = Field(
        default=0.1, ge=0, description="Decoupled decay of the hidden matrices, times the learning rate each step."
    )
    beta1: float = Field(default=0.9, ge=0, lt=1, description="AdamW's memory of the gradient.")
    beta2: float = Field(default=0.95, ge=0, lt=1, description="AdamW's memory of the squared gradient.")
    epsilon: float = Field(default=1e-8, gt=0, description="AdamW's guard against division by zero.")
    momentum: float = Field(default=0.95, ge=0, lt=1, description="Muon's memory of the gradient.")
    gradient_clip: float | None = Field(
        default=1.0,
        gt=0,
        description="The largest gradient norm a step may use; a larger one is scaled down; none: no limit.",
    )


@dataclass(frozen=True)
class Part:
    """One torch optimizer, its peak learning rate, and the names of the parameters it moves."""

    label: str
    optimizer: torch.optim.Optimizer
    peak: float
    names: Mapping[Tensor, str]

    @property
    def parameters(self) -> int:
        """How many numbers it moves."""
        return sum(parameter.numel() for parameter in self.names)


class Optimizer:
    """The optimizers of one model, driven as one."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = tuple(parts)

    def step(self, factor: float) -> None:
        """Move every parameter at `factor` times its peak learning rate."""
        for part in self.parts:
            for group in part.optimizer.param_groups:
                group["lr"] = part.peak * factor
            part.optimizer.step()

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for part in self.parts:
            part.optimizer.zero_grad(set_to_none=True)

    def summary(self) -> str:
        """Which optimizer moves how many parameters, in one line."""
        return " · ".join(
            f"{part.label}: {part.parameters:,} parameters in {len(part.names)} tensors at {part.peak:g}"
            for part in self.parts
        )

    def state(self) -> dict[str, Tensor]:
        """Every moment by `optimizer.parameter.name`, for a checkpoint."""
        return {
            f"{_kind(part)}.{name}.{key}": value
            for part in self.parts
            for parameter, name in part.names.items()
            for key, value in part.optimizer.state.get(parameter, {}).items()
        }

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """Go on from saved moments."""
        for part in self.parts:
            kind = _kind(part)
            for parameter, name in part.names.items():
                keys = ("momentum",) if kind == "muon" else ("step", "exp_avg", "exp_avg_sq")
                found = {key: tensors[f"{kind}.{name}.{key}"] for key in keys if f"{kind}.{name}.{key}" in tensors}
                part.optimizer.state[parameter] = {key: value.to(parameter.device) for key, value in found.items()}


def _kind(part: Part) -> str:
    return "muon" if isinstance(part.optimizer, Muon) else "adamw"


def build_optimizer(model: nn.Module, matrix_parts: dict[str, tuple[int, ...]], config: OptimizerConfig) -> Optimizer:
    """Share the parameters out: the hidden matrices are those `matrix_parts` names, with the rows of each projection.

    Only they decay; an embedding, a head or a vector is not pulled to zero.
    """
    named = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    matrices: dict[Tensor, str] = {parameter: name for name, parameter in named.items() if name in matrix_parts}
    others: dict[Tensor, str] = {parameter: name for name, parameter in named.items() if name not in matrix_parts}
    adam_rate, decay = config.learning_rate, config.weight_decay
    parts = []
    if matrices and config.name == "muon":
        device = next(iter(matrices)).device
        muon = Muon(
            matrices,
            config.matrix_learning_rate,
            momentum=config.momentum,
            weight_decay=decay,
            parts={parameter: matrix_parts[name] for parameter, name in matrices.items()},
            dtype=torch.bfloat16 if has_bf16_units(device) else torch.float32,
        )
        parts.append(Part("Muon (hidden matrices)", muon, config.matrix_learning_rate, matrices))
    elif matrices:
        parts.append(Part("AdamW (hidden matrices)", _adamw(matrices, config, decay), adam_rate, matrices))
    if others:
        label = "embeddings, head, vectors" if matrices else "all that is trained"
        parts.append(Part(f"AdamW ({label})", _adamw(others, config, 0.0), adam_rate, others))
    return Optimizer(parts)


def _adamw(parameters: Iterable[Tensor], config: OptimizerConfig, weight_decay: float) -> torch.optim.AdamW:
    return torch.optim.AdamW(
        list(parameters),
        lr=config.learning_rate,
        betas=(config.beta1, config.beta2),
        eps=config.epsilon,
        weight_decay=weight_decay,
        fused=True,
    )
