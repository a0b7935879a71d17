"""The laws of the encoder and of its heads."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from erya.core.errors import UserError
from erya.model import cost
from erya.model.architectures.encoder import Encoder
from erya.model.families.bert import EMBEDDING_LENGTH, FAMILY
from erya.model.heads import with_head
from tests.model.conftest import disturbed

# The same sums over other lengths or in other chunks: float32 rounding of logits of size 10.
SAME = {"atol": 2e-5, "rtol": 1e-5}
# Loss at the start: logits of a tied head on embeddings of deviation 0.02 are of size 0.1.
INITIAL_NATS = 0.05
PAD = 7
SHAPE = {
    "vocab_size": 300,
    "context_length": 48,
    "hidden_size": 32,
    "num_layers": 2,
    "num_heads": 4,
    "intermediate_size": 40,
    "pad_id": PAD,
}
HEADS: list[dict[str, Any]] = [{"head": "masked_lm"}, {"head": "span"}, {"head": "label", "labels": ("a", "b", "c")}]

Tokens = Callable[..., torch.Tensor]


def build(**changes: Any) -> Encoder:
    """A disturbed small encoder."""
    return disturbed(FAMILY.new(FAMILY.configure({**SHAPE, **changes}), 0).eval())


@pytest.fixture
def tokens() -> Tokens:
    """Random token ids of a shape, none of them the padding."""
    generator = torch.Generator().manual_seed(2)
    return lambda *shape: torch.randint(PAD + 1, SHAPE["vocab_size"], shape, generator=generator)


@pytest.fixture(params=HEADS, ids=lambda head: head["head"])
def model(request: pytest.FixtureRequest) -> Encoder:
    """A disturbed small encoder with each head."""
    return build(**request.param)


def targets(model: Encoder, tokens: Tokens) -> torch.Tensor:
    """Targets of four rows of 20 tokens."""
    if model.config.head == "masked_lm":
        wanted = tokens(4, 20)
        return wanted.masked_fill(wanted % 4 > 0, -100)
    return torch.tensor([[3, 5], [0, 0], [9, 9], [1, 11]] if model.config.head == "span" else [[0], [2], [1], [-100]])


def test_both_neighbours_change_every_score(tokens: Tokens) -> None:
    encoder, text = build(), tokens(1, 20)
    scores = encoder(text)
    for changed in (0, 10, 19):
        other = text.clone()
        other[0, changed] = PAD + 1 + (other[0, changed] + 1) % 200
        assert (encoder(other) - scores).abs().amax(dim=-1).min() > 1e-4


def test_padding_never_changes_a_logit(model: Encoder, tokens: Tokens) -> None:
    text = tokens(3, 20)
    padded = F.pad(text, (0, 9), value=PAD)
    alone, together = model(text), model(padded)
    torch.testing.assert_close(together if model.config.head == "label" else together[:, :20], alone, **SAME)
    packed = model(padded, documents=torch.zeros_like(padded))
    torch.testing.assert_close(packed if model.config.head == "label" else packed[:, :20], alone, **SAME)
    assert packed.isfinite().all()


def test_packed_is_alone(tokens: Tokens) -> None:
    encoder, lengths = build(), (7, 1, 12)
    texts = [tokens(1, length) for length in lengths]
    documents = torch.arange(3).repeat_interleave(torch.tensor(lengths))[None]
    packed = encoder(F.pad(torch.cat(texts, dim=1), (0, 4), value=PAD), documents=F.pad(documents, (0, 4), value=2))
    start = 0
    for text in texts:
        torch.testing.assert_close(packed[:, start : start + text.shape[1]], encoder(text), **SAME)
        start += text.shape[1]


def test_segments_count(model: Encoder, tokens: Tokens) -> None:
    text = tokens(2, 16)
    plain = model(text)
    assert torch.equal(model(text, segments=torch.zeros_like(text)), plain)
    assert not torch.allclose(model(text, segments=(torch.arange(16) > 8).long().expand(2, -1)), plain)


def test_the_loss_is_that_of_the_logits(model: Encoder, tokens: Tokens) -> None:
    text, wanted = tokens(4, 20), targets(model, tokens)
    found = model.loss({"tokens": text, "targets": wanted})
    logits = model(text)
    if model.config.head == "masked_lm":
        expected = F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="sum")
    elif model.config.head == "span":
        begin, end = logits.unbind(-1)
        expected = sum(F.cross_entropy(part, wanted[:, at], reduction="sum") for at, part in enumerate((begin, end)))
    else:
        expected = F.cross_entropy(logits, wanted[:, 0], reduction="sum")
    torch.testing.assert_close(found.nats, expected, atol=1e-4, rtol=1e-5)
    assert int(found.tokens) == int((wanted >= 0).sum())


def test_a_row_has_the_loss_it_has_alone(model: Encoder, tokens: Tokens) -> None:
    batch = {"tokens": tokens(4, 20), "targets": targets(model, tokens)}
    batch["tokens"][1, 12:] = PAD
    batch["targets"][1] = batch["targets"][1].masked_fill(torch.arange(batch["targets"].shape[1]) >= 12, -100)
    alone = [model.loss({key: value[row : row + 1] for key, value in batch.items()}).nats for row in range(4)]
    torch.testing.assert_close(sum(alone), model.loss(batch).nats, atol=1e-4, rtol=1e-5)


def test_a_span_lies_in_its_places_only(tokens: Tokens) -> None:
    encoder, text = build(head="span"), tokens(2, 20)
    text[1, 15:] = PAD
    wanted = torch.tensor([[6, 8], [5, 5]])
    places = torch.zeros(2, 20, dtype=torch.bool)
    places[:, 5:9] = True
    begin, end = encoder(text)[:, 5:9].unbind(-1)
    expected = F.cross_entropy(begin, wanted[:, 0] - 5, reduction="sum") + F.cross_entropy(
        end, wanted[:, 1] - 5, reduction="sum"
    )
    batch = {"tokens": text, "targets": wanted}
    torch.testing.assert_close(encoder.loss({**batch, "places": places}).nats, expected, **SAME)
    assert torch.equal(encoder.loss(batch).nats, encoder.loss({**batch, "places": text != PAD}).nats)
    assert encoder.loss({**batch, "places": torch.ones_like(places)}).nats > encoder.loss(batch).nats


def test_every_weight_learns(model: Encoder, tokens: Tokens) -> None:
    model.train()
    batch = {"tokens": tokens(4, 20), "targets": targets(model, tokens), "segments": tokens(4, 20) % 2}
    model.loss(batch).nats.backward()
    for name, value in model.named_parameters():
        assert value.grad is not None, name
        assert (value.grad != 0).any(), name


def test_a_new_encoder_guesses_as_its_vectors_are_long(tokens: Tokens) -> None:
    """Logits are normal with the length of the vectors as their deviation: the loss is ln V and half their variance."""
    encoder = FAMILY.new(FAMILY.configure(SHAPE), 3)
    with torch.no_grad():
        loss = encoder.loss({"tokens": tokens(64, 48), "targets": tokens(64, 48)})
    expected = math.log(300) + EMBEDDING_LENGTH**2 / 2
    assert abs(float(loss.nats) / int(loss.tokens) - expected) < INITIAL_NATS


@pytest.mark.parametrize("head", HEADS, ids=lambda head: head["head"])
def test_attention_begins_with_what_is_alike_and_near(head: dict[str, Any]) -> None:
    shape = {**SHAPE, **head, "hidden_size": 36}
    encoder, untouched = (FAMILY.new(FAMILY.configure(shape), 3) for _ in range(2))
    encoder.begin_attention()
    before = dict(untouched.named_parameters())
    changed = {name for name, value in encoder.named_parameters() if not torch.equal(value, before[name])}
    projections = {name for name in before if name.endswith("attention.qkv.weight")}
    places = encoder.embedding.positions.weight
    if head["head"] == "label":
        assert changed == set()
        return
    torch.testing.assert_close(places.norm(dim=1), before["embedding.positions.weight"].norm(dim=1).mean().expand(48))
    assert (places[1:5] @ places[0] < places[:4] @ places[0]).all()
    assert changed == {"embedding.positions.weight", *(projections if head["head"] == "masked_lm" else ())}
    for name in projections & changed:
        queries, keys, values = encoder.get_parameter(name).chunk(3)
        assert torch.equal(queries, keys)
        assert torch.equal(values, before[name].chunk(3)[2])
        assert float(queries.detach().std()) == pytest.approx(1 / 6)


def test_a_fresh_head_stands_on_the_same_body(tokens: Tokens) -> None:
    encoder, text = build(), tokens(2, 20)
    first, again = (with_head(encoder, "label", ("no", "yes"), seed=3) for _ in range(2))
    other = with_head(encoder, "label", ("no", "yes"), seed=4)
    assert first.config.labels == ("no", "yes")
    assert torch.equal(first.hidden(text), encoder.hidden(text))
    assert torch.equal(first(text), again(text))
    assert not torch.equal(first(text), other(text))
    with torch.no_grad():
        first.embedding.tokens.weight.zero_()
    assert torch.equal(other.hidden(text), encoder.hidden(text))
    assert not first.training
    with pytest.raises(UserError, match=r"labels: got \[\] for the head label; a label head needs labels"):
        with_head(encoder, "label")
    with pytest.raises(UserError, match="no other head has any"):
        with_head(encoder, "span", ("a",))


def test_the_body_alone_tells_nothing(tokens: Tokens) -> None:
    body = build(head=None)
    assert body.hidden(tokens(1, 5)).shape == (1, 5, 32)
    with pytest.raises(UserError, match="no head, so it tells nothing yet; fine-tune it"):
        body(tokens(1, 5))
    assert with_head(body, "span")(tokens(1, 5)).shape == (1, 5, 2)


def test_a_text_longer_than_the_context_is_refused(tokens: Tokens) -> None:
    with pytest.raises(UserError, match="a text of 49 tokens: the model reads at most 48"):
        build()(tokens(1, 49))


def test_costs_are_counted_from_the_shape(model: Encoder, tokens: Tokens) -> None:
    for encoder in (model, build(head=None)):
        counted = cost.parameters(encoder.config)
        tables = (encoder.embedding.tokens, encoder.embedding.positions, encoder.segments)
        assert counted.total == sum(value.numel() for value in encoder.parameters())
        assert counted.non_embedding == counted.total - sum(table.weight.numel() for table in tables)
    blocks = 2 * (4 * 32 * 32 + 2 * 32 * 40)
    wanted = targets(model, tokens)
    head = int((wanted >= 0).sum()) * (32 * 32 + 300 * 32) if model.config.head == "masked_lm" else 0
    expected = 6 * (80 * (blocks + 2 * 2 * 20 * 32) + head)
    assert cost.training_flops(model.config, {"tokens": tokens(4, 20), "targets": wanted}) == expected


def test_matrix_parts_name_the_hidden_matrices(model: Encoder) -> None:
    parts, named = model.matrix_parts(), dict(model.named_parameters())
    matrices = {name for name, value in named.items() if value.ndim == 2 and name.startswith(("blocks", "head.dense"))}
    assert set(parts) == matrices
    assert all(sum(sizes) == named[name].shape[0] for name, sizes in parts.items())


def test_another_dropout_acts_in_every_part_and_is_saved(tokens: Tokens) -> None:
    encoder = build(dropout=0.0)
    encoder.set_dropout(0.5)
    assert encoder.config.dropout == FAMILY.to_outside(encoder.config)["attention_probs_dropout_prob"] == 0.5
    encoder.train()
    block, x = encoder.blocks[0], torch.ones(1, 9, 32)
    assert not torch.equal(encoder.hidden(tokens(1, 9)), encoder.hidden(tokens(1, 9)))
    assert not torch.equal(block.attention(x), block.attention(x))


def test_dropout_acts_in_training_only(tokens: Tokens) -> None:
    encoder, text = build(dropout=0.3), tokens(2, 16)
    assert torch.equal(encoder(text), encoder(text))
    encoder.train()
    assert not torch.equal(encoder(text), encoder(text))
