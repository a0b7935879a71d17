"""Each cut equals `transformers`' processor of that name, and a draw follows the distribution it is made from."""

import numpy as np
import pytest
import torch
from transformers import generation

from erya.core.config import resolve
from erya.core.errors import UserError
from erya.generate.sampling import Sampler, SamplingConfig, process

SAME = 1e-6  # both sides compute the same float32 expression
ROWS, VOCAB = 8, 300


def logits(seed: int, rows: int = ROWS) -> torch.Tensor:
    return torch.randn(rows, VOCAB, generator=torch.Generator().manual_seed(seed)) * 4


CASES = [
    (SamplingConfig(temperature=0.7), [generation.TemperatureLogitsWarper(0.7)]),
    (SamplingConfig(top_k=1000), [generation.TopKLogitsWarper(1000)]),
    (SamplingConfig(top_k=7), [generation.TopKLogitsWarper(7)]),
    (SamplingConfig(top_p=0.3), [generation.TopPLogitsWarper(0.3)]),
    (SamplingConfig(top_p=0.95), [generation.TopPLogitsWarper(0.95)]),
    (SamplingConfig(top_p=1e-6), [generation.TopPLogitsWarper(1e-6)]),
    (SamplingConfig(min_p=0.1), [generation.MinPLogitsWarper(0.1)]),
    (SamplingConfig(min_p=1.0), [generation.MinPLogitsWarper(1.0)]),
    (
        SamplingConfig(temperature=1.4, top_k=40, top_p=0.8, min_p=0.05),
        [
            generation.TemperatureLogitsWarper(1.4),
            generation.TopKLogitsWarper(40),
            generation.TopPLogitsWarper(0.8),
            generation.MinPLogitsWarper(0.05),
        ],
    ),
]


@pytest.mark.parametrize(("config", "processors"), CASES)
def test_cuts_are_those_of_transformers(config: SamplingConfig, processors: list[generation.LogitsProcessor]) -> None:
    for seed in range(20):
        wanted = logits(seed)
        for processor in processors:
            wanted = processor(torch.zeros(ROWS, 1, dtype=torch.long), wanted)
        torch.testing.assert_close(process(logits(seed), config), wanted, atol=SAME, rtol=SAME)


@pytest.mark.parametrize("penalty", [0.8, 1.3, 5.0])
def test_repetition_penalty_is_that_of_transformers_as_the_text_grows(penalty: float) -> None:
    prompts = torch.randint(0, VOCAB, (ROWS, 9), generator=torch.Generator().manual_seed(1))
    config = SamplingConfig(temperature=0, repetition_penalty=penalty)
    sampler = Sampler(config, prompts.tolist(), range(ROWS))
    processor = generation.RepetitionPenaltyLogitsProcessor(penalty)
    text = prompts
    for step in range(30):
        wanted = processor(text, logits(step % 3)).argmax(-1)
        assert sampler.next(logits(step % 3)).tolist() == wanted.tolist()
        text = torch.cat([text, wanted[:, None]], dim=1)


def test_draws_follow_the_distribution() -> None:
    one = logits(3, rows=1)[:, :6]
    draws = 4000
    sampler = Sampler(SamplingConfig(), [[0]] * draws, range(draws))
    drawn = np.bincount(sampler.next(one.expand(draws, -1)).numpy(), minlength=6)
    expected = one.softmax(-1)[0].numpy() * draws
    kept = expected > 5
    chi_square = float(((drawn[kept] - expected[kept]) ** 2 / expected[kept]).sum())
    assert chi_square < 20.5  # 0.1 % point of chi-square with 5 degrees of freedom


def test_a_forbidden_token_is_never_drawn() -> None:
    sampler = Sampler(SamplingConfig(top_k=2), [[0]] * 500, range(500))
    same = logits(4, rows=1)
    assert set(sampler.next(same.expand(500, -1)).tolist()) == set(same[0].topk(2).indices.tolist())


def test_a_row_draws_the_same_alone_among_others_and_after_others_left() -> None:
    config = SamplingConfig(seed=5, top_p=0.9, repetition_penalty=1.2)
    steps = [logits(seed) for seed in range(12)]
    prompts = [[row, row + 1] for row in range(ROWS)]
    together = Sampler(config, prompts, range(ROWS))
    kept = list(range(ROWS))
    found: dict[int, list[int]] = {row: [] for row in range(ROWS)}
    for number, step in enumerate(steps):
        if number == 6:
            kept = [6, 1, 3]
            together.select(kept)
        for row, token in zip(kept, together.next(step[kept]).tolist(), strict=True):
            found[row].append(token)
    for row in range(ROWS):
        alone = Sampler(config, [prompts[row]], [row])
        wanted = [int(alone.next(step[row : row + 1])) for step in steps]
        assert found[row] == wanted[: len(found[row])]
    assert len({tuple(tokens[:6]) for tokens in found.values()}) == ROWS


def test_temperature_zero_takes_the_likeliest() -> None:
    sampler = Sampler(SamplingConfig(temperature=0), [[0]] * ROWS, range(ROWS))
    assert sampler.next(logits(6)).tolist() == logits(6).argmax(-1).tolist()


@pytest.mark.parametrize("bad", [{"temperature": -1.0}, {"top_k": 0}, {"top_p": 0.0}, {"top_p": 1.1}, {"min_p": -0.1}])
def test_values_out_of_range_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(UserError, match=next(iter(bad))):
        resolve(SamplingConfig, [("command line", bad)])
