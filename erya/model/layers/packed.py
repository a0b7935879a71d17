"""Linear layers whose weights lie as a CPU reads them fastest when there are few rows: one text being written.

A product with one row only waits for the weights to come from memory. oneDNN's blocked layout streams them at more than
twice the speed of the plain one, and keeps it for the few dozen rows of a batch. Compiled, one row streams the plain
layout as fast, and what stands around the product costs nothing more.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

LEAST_ROWS = 4
"""Below this oneDNN leaves its fast path; rows are then repeated, which costs nothing beside the weights' way."""


def can_pack(weight: Float[Tensor, "out in"]) -> bool:
    """Whether this place and type have the layout."""
    return weight.device.type == "cpu" and weight.dtype == torch.float32 and torch.backends.mkldnn.is_available()


class PackedLinear(nn.Module):
    """A frozen linear layer in oneDNN's layout; for `torch.compile`, in the plain one as well."""

    def __init__(
        self, weight: Float[Tensor, "out in"], bias: Float[Tensor, " out"] | None, compiled: bool = False
    ) -> None:
        super().__init__()
        self.packed = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), LEAST_ROWS)  # noqa: SLF001 - no public name
        self.plain = weight.detach() if compiled else None
        self.bias = bias.detach() if bias is not None else None

    def forward(self, x: Float[Tensor, "*rows in"]) -> Float[Tensor, "*rows out"]:
        """The product, as `nn.Linear` gives it; what is compiled has one row."""
        if torch.compiler.is_compiling():
            assert self.plain is not None
            sums = (self.plain * x.reshape(-1)).sum(-1)  # one loop over the weights, with no library call
            return (sums if self.bias is None else sums + self.bias).view(*x.shape[:-1], -1)
        flat = x.reshape(-1, x.shape[-1])
        rows = flat.shape[0]
        if rows < LEAST_ROWS:
            flat = torch.cat((flat,) * -(-LEAST_ROWS // rows))  # a third of what `repeat` takes
        product: Tensor = torch.ops.mkldnn._linear_pointwise(flat, self.packed, self.bias, "none", [], "")  # noqa: SLF001
        return product[:rows].view(*x.shape[:-1], -1)


def pack(module: nn.Module, compiled: bool = False) -> None:
    """Replace every linear layer within a module by a packed one."""
    for name, child in module.named_children():
        if isinstance(child, nn.Linear):
            setattr(module, name, PackedLinear(child.weight, child.bias, compiled))
        else:
            pack(child, compiled)
