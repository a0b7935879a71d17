"""From logits to the next token: penalties and cuts in the order of `transformers`, then greedy or a seeded draw.

Every row brings its own random stream, so what a prompt samples does not depend on its neighbours in the batch.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field
from torch import Tensor

from erya.core.config import Section


class SamplingConfig(Section):
    """How the next token is chosen."""

    temperature: float = Field(default=1.0, ge=0, description="Divides the logits; 0 always takes the likeliest token.")
    top_k: int | None = Field(default=None, ge=1, description="Draw from the k likeliest tokens only.")
    top_p: float | None = Field(
        default=None, gt=0, le=1, description="Draw from the fewest tokens that reach this share."
    )
    min_p: float | None = Field(
        default=None, ge=0, le=1, description="Drop tokens below this share of the likeliest one's."
    )
    repetition_penalty: float = Field(
        default=1.0, gt=0, description="Above 1 makes tokens that already came less likely."
    )
    seed: int = Field(
        default=0, ge=0, description="Seed of the draws; prompt i, sample j draws from its own stream of it."
    )

    @property
    def greedy(self) -> bool:
        """Whether nothing is drawn."""
        return self.temperature == 0 or self.top_k == 1


def penalize_repetition(
    logits: Float[Tensor, "B V"], seen: Bool[Tensor, "B V"], penalty: float
) -> Float[Tensor, "B V"]:
    """Divide positive and multiply negative logits of tokens already seen.

    Source: Keskar et al. 2019 (CTRL), section 4.1, in the sign-aware form of `transformers`.
    """
    return torch.where(seen, torch.where(logits > 0, logits / penalty, logits * penalty), logits)


def keep_top_k(logits: Float[Tensor, "B V"], k: int) -> Float[Tensor, "B V"]:
    """Forbid every token less likely than the k-th."""
    edge = logits.topk(min(k, logits.shape[-1])).values[..., -1:]
    return logits.masked_fill(logits < edge, -torch.inf)


def keep_top_p(logits: Float[Tensor, "B V"], p: float) -> Float[Tensor, "B V"]:
    """Keep the fewest likeliest tokens whose probabilities reach p.

    Source: Holtzman et al. 2020, equation 2.
    """
    ascending, order = logits.sort(dim=-1)
    below = ascending.softmax(-1).cumsum(-1) <= 1 - p
    below[..., -1] = False
    return logits.masked_fill(below.scatter(-1, order, below), -torch.inf)


def keep_min_p(logits: Float[Tensor, "B V"], p: float) -> Float[Tensor, "B V"]:
    """Forbid tokens whose probability is below p times the likeliest one's.

    Source: Nguyen et al. 2024, "Turning up the heat", equation 1.
    """
    shares = logits.softmax(-1)
    drop = shares < p * shares.amax(-1, keepdim=True)
    return logits.masked_fill(drop.scatter(-1, logits.argmax(-1, keepdim=True), False), -torch.inf)


def process(logits: Float[Tensor, "B V"], config: SamplingConfig) -> Float[Tensor, "B V"]:
    """Temperature and cuts, in this order: temperature, top-k, top-p, min-p."""
    if config.temperature != 1:
        logits = logits / config.temperature
    if config.top_k is not None:
        logits = keep_top_k(logits, config.top_k)
    if config.top_p is not None and config.top_p < 1:
        logits = keep_top_p(logits, config.top_p)
    if config.min_p:
        logits = keep_min_p(logits, config.min_p)
    return logits


class Sampler:
    """Chooses the next token of every running row; row i draws from stream i and remembers its own tokens."""

    def __init__(self, config: SamplingConfig, prompts: Sequence[Sequence[int]], streams: Sequence[int]) -> None:
        self.config = config
        self.prompts = prompts
        self.random = [np.random.default_rng([config.seed, stream]) for stream in streams]
        self.seen: Bool[Tensor, "B V"] | None = None

    def next(self, logits: Float[Tensor, "B V"]) -> Int[Tensor, " B"]:
        """The chosen token of each row."""
        if self.config.repetition_penalty != 1:
            logits = self._penalized(logits)
        chosen = logits.argmax(-1) if self.config.greedy else self._draw(process(logits, self.config))
        if self.seen is not None:
            self.seen.scatter_(1, chosen[:, None], True)
        return chosen

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these rows only."""
        self.prompts = [self.prompts[row] for row in rows]
        self.random = [self.random[row] for row in rows]
        if self.seen is not None:
            self.seen = self.seen[torch.tensor(rows, device=self.seen.device)]

    def _penalized(self, logits: Float[Tensor, "B V"]) -> Float[Tensor, "B V"]:
        if self.seen is None:
            self.seen = torch.zeros_like(logits, dtype=torch.bool)
            for row, prompt in enumerate(self.prompts):
                self.seen[row, torch.tensor(prompt, device=logits.device)] = True
        return penalize_repetition(logits, self.seen, self.config.repetition_penalty)

    def _draw(self, logits: Float[Tensor, "B V"]) -> Int[Tensor, " B"]:
        """Invert the cumulative distribution at one uniform number a row."""
        uniform = torch.tensor([[stream.random()] for stream in self.random], dtype=torch.float64, device=logits.device)
        reached = logits.double().softmax(-1).cumsum(-1)
        drawn = torch.searchsorted(reached, uniform * reached[:, -1:], right=True).squeeze(1)
        # Rounding may put the number past the last allowed token, which is then the one meant.
        last = logits.shape[-1] - 1 - (logits > -torch.inf).flip(-1).int().argmax(-1)
        return torch.minimum(drawn, last)
