"""The layers against their textbook forms."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from erya.model.layers.attention import document_mask, fast_attention, reference_attention
from erya.model.layers.cross_entropy import chunk_rows, linear_cross_entropy, target_nats
from erya.model.layers.embedding import restarting_positions
from erya.model.layers.norm import LayerNorm, RMSNorm
from erya.model.layers.rotary import Rotary, rotate

# Fused kernels add in another order than the textbook form: a few units in the last place of float32.
ATTENTION_TOLERANCE = 2e-6
NORM_TOLERANCE = 1e-6
# The chunked loss differs from the plain one only in the order of float32 sums.
LOSS_RELATIVE = 1e-6
BF16_RELATIVE = 2e-2


@pytest.mark.parametrize("kv_heads", [6, 3, 1])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("length", [1, 2, 33])
def test_fast_attention_is_the_reference(kv_heads: int, masked: bool, length: int) -> None:
    generator = torch.Generator().manual_seed(0)
    shapes = (2, 6, length, 8), (2, kv_heads, length, 8), (2, kv_heads, length, 8)
    inputs = [torch.randn(shape, generator=generator, requires_grad=True) for shape in shapes]
    documents = torch.arange(length)[None].expand(2, -1) // 5 if masked else torch.zeros(2, length, dtype=torch.long)
    visible = document_mask(documents)
    upstream = torch.randn(shapes[0], generator=generator)

    reference = reference_attention(*inputs, visible)
    expected = torch.autograd.grad(reference, inputs, upstream)
    fast = fast_attention(*inputs, visible if masked else None)
    torch.testing.assert_close(fast, reference, atol=ATTENTION_TOLERANCE, rtol=ATTENTION_TOLERANCE)
    for got, want in zip(torch.autograd.grad(fast, inputs, upstream), expected, strict=True):
        torch.testing.assert_close(got, want, atol=5 * ATTENTION_TOLERANCE, rtol=5 * ATTENTION_TOLERANCE)
    with torch.no_grad():  # other kernels serve reading
        read = fast_attention(*inputs, visible if masked else None)
    torch.testing.assert_close(read, reference, atol=ATTENTION_TOLERANCE, rtol=ATTENTION_TOLERANCE)


def test_attention_weights_are_dropped_in_training() -> None:
    values = [torch.ones(1, 2, 50, 4) for _ in range(3)]
    torch.manual_seed(0)
    assert not torch.equal(fast_attention(*values, dropout_rate=0.5), fast_attention(*values))


def test_dropped_attention_is_on_average_the_whole_and_sees_no_more() -> None:
    torch.manual_seed(0)
    queries, keys = torch.randn(2, 64, 4, 40, 8)
    values = torch.ones(64, 4, 40, 8)
    mixed = fast_attention(queries, keys, values, dropout_rate=0.25, causal=False)
    assert mixed.mean().item() == pytest.approx(1, abs=0.01)
    assert mixed.std() > 0.05
    hidden = torch.arange(40) >= 20
    values[:, :, hidden] = 9.0
    blind = fast_attention(queries, keys, values, ~hidden[None, None, None], dropout_rate=0.25)
    assert blind.mean().item() == pytest.approx(1, abs=0.01)


def test_norms_are_those_of_torch() -> None:
    x = torch.randn(3, 5, 16, generator=torch.Generator().manual_seed(0)) * 7 + 2
    gain = torch.randn(16)
    rms, layer = RMSNorm(16, 1e-5), LayerNorm(16, 1e-5)
    with torch.no_grad():
        rms.weight.copy_(gain)
        layer.weight.copy_(gain)
    close: dict[str, Any] = {"atol": NORM_TOLERANCE, "rtol": NORM_TOLERANCE}
    torch.testing.assert_close(rms(x), F.rms_norm(x, (16,), gain, 1e-5), **close)
    torch.testing.assert_close(layer(x), F.layer_norm(x, (16,), gain, layer.bias, 1e-5), **close)


def test_rotation_keeps_length_and_shows_only_distance() -> None:
    rotary = Rotary(8, 64, 10_000.0)
    query, key = torch.randn(2, 1, 1, 1, 8, generator=torch.Generator().manual_seed(0))

    def score(at: int, seen: int) -> torch.Tensor:
        turned = [rotate(x, rotary(torch.tensor([[p]]))) for x, p in ((query, at), (key, seen))]
        torch.testing.assert_close(turned[0].norm(), query.norm())
        return (turned[0] * turned[1]).sum()

    torch.testing.assert_close(score(9, 4), score(58, 53), atol=1e-5, rtol=1e-5)
    assert (score(9, 4) - score(9, 5)).abs() > 1e-3


def test_positions_restart_at_every_document() -> None:
    documents = torch.tensor([[0, 0, 0, 1, 1, 2], [5, 5, 4, 4, 4, 4]])
    assert restarting_positions(documents).tolist() == [[0, 1, 2, 0, 1, 0], [0, 1, 0, 1, 2, 3]]


def _plain(hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy((hidden @ weight.T).double(), targets, reduction="sum").float()


@given(seed=st.integers(0, 2**16), count=st.integers(1, 40), rows=st.sampled_from([1, 7, 512, None]))
@settings(max_examples=40, deadline=None)
def test_chunked_cross_entropy_is_the_plain_one(seed: int, count: int, rows: int | None) -> None:
    generator = torch.Generator().manual_seed(seed)
    hidden = torch.randn(count, 24, generator=generator, requires_grad=True)
    weight = torch.randn(97, 24, generator=generator, requires_grad=True)
    targets = torch.randint(97, (count,), generator=generator)
    plain = _plain(hidden, weight, targets)
    expected = torch.autograd.grad(0.37 * plain, (hidden, weight))
    chunked = linear_cross_entropy(hidden, weight, targets, rows)
    got = torch.autograd.grad(0.37 * chunked, (hidden, weight))
    # A loss near zero is the difference of two float32 numbers of size ten: what is lost there is of their size.
    allowed = LOSS_RELATIVE * torch.maximum(plain, torch.tensor(10.0 * count))
    assert (chunked - plain).abs() <= allowed
    for one, other in zip(got, expected, strict=True):
        assert (one - other).norm() <= LOSS_RELATIVE * other.norm()
    nats = target_nats(hidden, weight, targets, rows)
    assert (nats.sum() - plain).abs() <= allowed


def test_a_loss_over_nothing_is_zero_with_zero_gradients() -> None:
    hidden, weight = torch.randn(0, 8, requires_grad=True), torch.randn(5, 8, requires_grad=True)
    nats = linear_cross_entropy(hidden, weight, torch.zeros(0, dtype=torch.long))
    nats.backward()
    assert nats == 0
    assert weight.grad is not None
    assert not weight.grad.any()


def test_cross_entropy_under_autocast_multiplies_in_bfloat16_and_sums_in_float32() -> None:
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(64, 32, generator=generator, requires_grad=True)
    weight = torch.randn(97, 32, generator=generator, requires_grad=True)
    targets = torch.randint(97, (64,), generator=generator)
    plain = _plain(hidden, weight, targets)
    expected = torch.autograd.grad(plain, (hidden, weight))
    with torch.autocast("cpu", torch.bfloat16):
        nats = linear_cross_entropy(hidden, weight, targets, 7)
    assert nats.dtype == torch.float32
    assert nats != plain
    assert (nats - plain).abs() <= BF16_RELATIVE * plain
    for one, other in zip(torch.autograd.grad(nats, (hidden, weight)), expected, strict=True):
        assert one.dtype == torch.float32
        assert (one - other).norm() <= BF16_RELATIVE * other.norm()


def test_logits_are_never_whole_in_memory() -> None:
    hidden = torch.empty(1, 64)
    assert chunk_rows(hidden, 50_257) * 50_257 * 4 <= 17 << 20
    assert chunk_rows(hidden, 10**9) == 16
