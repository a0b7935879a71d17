"""The encoder–decoder: what sees what, cached = uncached, and the same logits as `transformers`' Marian."""

from pathlib import Path

import pytest
import torch

from erya.core import registry
from erya.core.errors import UserError
from erya.model import cost
from erya.model.architectures.decoder import Decoder
from erya.model.architectures.encoder_decoder import EncoderDecoder
from erya.model.files import load_model, save_model
from tests.model.conftest import disturbed

PAD, END = 1, 0
SHAPE = {
    "vocab_size": 300,
    "context_length": 48,
    "hidden_size": 32,
    "num_layers": 2,
    "num_decoder_layers": 3,
    "num_heads": 4,
    "intermediate_size": 40,
    "pad_id": PAD,
    "end_id": END,
}
# The same float32 products, summed in another order.
SAME = {"atol": 1e-4, "rtol": 1e-4}
CLOSE = {"atol": 1e-4, "rtol": 0}


def build(**changes: object) -> EncoderDecoder:
    family = registry.pick("erya.model.families", "FAMILY", "marian")
    model: EncoderDecoder = family.new(family.configure({**SHAPE, **changes}), 0)
    disturbed(model)
    return model.eval()


@pytest.fixture
def model() -> EncoderDecoder:
    return build()


def batch(seed: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    """Three sources, one of them shorter, and targets that open with the padding id."""
    generator = torch.Generator().manual_seed(seed)
    source = torch.randint(2, 300, (3, 9), generator=generator)
    source[1, 6:] = PAD
    target = torch.randint(2, 300, (3, 7), generator=generator)
    target[:, 0] = PAD
    return source, target


@pytest.mark.parametrize("activation", ["relu", "silu", "gelu"])
def test_transformers_computes_the_same_and_back(tmp_path: Path, activation: str) -> None:
    from transformers import AutoModelForSeq2SeqLM

    ours = build(activation=activation, scale_embedding=activation != "gelu")
    save_model(tmp_path / "ours", ours, None, {})
    theirs = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "ours").eval()
    assert type(theirs).__name__ == "MarianMTModel"
    source, target = batch()
    with torch.no_grad():
        mask = (source != PAD).long()
        expected = theirs(input_ids=source, attention_mask=mask, decoder_input_ids=target).logits
        torch.testing.assert_close(ours(source, target), expected, **CLOSE)
        theirs.save_pretrained(tmp_path / "theirs")
        again = load_model(tmp_path / "theirs").expect(EncoderDecoder)
        torch.testing.assert_close(again(source, target), expected, **CLOSE)
    assert again.config == ours.config


def test_save_and_load_is_the_same_bit_for_bit(model: EncoderDecoder, tmp_path: Path) -> None:
    save_model(tmp_path, model, None, {"stage": "test"})
    theirs = dict(load_model(tmp_path).model.named_parameters())
    assert all(torch.equal(value, theirs[name]) for name, value in model.named_parameters())
    with pytest.raises(UserError, match="of the family marian, an encoder–decoder; expected a decoder"):
        load_model(tmp_path).expect(Decoder)


def test_step_by_step_is_all_at_once(model: EncoderDecoder) -> None:
    source, target = batch()
    whole = model(source, target)
    texts = [[id_ for id_ in row if id_ != PAD] for row in source.tolist()]
    state, logits = model.begin(texts, 10)
    steps = [logits, *(model.step(state, target[:, at]) for at in range(1, target.shape[1]))]
    torch.testing.assert_close(torch.stack(steps, 1), whole, **SAME)


def test_ways_of_a_text_are_written_as_if_it_were_repeated(model: EncoderDecoder) -> None:
    texts = [[5, 6, 7, END], [8, 9, END], [4, END]]
    state, _ = model.begin(texts, 10)
    state.branch(2)
    repeated, _ = model.begin([text for text in texts for _ in range(2)], 10)
    tokens = torch.tensor([3, 4, 5, 6, 7, 8])
    torch.testing.assert_close(model.step(state, tokens), model.step(repeated, tokens), **SAME)
    state.follow(torch.tensor([[1, 0], [0, 0], [1, 1]]))
    state.select(torch.tensor([0, 2]))  # the second text is done
    rows = torch.tensor([1, 0, 5, 5])
    repeated.select(rows)
    for _ in range(2):
        torch.testing.assert_close(model.step(state, rows + 3), model.step(repeated, rows + 3), **SAME)


def test_padding_and_later_tokens_change_nothing_before(model: EncoderDecoder) -> None:
    source, target = batch()
    whole = model(source, target)
    torch.testing.assert_close(model(source[1:2, :6], target[1:2]), whole[1:2], **SAME)
    changed = target.clone()
    changed[:, 4] = 7
    torch.testing.assert_close(model(source, changed)[:, :4], whole[:, :4], **SAME)
    assert not torch.allclose(model(source, changed)[:, 4:], whole[:, 4:])
    read = source.clone()
    read[:, 5] = 9
    assert not torch.allclose(model(read, target)[:, 0], whole[:, 0])


def test_the_loss_is_that_of_the_logits_with_smoothing_in_training_alone(model: EncoderDecoder) -> None:
    source, target = batch()
    targets = torch.cat((target[:, 1:], torch.full((3, 1), END)), 1)
    targets[2, 3:] = -100
    supervised = targets != -100
    logits = model(source, target)[supervised]
    plain = torch.nn.functional.cross_entropy(logits, targets[supervised], reduction="sum")
    smooth = torch.nn.functional.cross_entropy(logits, targets[supervised], reduction="sum", label_smoothing=0.1)
    model.label_smoothing = 0.1
    fields = {"source": source, "tokens": target, "targets": targets}
    assert float(model.loss(fields).nats.detach()) == pytest.approx(float(plain.detach()), rel=1e-5)
    assert float(model.token_losses(fields).sum()) == pytest.approx(float(plain.detach()), rel=1e-5)
    gradients = torch.autograd.grad(smooth, list(model.parameters()), retain_graph=True)
    model.train()
    loss = model.loss(fields).nats
    assert float(loss.detach()) == pytest.approx(float(smooth.detach()), rel=1e-5)
    for ours, theirs in zip(torch.autograd.grad(loss, list(model.parameters())), gradients, strict=True):
        torch.testing.assert_close(ours, theirs, atol=2e-4, rtol=1e-3)


def test_the_count_of_parameters_is_arithmetic(model: EncoderDecoder) -> None:
    assert cost.parameters(model.config).total == sum(value.numel() for value in model.parameters())
    assert set(model.matrix_parts()) == {n for n, v in model.named_parameters() if v.ndim == 2 and "embedding" not in n}


def test_a_source_longer_than_the_context_is_refused(model: EncoderDecoder) -> None:
    with pytest.raises(UserError, match="a text of 60 tokens: the model reads at most 48"):
        model.begin([[5] * 60], 10)
