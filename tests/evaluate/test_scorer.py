"""Laws of scoring: every token once, batched = alone, windows = what the model says of each window."""

import numpy as np
import pytest
import torch

from erya.evaluate.scorer import ModelScorer, windows
from tests.generate.small import END, SHAPE, small_model

CLOSE = 2e-5  # float32 sums over another batch shape

CONTEXT = SHAPE["context_length"]
CPU = torch.device("cpu")


def ignore(_: int) -> None:
    pass


def texts(seed: int, lengths: list[int]) -> list[list[int]]:
    random = np.random.default_rng(seed)
    return [random.integers(0, 256, size=length).tolist() for length in lengths]


@pytest.mark.parametrize("stride", [1, 3, 8])
@pytest.mark.parametrize("context", [8, 11])
def test_windows_score_each_token_once_with_enough_before_it(stride: int, context: int) -> None:
    lengths = list(range(60))
    seen = [np.zeros(length, int) for length in lengths]
    for window in windows(lengths, context, stride):
        assert 0 <= window.begin <= window.scored_from < window.end <= window.begin + context
        assert window.begin == 0 or window.scored_from - window.begin >= context - stride
        seen[window.text][window.scored_from : window.end] += 1
    assert all((counts == 1).all() for counts in seen)


@pytest.mark.parametrize("family", ["gpt2", "qwen3"])
def test_a_short_text_costs_what_its_logits_say(family: str) -> None:
    model = small_model(family)
    text = texts(1, [40])[0]
    with torch.inference_mode():
        shares = model(torch.tensor([[END, *text[:-1]]]))[0].log_softmax(-1)
    wanted = -shares[range(len(text)), text].numpy()
    assert ModelScorer(model, END, CPU).nats([text], ignore)[0] == pytest.approx(wanted, abs=CLOSE)


def test_a_long_text_is_scored_in_overlapping_windows() -> None:
    model = small_model()
    text = texts(2, [100])[0]
    scorer = ModelScorer(model, END, CPU, stride_tokens=16)
    with torch.inference_mode():
        sequence = torch.tensor([[END, *text]])
        first = model(sequence[:, :CONTEXT])[0].log_softmax(-1)
        second = model(sequence[:, 16 : 16 + CONTEXT])[0].log_softmax(-1)
    nats = scorer.nats([text], ignore)[0]
    assert nats[CONTEXT - 1] == pytest.approx(-float(first[-1, text[CONTEXT - 1]]), abs=CLOSE)
    assert nats[CONTEXT] == pytest.approx(-float(second[CONTEXT - 16, text[CONTEXT]]), abs=CLOSE)


def test_a_text_is_scored_the_same_alone_and_among_others() -> None:
    scorer = ModelScorer(small_model(), END, CPU)
    many = texts(3, [0, 1, 5, 64, 65, 200, 17, 63, 128, 5])
    done: list[int] = []
    together = scorer.nats(many, done.append)
    assert sum(done) == sum(map(len, many))
    for text, nats in zip(many, together, strict=True):
        assert nats == pytest.approx(scorer.nats([text], ignore)[0], abs=CLOSE)


def test_endings_are_likeliest_when_greedy_decoding_writes_them() -> None:
    model = small_model()
    scorer = ModelScorer(model, END, CPU)
    right = []
    for text in texts(4, [10, 40]):
        written = list(text)
        with torch.inference_mode():
            for _ in range(2):
                written.append(int(model(torch.tensor([[END, *written]]))[0, -1].argmax()))
        right.append(written)
    wrong = [[*right[0][:-1], (right[0][-1] + 1) % 256], [*right[0][:-2], (right[0][-2] + 1) % 256, right[0][-1]]]
    endings = scorer.endings([*right, *wrong], [2, 2, 2, 2], ignore)
    assert [ending.likeliest for ending in endings] == [True, True, False, False]
    nats = scorer.nats([*right, *wrong], ignore)
    assert [ending.nats for ending in endings] == pytest.approx([values[-2:].sum() for values in nats], abs=CLOSE)


def test_the_ending_of_a_text_longer_than_the_context_sees_the_last_of_it() -> None:
    model = small_model()
    text = texts(5, [90])[0]
    with torch.inference_mode():
        shares = model(torch.tensor([text[-CONTEXT - 1 : -1]]))[0, -1].log_softmax(-1)
    ending = ModelScorer(model, END, CPU).endings([text], [1], ignore)[0]
    assert ending.nats == pytest.approx(-float(shares[text[-1]]), abs=CLOSE)
    assert ending.likeliest == (int(shares.argmax()) == text[-1])


def test_the_signature_names_context_stride_and_beginning() -> None:
    assert ModelScorer(small_model(), END, CPU).signature == "context:64|stride:32|bos:end_of_text"
