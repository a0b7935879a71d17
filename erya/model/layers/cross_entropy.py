"""The loss of a language model without its logits: they are made, used and dropped a few rows at a time."""

from typing import Any, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

IGNORED = -100
CHUNK_ELEMENTS = {"cpu": 1 << 22, "cuda": 1 << 28}


def chunk_rows(hidden: Float[Tensor, "N D"], vocab_size: int) -> int:
    """How many rows of logits to hold at once: about 16 MB of them in a CPU's cache, 1 GB on a GPU."""
    return max(16, CHUNK_ELEMENTS.get(hidden.device.type, 1 << 24) // vocab_size)


def linear_cross_entropy(
    hidden: Float[Tensor, "N D"],
    weight: Float[Tensor, "V D"],
    targets: Int[Tensor, " N"],
    rows: int | None = None,
    bias: Float[Tensor, " V"] | None = None,
    smoothing: float = 0.0,
) -> Float[Tensor, ""]:
    """The summed nats of the targets under softmax(hidden · weightᵀ + bias); every target must be supervised.

    With `smoothing`, that share of each target is spread evenly over the vocabulary (Szegedy et al. 2016,
    arXiv:1512.00567, section 7): in training, for without gradients it is left out. The gradient of each chunk is taken
    while its logits are there, so the backward pass computes nothing again.
    """
    rows = rows or chunk_rows(hidden, weight.shape[0])
    if not torch.is_grad_enabled():
        return target_nats(hidden, weight, targets, rows, bias).sum()
    device = hidden.device.type
    if torch.is_autocast_enabled(device):
        hidden = hidden.to(torch.get_autocast_dtype(device))
    arguments = hidden, weight, bias, targets, rows, smoothing
    return cast(Tensor, _LinearCrossEntropy.apply(*arguments))  # type: ignore[no-untyped-call]


@torch.no_grad()
def target_nats(
    hidden: Float[Tensor, "N D"],
    weight: Float[Tensor, "V D"],
    targets: Int[Tensor, " N"],
    rows: int | None = None,
    bias: Float[Tensor, " V"] | None = None,
) -> Float[Tensor, " N"]:
    """The nats of each target, without gradients."""
    rows = rows or chunk_rows(hidden, weight.shape[0])
    parts = [
        F.cross_entropy(F.linear(chunk, weight, bias).float(), target, reduction="none")
        for chunk, target in zip(hidden.split(rows), targets.split(rows), strict=True)
    ]
    return torch.cat(parts)


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, rows: int, smoothing: float
    ) -> Tensor:
        with torch.autocast(hidden.device.type, enabled=False):
            nats, gradients = _nats_and_gradients(hidden, weight.to(hidden.dtype), bias, targets, rows, smoothing)
        ctx.save_for_backward(*(it for it in gradients if it is not None))
        return nats

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        of_hidden, of_weight, *of_bias = ctx.saved_tensors  # scaled in place, hence usable once
        return (
            of_hidden.mul_(upstream),
            of_weight.mul_(upstream),
            of_bias[0].mul_(upstream) if of_bias else None,
            None,
            None,
            None,
        )


def _nats_and_gradients(
    hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, rows: int, smoothing: float
) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor | None]]:
    nats = torch.zeros((), dtype=torch.float32, device=hidden.device)
    of_hidden = torch.empty_like(hidden)
    of_weight = torch.zeros_like(weight, dtype=torch.float32)
    of_bias = None if bias is None else torch.zeros_like(bias)
    for start in range(0, hidden.shape[0], rows):
        chunk, target = hidden[start : start + rows], targets[start : start + rows, None]
        logits = (chunk @ weight.T).float()
        if bias is not None:
            logits += bias
        told = torch.log_softmax(logits, -1, out=logits)  # in place, as what follows: each pass over the logits counts
        own = told.gather(-1, target)
        # Not in place: of a sum that was changed in place, torch.compile of torch 2.11 takes a gradient of zero.
        nats = nats - (1 - smoothing) * own.sum()
        if smoothing:
            nats = nats - smoothing * told.mean(-1).sum()
        # Softmax minus the target's distribution, the gradient by the logits: the target's own entry is put in last,
        # so that a compiler makes the matrix in one pass and in the precision of the products.
        even = smoothing / told.shape[-1]
        error = told.exp_().sub_(even).to(hidden.dtype) if smoothing else told.exp_().to(hidden.dtype)
        error.scatter_(-1, target, (own.exp() - even - (1 - smoothing)).to(hidden.dtype))
        if of_bias is not None:
            of_bias += error.sum(0, dtype=of_bias.dtype)
        torch.mm(error, weight, out=of_hidden[start : start + rows])
        if error.dtype == torch.float32:
            of_weight.addmm_(error.T, chunk)
        else:
            of_weight += error.T @ chunk
    return nats, (of_hidden, of_weight, of_bias)
