"""The laws of the decoder."""

import math
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F

from erya.core.errors import UserError
from erya.model.architectures.decoder import Decoder
from tests.model.conftest import SHAPE, VARIANTS, build, disturbed

# The same sums in another order (one row or many, one step or all): float32 rounding of logits of size 10.
SAME = {"atol": 1e-5, "rtol": 1e-5}
# Loss at the start: a tied head on random embeddings is a little off the uniform distribution.
INITIAL_NATS = 0.1
BF16 = {"atol": 0.15, "rtol": 0.05}

Tokens = Callable[..., torch.Tensor]


def test_a_later_token_never_changes_an_earlier_score(model: Decoder, tokens: Tokens) -> None:
    text = tokens(1, 20)
    scores = model(text)
    for changed in (1, 10, 19):
        other = text.clone()
        other[0, changed] = (other[0, changed] + 1) % SHAPE["vocab_size"]
        again = model(other)
        assert torch.equal(again[:, :changed], scores[:, :changed])
        assert not torch.equal(again[:, changed:], scores[:, changed:])


def test_cached_is_uncached(model: Decoder, tokens: Tokens) -> None:
    text = tokens(3, 20)
    whole = model(text)
    state, logits = model.begin(text[:, :6].tolist(), capacity=20)
    torch.testing.assert_close(logits, whole[:, 5], **SAME)
    for at in range(6, 20):
        logits = model.step(state, text[:, at])
        torch.testing.assert_close(logits, whole[:, at], **SAME)


