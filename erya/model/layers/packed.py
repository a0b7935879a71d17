"""Linear layers whose weights lie as a CPU reads them fastest when there are few rows: texts being written.

A product with few rows only waits for the weights to come from memory, and how fast they come depends on their layout.
"""

import mmap
from contextlib import suppress

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

LEAST_ROWS = 4
"""Below this oneDNN leaves its fast path; rows are then repeated, which costs nothing beside the weights' way."""

HUGE_PAGE_BYTES = 2 * 2**20


def can_pack(weight: Float[Tensor, "out in"]) -> bool:
    """Whether this place and type have other layouts."""
    return weight.device.type == "cpu" and weight.dtype == torch.float32 and torch.backends.mkldnn.is_available()


class PackedLinear(nn.Module):
    """A frozen linear layer in oneDNN's layout: twice as fast as the plain one for a few dozen rows."""

    def __init__(self, weight: Float[Tensor, "out in"], bias: Float[Tensor, " out"] | None) -> None:
        super().__init__()
        self.weight = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), LEAST_ROWS)  # noqa: SLF001 - no public name
        self.bias = bias.detach() if bias is not None else None

    def forward(self, x: Float[Tensor, "*rows in"]) -> Float[Tensor, "*rows out"]:
        """The product, as `nn.Linear` gives it."""
        flat = x.reshape(-1, x.shape[-1])
        rows = flat.shape[0]
        if rows < LEAST_ROWS:
            flat = torch.cat((flat,) * -(-LEAST_ROWS // rows))  # a third of what `repeat` takes
        product: Tensor = torch.ops.mkldnn._linear_pointwise(flat, self.weight, self.bias, "none", [], "")  # noqa: SLF001
        return product[:rows].view(*x.shape[:-1], -1)


class RowLinear(nn.Module):
    """A frozen linear layer for one row, by NumPy, whose library streams weights faster than PyTorch's does.

    The longer side lies contiguous. With several rows, as a prompt has, it is as fast as the plain layer.
    """

    def __init__(self, weight: Float[Tensor, "out in"], bias: Float[Tensor, " out"] | None) -> None:
        super().__init__()
        lying = weight.detach().numpy()
        self.matrix = on_huge_pages(lying.T) if weight.shape[0] > weight.shape[1] else on_huge_pages(lying).T
        self.bias = bias.detach().numpy() if bias is not None else None

    def forward(self, x: Float[Tensor, "*rows in"]) -> Float[Tensor, "*rows out"]:
        """The product, as `nn.Linear` gives it."""
        product = x.detach().numpy() @ self.matrix
        if self.bias is not None:
            product += self.bias
        return torch.from_numpy(product)


def on_huge_pages(matrix: Float[np.ndarray, "rows columns"]) -> Float[np.ndarray, "rows columns"]:
    """A copy, row by row, in memory for which huge pages are asked: a step is some 4 % faster."""
    whole_pages = -(-matrix.nbytes // HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES  # of such a length Linux also aligns it
    memory = mmap.mmap(-1, whole_pages, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if matrix.nbytes >= HUGE_PAGE_BYTES and hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # a kernel without them
            memory.madvise(mmap.MADV_HUGEPAGE)
    copy = np.frombuffer(memory, matrix.dtype, matrix.size).reshape(matrix.shape)
    copy[:] = matrix
    return copy


def packed(weight: Float[Tensor, "out in"], bias: Float[Tensor, " out"] | None, alone: bool) -> nn.Module:
    """The layer that is fastest on this CPU for a text written alone, or for several at once."""
    # With AVX512 oneDNN's layout streams a row as well, at more than twice the speed of the plain one.
    if alone and torch.backends.cpu.get_cpu_capability() != "AVX512":
        return RowLinear(weight, bias)
    return PackedLinear(weight, bias)


def pack(module: nn.Module, *, alone: bool = False) -> None:
    """Replace every linear layer within a module by such a one."""
    for name, child in module.named_children():
        if isinstance(child, nn.Linear):
            setattr(module, name, packed(child.weight, child.bias, alone))
        else:
            pack(child, alone=alone)
