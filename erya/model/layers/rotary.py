"""Rotary positions: each pair of coordinates of a query or key is turned by an angle that grows with its position."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


class Rotation(NamedTuple):
    """Cosine and sine of the angles of some positions, ready to broadcast over heads [B, H, T, E / 2]."""

    cosine: Float[Tensor, "#B 1 T half"]
    sine: Float[Tensor, "#B 1 T half"]


class Rotary(nn.Module):
    """The table of angles for every position up to the context length.

    Source: Su et al. 2021, arXiv:2104.09864, equations 15 and 34; coordinates i and i + E / 2 are a pair, as in
    GPT-NeoX and Qwen.
    """

    cosine: Float[Tensor, "context half"]
    sine: Float[Tensor, "context half"]

    def __init__(self, head_dim: int, context_length: int, theta: float) -> None:
        super().__init__()
        # The device is named because a model is built on the meta device before its weights are read.
        exponents = torch.arange(0, head_dim, 2, dtype=torch.float32, device="cpu") / head_dim
        positions = torch.arange(context_length, dtype=torch.float32, device="cpu")
        angles = torch.outer(positions, theta**-exponents)
        self.register_buffer("cosine", angles.cos(), persistent=False)
        self.register_buffer("sine", angles.sin(), persistent=False)

    def forward(self, positions: Int[Tensor, "#B T"]) -> Rotation:
        """The rotation of tokens that stand at these positions."""
        return Rotation(self.cosine[positions].unsqueeze(1), self.sine[positions].unsqueeze(1))


def rotate(x: Float[Tensor, "B heads T E"], rotation: Rotation) -> Float[Tensor, "B heads T E"]:
    """Turn queries or keys by their positions' angles."""
    first, second = x.chunk(2, dim=-1)
    cosine, sine = rotation
    turned = torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)
    return turned.type_as(x)
