"""Beam search: the likeliest whole text, not the likeliest next token, among a few kept at each step.

In: a model with `begin` and `step`, and prompts of about one length. Out: the best text for each, as `transformers`
finds it with the same number of beams and the same length penalty, token for token.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from erya.core.config import Section
from erya.generate.engine import GenerativeModel

NEVER = -1.0e9  # a score no text has


class BeamConfig(Section):
    """How the best text is searched."""

    num_beams: int = Field(
        default=4, ge=1, description="Texts kept at each step; 1 takes the likeliest token each time."
    )
    length_penalty: float = Field(
        default=1.0,
        description="A finished text's log-probability is divided by its length to this power.",
    )
    max_new_tokens: int = Field(default=128, ge=1, description="Most tokens to write.")


@dataclass(frozen=True)
class Hypothesis:
    """A text found, without the token that ends it, and its score: log-probability over length to the penalty."""

    tokens: list[int]
    score: float


@dataclass
class _Kept:
    """The finished texts of each prompt, best first: tokens with their end [N, beams, length], and scores."""

    tokens: Int[Tensor, "N beams length"]
    scores: Float[Tensor, "N beams"]

    def add(self, tokens: Int[Tensor, "N more length"], scores: Float[Tensor, "N more"]) -> None:
        """Take in further texts, and keep the best."""
        width = self.scores.shape[1]
        merged, tokens = torch.cat((self.scores, scores), 1), torch.cat((self.tokens, tokens), 1)
        self.scores, best = merged.topk(width)
        self.tokens = _gather(tokens, best)


@torch.no_grad()  # what is compiled takes no tensor of inference mode
def beam_search(
    model: GenerativeModel, prompts: Sequence[Sequence[int]], end_id: int, forbidden: Sequence[int], config: BeamConfig
) -> list[Hypothesis]:
    """The best text for each prompt; it ends with `end_id`, which the last token is made to be.

    Source: Graves 2012, arXiv:1211.3711, algorithm 1; the length penalty and the rule to stop are `transformers`': a
    prompt is done when its worst kept text is better than the best running one would be at its present length.
    """
    beams, longest = config.num_beams, max(map(len, prompts))
    capacity = model.capacity(longest, config.max_new_tokens)
    most = capacity - model.capacity(longest, 0)
    state, logits = model.begin([list(prompt) for prompt in prompts], capacity)
    state.branch(beams)
    logits = logits.repeat_interleave(beams, dim=0)
    found: dict[int, Hypothesis] = {}
    rows = torch.arange(len(prompts), device=logits.device)
    running = torch.full((len(prompts), beams), NEVER, device=logits.device)
    running[:, 0] = 0.0  # all beams are alike at first
    written = torch.full((len(prompts), beams, most), end_id, device=logits.device)
    kept = _Kept(written.clone(), torch.full_like(running, NEVER))
    for length in range(1, most + 1):
        scores, tokens, origins = _candidates(logits, running, forbidden) if length < most else _ends(running, end_id)
        texts = _gather(written, origins)
        texts[:, :, length - 1] = tokens
        ends = tokens == end_id
        finished = (scores / length**config.length_penalty).masked_fill(~ends, NEVER)[:, :beams]
        kept.add(texts[:, :beams], finished)
        running, chosen = scores.masked_fill(ends, NEVER).topk(beams)
        written = _gather(texts, chosen)
        best_possible = running[:, 0] / length**config.length_penalty
        done = (best_possible <= kept.scores[:, -1]) | (length == most)
        for place in done.nonzero().flatten().tolist():
            found[int(rows[place])] = _best(kept, place, end_id)
        alive = (~done).nonzero().flatten()
        if not len(alive):
            break
        state.follow(origins.gather(1, chosen))
        if len(alive) < len(rows):
            state.select(alive)
            rows, running, written = rows[alive], running[alive], written[alive]
            kept = _Kept(kept.tokens[alive], kept.scores[alive])
        if length + 1 < most:  # the last token is not chosen
            logits = model.step(state, written[:, :, length - 1].flatten())
    return [found[place] for place in range(len(prompts))]


def _candidates(
    logits: Float[Tensor, "rows V"], running: Float[Tensor, "N beams"], forbidden: Sequence[int]
) -> tuple[Float[Tensor, "N two"], Int[Tensor, "N two"], Int[Tensor, "N two"]]:
    """The likeliest continuations of each prompt, twice as many as beams: scores, tokens, and which beam each is of.

    As at most every second of them ends, enough go on.
    """
    beams = running.shape[1]
    shares = logits.log_softmax(-1)
    for token in forbidden:
        shares[:, token] = -torch.inf
    # The best of all are among the best of each beam, which are found without sorting the rest.
    best, tokens = shares.topk(min(2 * beams, shares.shape[1]))
    scores = (best.view(*running.shape, -1) + running[:, :, None]).flatten(1)
    scores, places = scores.topk(2 * beams)
    return scores, tokens.view(len(running), -1).gather(1, places), places // best.shape[1]


def _ends(
    running: Float[Tensor, "N beams"], end_id: int
) -> tuple[Float[Tensor, "N beams"], Int[Tensor, "N beams"], Int[Tensor, "N beams"]]:
    """The same where every text has to end."""
    origins = torch.arange(running.shape[1], device=running.device).expand_as(running)
    return running, torch.full_like(origins, end_id), origins


def _gather(texts: Int[Tensor, "N some length"], places: Int[Tensor, "N other"]) -> Int[Tensor, "N other length"]:
    return texts.gather(1, places[:, :, None].expand(-1, -1, texts.shape[2]))


def _best(kept: _Kept, place: int, end_id: int) -> Hypothesis:
    tokens = kept.tokens[place, 0].tolist()
    return Hypothesis(tokens[: tokens.index(end_id)] if end_id in tokens else tokens, float(kept.scores[place, 0]))
