"""Layers whose weights lie otherwise in memory give the products of `nn.Linear`."""

import pytest
import torch
from torch import nn

from erya.model.layers.packed import HUGE_PAGE_BYTES, PackedLinear, RowLinear, can_pack, on_huge_pages

TOLERANCE = 1e-4  # sums of up to 1,500 products of numbers about 1, added in another order


@pytest.mark.parametrize("layer", [PackedLinear, RowLinear])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("wide", "narrow"), [(24, 8), (1500, 700)])
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (3, 2)])
def test_the_product_is_that_of_the_plain_layer(
    layer: type[PackedLinear | RowLinear], bias: bool, wide: int, narrow: int, shape: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    for inputs, outputs in ((wide, narrow), (narrow, wide)):
        plain = nn.Linear(inputs, outputs, bias=bias)
        if not can_pack(plain.weight):
            pytest.skip("no other layout here")
        packed = layer(plain.weight, plain.bias)
        x = torch.randn(inputs, *shape).permute(1, 2, 0)  # not contiguous
        with torch.inference_mode():
            torch.testing.assert_close(packed(x), plain(x), atol=TOLERANCE, rtol=TOLERANCE)


def test_a_copy_on_huge_pages_is_a_copy() -> None:
    matrix = torch.randn(1030, 1000).numpy()
    assert HUGE_PAGE_BYTES < matrix.nbytes < 2 * HUGE_PAGE_BYTES
    copy = on_huge_pages(matrix.T)
    assert copy.flags.c_contiguous
    assert (copy == matrix.T).all()
    copy[0, 0] += 1
    assert copy[0, 0] != matrix[0, 0]