def test_a_prompt_in_a_ragged_batch_is_as_alone(model: Decoder, tokens: Tokens) -> None:
    prompts = [tokens(length).tolist() for length in (7, 1, 12, 4)]
    further = tokens(4, 8)
    state, logits = model.begin(prompts, capacity=20)
    alone = [model.begin([prompt], capacity=20) for prompt in prompts]
    torch.testing.assert_close(logits, torch.cat([first for _, first in alone]), **SAME)
    for at in range(8):
        logits = model.step(state, further[:, at])
        single = [model.step(own, further[row : row + 1, at]) for row, (own, _) in enumerate(alone)]
        torch.testing.assert_close(logits, torch.cat(single), **SAME)


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("capability", ["AVX2", "AVX512"])
def test_packed_weights_write_the_same(
    model: Decoder, tokens: Tokens, alone: bool, capability: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    prompts, further = [tokens(7).tolist(), tokens(3).tolist(), tokens(5).tolist()], tokens(3, 6)
    expected = _written(model, prompts, further), _written(model, prompts[:1], further[:1])
    text = tokens(2, 9)
    whole = model(text)
    model.pack(alone=alone)
    assert not any(isinstance(part, torch.nn.Linear) for part in model.blocks.modules())
    torch.testing.assert_close(_written(model, prompts, further), expected[0], **SAME)
    torch.testing.assert_close(_written(model, prompts[:1], further[:1]), expected[1], **SAME)
    torch.testing.assert_close(model(text), whole, **SAME)


def _written(model: Decoder, prompts: list[list[int]], further: torch.Tensor) -> torch.Tensor:
    state, logits = model.begin(prompts, capacity=20)
    return torch.stack([logits, *(model.step(state, column) for column in further.T)])


def test_selected_rows_go_on_as_before(model: Decoder, tokens: Tokens) -> None:
    prompts = [tokens(length).tolist() for length in (7, 3, 9, 3)]
    for rows in ([3, 0], [1, 3], [2]):
        state, _ = model.begin(prompts, capacity=20)
        expected = [model.step(state, torch.tensor([5, 6, 7, 8])), model.step(state, torch.tensor([9, 9, 9, 9]))]
        state, _ = model.begin(prompts, capacity=20)
        model.step(state, torch.tensor([5, 6, 7, 8]))
        state.select(torch.tensor(rows))
        torch.testing.assert_close(model.step(state, torch.full((len(rows),), 9)), expected[1][rows], **SAME)


def test_ways_of_a_text_are_written_as_if_it_were_repeated(model: Decoder, tokens: Tokens) -> None:
    prompts = [tokens(length).tolist() for length in (7, 3, 9)]
    state, _ = model.begin(prompts, capacity=20)
    state.branch(2)
    repeated, _ = model.begin([prompt for prompt in prompts for _ in range(2)], capacity=20)
    further = torch.arange(5, 11)
    torch.testing.assert_close(model.step(state, further), model.step(repeated, further), **SAME)
    state.follow(torch.tensor([[1, 0], [0, 0], [1, 1]]))
    state.select(torch.tensor([0, 2]))  # the second text is done
    rows = torch.tensor([1, 0, 5, 5])
    repeated.select(rows)
    for _ in range(2):
        torch.testing.assert_close(model.step(state, rows + 3), model.step(repeated, rows + 3), **SAME)


def test_packed_is_unpacked_and_documents_do_not_meet(model: Decoder, tokens: Tokens) -> None:
    lengths = (5, 11, 1, 7)
    texts = [tokens(1, length) for length in lengths]
    documents = torch.repeat_interleave(torch.arange(4), torch.tensor(lengths))[None]
    packed = torch.cat(texts, dim=1)
    scores = model(packed, documents)
    for text, part in zip(texts, scores.split(lengths, dim=1), strict=True):
        torch.testing.assert_close(part, model(text), **SAME)
    other = packed.clone()
    other[0, 5:16] = tokens(11)
    changed = model(other, documents)
    apart = documents[0] != 1
    assert torch.equal(changed[:, apart], scores[:, apart])
    assert not torch.equal(changed[:, ~apart], scores[:, ~apart])


def test_loss_is_the_cross_entropy_of_the_logits(model: Decoder, tokens: Tokens) -> None:
    targets = tokens(3, 20)
    targets[0, :7] = -100
    targets[2] = -100
    batch = {"tokens": tokens(3, 20), "targets": targets}
    logits = model(batch["tokens"]).flatten(0, 1)
    expected = F.cross_entropy(logits, targets.flatten(), reduction="none").view(3, 20)
    loss = model.loss(batch)
    torch.testing.assert_close(loss.nats, expected.sum(), **SAME)
    assert loss.tokens == (targets != -100).sum() == 33
    torch.testing.assert_close(model.token_losses(batch), expected, **SAME)
    got = torch.autograd.grad(loss.nats, list(model.parameters()))
    for one, other in zip(got, torch.autograd.grad(expected.sum(), list(model.parameters())), strict=True):
        assert (one - other).norm() <= 1e-5 * (1 + other.norm())


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_first_loss_is_that_of_a_uniform_guess(variant: str, tokens: Tokens) -> None:
    family, changes = VARIANTS[variant]
    model = build(family, **(changes | {"hidden_size": 128, "num_heads": 4, "num_kv_heads": 4, "head_dim": 32}))
    loss = model.loss({"tokens": tokens(8, 48), "targets": tokens(8, 48)})
    assert abs(loss.nats.item() / loss.tokens.item() - math.log(SHAPE["vocab_size"])) < INITIAL_NATS


@pytest.mark.parametrize("family", ["gpt2", "qwen3"])
def test_the_seed_decides_the_weights(family: str) -> None:
    first, again, other = build(family, seed=3), build(family, seed=3), build(family, seed=4)
    pairs = list(zip(first.parameters(), again.parameters(), strict=True))
    assert all(torch.equal(one, two) for one, two in pairs)
    assert not torch.equal(first.head_weight, other.head_weight)


def test_matrix_parts_name_the_matrices_of_the_blocks(model: Decoder) -> None:
    parts = model.matrix_parts()
    named = dict(model.named_parameters())
    assert set(parts) == {name for name, value in named.items() if name.startswith("blocks") and value.ndim == 2}
    for name, sizes in parts.items():
        assert sum(sizes) == named[name].shape[0]
    assert any(len(sizes) == 3 for sizes in parts.values())


def test_dropout_acts_in_training_only(tokens: Tokens) -> None:
    text = tokens(2, 16)
    for family in ("gpt2", "qwen3"):
        model = disturbed(build(family, dropout=0.3))
        assert torch.equal(model(text), model(text))
        model.train()
        torch.manual_seed(0)
        first = model(text)
        assert not torch.equal(first, model(text))
        torch.manual_seed(0)
        assert torch.equal(first, model(text))


def test_autocast_computes_nearly_the_same(model: Decoder, tokens: Tokens) -> None:
    batch = {"tokens": tokens(2, 16), "targets": tokens(2, 16)}
    exact = model.loss(batch).nats / 32
    with torch.autocast("cpu", torch.bfloat16):
        loss = model.loss(batch)
        state, _ = model.begin(batch["tokens"].tolist(), capacity=20)
        assert model.step(state, batch["tokens"][:, 0]).isfinite().all()
    torch.testing.assert_close(loss.nats / 32, exact, **BF16)
    loss.nats.backward()
    assert all(value.grad is not None and value.grad.dtype == torch.float32 for value in model.parameters())


def test_a_text_longer_than_the_context_is_refused(model: Decoder) -> None:
    with pytest.raises(UserError, match="reads at most 48; shorten the prompt"):
        model.begin([[1] * 40], capacity=49)
    with pytest.raises(UserError, match="reads at most 48"):
        model(torch.ones(1, 49, dtype=torch.long))


COMPILE = """
import torch
from tests.model.conftest import build, disturbed
for family in ("gpt2", "qwen3"):
    model = disturbed(build(family))
    compiled = torch.compile(model.hidden, fullgraph=True, backend="aot_eager")
    text = torch.randint(300, (2, 16))
    for documents in (None, torch.arange(16)[None].expand(2, -1) // 5):
        torch.testing.assert_close(compiled(text, documents), model.hidden(text, documents), atol=1e-5, rtol=1e-5)
        compiled(text, documents).sum().backward()
"""


def test_hidden_compiles_as_one_graph() -> None:
    # In its own process: the shape checks that the tests install are not part of the graph.
    done = subprocess.run([sys.executable, "-W", "error::UserWarning", "-c", COMPILE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


COMPILED_LOSS = """
import torch
from tests.model.conftest import build, disturbed
for family in ("gpt2", "qwen3"):
    model = disturbed(build(family))
    compiled = torch.compile(model.loss, backend="aot_eager")
    for rows, supervised in ((4, 16), (3, 16), (3, 9)):  # the last batch of an epoch is another one
        batch = {key: torch.randint(300, (rows, 16)) for key in ("tokens", "targets")}
        batch["targets"][:, supervised:] = -100
        found = []
        for loss in (model.loss, compiled):
            model.zero_grad()
            with torch.autocast("cpu", torch.bfloat16):
                nats = loss(batch).nats
            nats.backward()
            found.append([value.grad.clone() for value in model.parameters()])
        for plain, other in zip(*found):
            assert plain.any()
            assert (plain - other).norm() <= 0.02 * plain.norm()
"""


def test_the_compiled_loss_has_the_gradients_of_the_plain_one() -> None:
    """With torch 2.11, not with the version pinned here, they were once zero, and training went on as if it learned."""
    done = subprocess.run([sys.executable, "-c", COMPILED_LOSS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
