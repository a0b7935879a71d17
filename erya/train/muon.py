"""Muon: momentum whose matrices are replaced by their nearest orthogonal ones before they move the weights.

`torch.optim.Muon` is not used for three reasons: it always iterates in bfloat16, which a CPU without bf16 units
computes 40 to 500 times slower; it treats a fused projection (query, key and value in one matrix) as one matrix; and
it takes one matrix at a time where equal shapes can go as one batch. On an unfused matrix both give the same update.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5
EPSILON = 1e-7


def orthogonalize(matrices: Float[Tensor, "N R C"], dtype: torch.dtype) -> Float[Tensor, "N R C"]:
    """Each matrix with its singular values pushed to about 1 (0.7 to 1.2), by five Newton–Schulz iterations.

    Source: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/ (the quintic and its coefficients).
    """
    a, b, c = COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=EPSILON)
    x = x.to(dtype)
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


def update_scale(rows: int, columns: int) -> float:
    """The factor that makes one learning rate fit every shape: sqrt(max(1, rows / columns)).

    Source: Jordan et al. 2024, as above; the spectral-norm argument is in Bernstein 2025, "Deriving Muon".
    """
    return math.sqrt(max(1.0, rows / columns))


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum and decoupled weight decay, for matrices only.

    `parts` gives, for a fused projection, the rows of each projection in it; each is orthogonalized by itself.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        learning_rate: float,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        parts: Mapping[Tensor, tuple[int, ...]] | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(params, {"lr": learning_rate, "momentum": momentum, "weight_decay": weight_decay})
        self.parts = dict(parts or {})
        self.dtype = dtype
        for group in self.param_groups:
            for param in group["params"]:
                assert param.ndim == 2, f"Muon moves matrices only, got {tuple(param.shape)}"
                assert sum(self.parts.get(param, (param.shape[0],))) == param.shape[0], "parts must add up to the rows"

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Move every matrix that has a gradient."""
        assert closure is None
        for group in self.param_groups:
            waiting = defaultdict(list)
            for param in group["params"]:
                if param.grad is not None:
                    direction = self._direction(param, group["momentum"])
                    param.mul_(1 - group["lr"] * group["weight_decay"])
                    sizes = self.parts.get(param, (param.shape[0],))
                    for target, piece in zip(param.split(sizes), direction.split(sizes), strict=True):
                        waiting[piece.shape].append((target, piece))
            for (rows, columns), pairs in waiting.items():
                moves = orthogonalize(torch.stack([piece for _, piece in pairs]), self.dtype)
                for (target, _), move in zip(pairs, moves, strict=True):
                    target.add_(move, alpha=-group["lr"] * update_scale(rows, columns))

    def _direction(self, param: Tensor, momentum: float) -> Tensor:
        state = self.state[param]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(param)
        assert param.grad is not None
        average: Tensor = state["momentum"].lerp_(param.grad, 1 - momentum)
        return param.grad.lerp(average, momentum)
