"""Beam search finds what `transformers` finds, whatever stands beside a prompt."""

from pathlib import Path

import pytest
import torch

from erya.core import registry
from erya.generate.beam import BeamConfig, Copied, beam_search
from erya.model.architectures.encoder_decoder import EncoderDecoder
from erya.model.files import save_model
from tests.generate.small import small_model

PAD, END = 1, 0
NOTHING_BEFORE = torch.zeros(12, 60, dtype=torch.int64)
SHAPE = {
    "vocab_size": 60,
    "context_length": 40,
    "hidden_size": 32,
    "num_layers": 2,
    "num_decoder_layers": 2,
    "num_heads": 4,
    "intermediate_size": 40,
    "pad_id": PAD,
    "end_id": END,
}


def translator(seed: int) -> EncoderDecoder:
    """A small model that writes lively texts of different lengths."""
    family = registry.pick("erya.model.families", "FAMILY", "marian")
    model: EncoderDecoder = family.new(family.configure(SHAPE), seed).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in model.parameters():
            value += 0.1 * torch.randn(value.shape, generator=generator)
        model.head_bias[END] += 3
    return model


def sources(seed: int, count: int) -> list[list[int]]:
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, 12, (count,), generator=generator).tolist()
    return [[*torch.randint(2, 60, (length,), generator=generator).tolist(), END] for length in lengths]


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize("length_penalty", [0.0, 1.0, 1.6])
def test_the_beams_are_those_of_transformers(tmp_path: Path, beams: int, length_penalty: float) -> None:
    from transformers import MarianMTModel

    model = translator(seed=3)
    save_model(tmp_path, model, None, {})
    theirs = MarianMTModel.from_pretrained(tmp_path).eval()
    texts = sources(5, 24)
    found = beam_search(model, texts, END, [PAD], BeamConfig(num_beams=beams, length_penalty=length_penalty))
    lengths = set()
    for text, hypotheses in zip(texts, found, strict=True):
        settings = {
            "num_return_sequences": beams,
            "num_beams": beams,
            "length_penalty": length_penalty,
            "max_new_tokens": 39,
            "do_sample": False,
        }
        every = theirs.generate(torch.tensor([text]), **settings)[:, 1:].tolist()
        written = [tokens[: tokens.index(END)] if END in tokens else tokens for tokens in every]
        assert [hypothesis.tokens for hypothesis in hypotheses] == written
        lengths.add(len(written[0]))
    assert len(lengths) > 2, "the texts are too alike to show anything"


def test_a_prompt_alone_and_in_a_batch_find_the_same() -> None:
    model, texts = translator(seed=4), sources(6, 12)
    together = beam_search(model, texts, END, [PAD], BeamConfig())
    for text, hypotheses in zip(texts, together, strict=True):
        (alone,) = beam_search(model, [text], END, [PAD], BeamConfig())
        assert [it.tokens for it in alone] == [it.tokens for it in hypotheses]
        assert [it.score for it in alone] == pytest.approx([it.score for it in hypotheses], abs=1e-4)


def test_packed_weights_find_the_same() -> None:
    model, texts = translator(seed=4), sources(6, 5)
    expected = beam_search(model, texts, END, [PAD], BeamConfig())
    model.pack()
    found = beam_search(model, texts, END, [PAD], BeamConfig())
    assert [[it.tokens for it in own] for own in found] == [[it.tokens for it in own] for own in expected]


def test_a_decoder_searches_too() -> None:
    model = small_model("qwen3")
    prompts = [[5, 6, 7], [8, 9], [10, 11, 12, 13]]
    found = beam_search(model, prompts, 256, [], BeamConfig(num_beams=3, max_new_tokens=10))
    for prompt, hypothesis in [(prompt, it) for prompt, own in zip(prompts, found, strict=True) for it in own]:
        with torch.no_grad():
            shares = model(torch.tensor([prompt + hypothesis.tokens]))[0, len(prompt) - 1 :].log_softmax(-1)
        total = sum(float(shares[place, token]) for place, token in enumerate(hypothesis.tokens))
        total += float(shares[len(hypothesis.tokens), 256]) if len(hypothesis.tokens) < 9 else 0.0
        assert hypothesis.score == pytest.approx(total / (len(hypothesis.tokens) + 1), abs=1e-4)


@pytest.mark.parametrize("beams", [1, 4])
def test_what_must_be_copied_is_written_once_and_nothing_else_of_its_kind(beams: int) -> None:
    """Tokens 20 to 29 hold a piece each, 30 holds two; each text must hold some of them."""
    model, texts = translator(seed=4), sources(6, 12)
    with torch.no_grad():
        model.head_bias[END] += 3  # a text that does not end by itself says nothing
    in_token = torch.zeros(60, dtype=torch.int64)
    in_token[20:30] = 2 ** torch.arange(10)
    in_token[30] = 0b11
    wanted = torch.tensor([number % 5 * 0b100101 % 1024 for number in range(12)])
    found = beam_search(model, texts, END, [PAD], BeamConfig(num_beams=beams), Copied(in_token, wanted, NOTHING_BEFORE))
    ended = 0
    for (hypothesis, *_), pieces in zip(found, wanted.tolist(), strict=True):
        written = [int(in_token[token]) for token in hypothesis.tokens if in_token[token]]
        assert sum(written) & ~pieces == 0
        if len(hypothesis.tokens) < SHAPE["context_length"] - 2:  # else the end was the only way out
            ended += 1
            assert sum(written) == pieces
    assert ended > 8


def test_what_must_be_copied_changes_nothing_where_nothing_must() -> None:
    model, texts = translator(seed=4), sources(6, 12)
    nothing = Copied(torch.zeros(60, dtype=torch.int64), torch.zeros(12, dtype=torch.int64), NOTHING_BEFORE)
    expected = beam_search(model, texts, END, [PAD], BeamConfig())
    assert beam_search(model, texts, END, [PAD], BeamConfig(), nothing) == expected


def test_a_text_without_room_for_what_must_be_copied_ends() -> None:
    model, texts = translator(seed=4), sources(6, 3)
    in_token = torch.zeros(60, dtype=torch.int64)
    in_token[20:30] = 2 ** torch.arange(10)
    copied = Copied(in_token, torch.full((3,), 1023), NOTHING_BEFORE[:3])
    found = beam_search(model, texts, END, [PAD], BeamConfig(max_new_tokens=6), copied)
    assert all(len(hypothesis.tokens) <= 6 for own in found for hypothesis in own)


def test_what_closes_comes_after_what_opens() -> None:
    """Token 21 only after 20, 23 only after 22; the model itself would rather have them the other way round."""
    model, texts = translator(seed=4), sources(6, 12)
    with torch.no_grad():
        model.head_bias[END] += 3
        model.head_bias[[21, 23]] += 2
    in_token = torch.zeros(60, dtype=torch.int64)
    in_token[20:24] = 2 ** torch.arange(4)
    before = NOTHING_BEFORE.clone()
    before[:, 21], before[:, 23] = 0b0001, 0b0100
    found = beam_search(model, texts, END, [PAD], BeamConfig(), Copied(in_token, torch.full((12,), 15), before))
    for hypothesis, *_ in found:
        written = [token for token in hypothesis.tokens if 20 <= token < 24]
        assert sorted(written) == [20, 21, 22, 23]
        assert written.index(20) < written.index(21)
        assert written.index(22) < written.index(23)
