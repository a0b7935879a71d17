"""The position-wise feed-forward part of a block: plain and gated."""

from collections.abc import Callable
from functools import partial

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "silu": F.silu,
    "gelu": F.gelu,
    "gelu_tanh": partial(F.gelu, approximate="tanh"),
}
"""GELU is that of Hendrycks and Gimpel 2016, arXiv:1606.08415; its tanh form is GPT-2's `gelu_new`."""


class MLP(nn.Module):
    """Expand, bend, contract.

    Source: Vaswani et al. 2017, arXiv:1706.03762, equation 2.
    """

    def __init__(self, hidden_size: int, intermediate_size: int, bias: bool, activation: str) -> None:
        super().__init__()
        self.activation = ACTIVATIONS[activation]
        self.up = nn.Linear(hidden_size, intermediate_size, bias=bias)
        self.down = nn.Linear(intermediate_size, hidden_size, bias=bias)

    def forward(self, x: Float[Tensor, "*rows D"]) -> Float[Tensor, "*rows D"]:
        """The feed-forward of every position on its own."""
        down: Tensor = self.down(self.activation(self.up(x)))
        return down


class SwiGLU(nn.Module):
    """A SiLU-gated feed-forward; gate and value are one fused projection.

    Source: Shazeer 2020, arXiv:2002.05202, equation 6.
    """

    def __init__(self, hidden_size: int, intermediate_size: int, bias: bool) -> None:
        super().__init__()
        self.gate_up = nn.Linear(hidden_size, 2 * intermediate_size, bias=bias)
        self.down = nn.Linear(intermediate_size, hidden_size, bias=bias)

    def forward(self, x: Float[Tensor, "*rows D"]) -> Float[Tensor, "*rows D"]:
        """The feed-forward of every position on its own."""
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        down: Tensor = self.down(F.silu(gate) * up)
        return down
