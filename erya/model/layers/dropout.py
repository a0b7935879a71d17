"""Dropout: some numbers of a tensor set to zero, the others enlarged to make up for them."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def dropout(x: Float[Tensor, "*shape"], rate: float) -> Float[Tensor, "*shape"]:
    """The tensor with a share of its numbers dropped; on a CPU the share is the nearest 256th, of one at least."""
    if not rate:
        return x
    return _by_bytes(x, rate) if x.device.type == "cpu" else F.dropout(x, rate)


def _by_bytes(x: Float[Tensor, "*shape"], rate: float) -> Float[Tensor, "*shape"]:
    """A CPU draws numbers one by one, and a drawn 64-bit number decides eight times."""
    limit = max(1, round(256 * rate))
    words = torch.empty(-(-x.numel() // 8), dtype=torch.int64).random_(torch.iinfo(torch.int64).min, None)
    kept = words.view(torch.uint8)[: x.numel()].view(x.shape) >= limit
    return x * kept.type_as(x).mul_(256 / (256 - limit))
