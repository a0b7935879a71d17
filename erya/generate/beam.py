"""Beam search: the likeliest whole text, not the likeliest next token, among a few kept at each step.

In: a model with `begin` and `step`, and prompts of about one length. Out: the best texts for each, as `transformers`
finds them with the same number of beams and the same length penalty, token for token.
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


@dataclass(frozen=True)
class Copied:
    """What each text must hold, each piece once, such as signs for markup; pieces are bits of a number."""

    in_token: Int[Tensor, " V"]  # the pieces that each token holds
    wanted: Int[Tensor, " N"]  # the pieces of each prompt
    before: Int[Tensor, "N V"]  # the pieces that must have been written before each token

    def of(self, rows: Int[Tensor, " M"]) -> "Copied":
        """The same for some of the prompts."""
        return Copied(self.in_token, self.wanted[rows], self.before[rows])

    def demand(self, shares: Float[Tensor, "N beams V"], left: Int[Tensor, "N beams"], end_id: int) -> None:
        """Rule out tokens with pieces that are not left; where some are left, the likeliest takes the end's place."""
        held = self.in_token.nonzero().flatten()  # few of all tokens
        ruled_out = (self.in_token[held] & ~left[:, :, None]) | (self.before[:, None, held] & left[:, :, None])
        some = shares[:, :, held].masked_fill(ruled_out != 0, -torch.inf)
        owing = left != 0
        if owing.any():
            best, places = some.max(2, keepdim=True)
            ends = shares[:, :, end_id, None].masked_fill(~owing[:, :, None], -torch.inf)
            some.scatter_(2, places, torch.logaddexp(best, ends))
            shares[:, :, end_id].masked_fill_(owing, -torch.inf)
        shares[:, :, held] = some


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


@torch.inference_mode()
def beam_search(
    model: GenerativeModel,
    prompts: Sequence[Sequence[int]],
    end_id: int,
    forbidden: Sequence[int],
    config: BeamConfig,
    copied: Copied | None = None,
) -> list[list[Hypothesis]]:
    """The best texts for each prompt, best first, at most `num_beams`, each up to `end_id`, which its last token is.

    With `copied` those that hold what they must, unless the longest text allowed has no room for it.

    Source: Graves 2012, arXiv:1211.3711, algorithm 1; the length penalty and the rule to stop are `transformers`': a
    prompt is done when its worst kept text is better than the best running one would be at its present length.
    """
    beams, longest = config.num_beams, max(map(len, prompts))
    capacity = model.capacity(longest, config.max_new_tokens)
    most = capacity - model.capacity(longest, 0)
    state, logits = model.begin([list(prompt) for prompt in prompts], capacity)
    state.branch(beams)
    logits = logits.repeat_interleave(beams, dim=0)
    found: dict[int, list[Hypothesis]] = {}
    rows = torch.arange(len(prompts), device=logits.device)
    running = torch.full((len(prompts), beams), NEVER, device=logits.device)
    running[:, 0] = 0.0  # all beams are alike at first
    written = torch.full((len(prompts), beams, most), end_id, device=logits.device)
    kept = _Kept(written.clone(), torch.full_like(running, NEVER))
    left = torch.zeros_like(running, dtype=torch.int64) if copied is None else copied.wanted[:, None].repeat(1, beams)
    for length in range(1, most + 1):
        if length < most:
            shares = logits.log_softmax(-1).view(*running.shape, -1)
            shares[:, :, list(forbidden)] = -torch.inf
            if copied is not None:
                copied.demand(shares, left, end_id)
            scores, tokens, origins = _candidates(shares, running)
        else:
            scores, tokens, origins = _ends(running, end_id)
        texts = _gather(written, origins)
        texts[:, :, length - 1] = tokens
        ends = tokens == end_id
        finished = (scores / length**config.length_penalty).masked_fill(~ends, NEVER)[:, :beams]
        kept.add(texts[:, :beams], finished)
        running, chosen = scores.masked_fill(ends, NEVER).topk(beams)
        written = _gather(texts, chosen)
        if copied is not None:
            left = left.gather(1, origins.gather(1, chosen)) & ~copied.in_token[written[:, :, length - 1]]
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
            rows, running, written, left = rows[alive], running[alive], written[alive], left[alive]
            copied = copied and copied.of(alive)
            kept = _Kept(kept.tokens[alive], kept.scores[alive])
        if length + 1 < most:  # the last token is not chosen
            logits = model.step(state, written[:, :, length - 1].flatten())
    return [found[place] for place in range(len(prompts))]


def _candidates(
    shares: Float[Tensor, "N beams V"], running: Float[Tensor, "N beams"]
) -> tuple[Float[Tensor, "N two"], Int[Tensor, "N two"], Int[Tensor, "N two"]]:
    """The likeliest continuations of each prompt, twice as many as beams: scores, tokens, and which beam each is of.

    As at most every second of them ends, enough go on.
    """
    beams = running.shape[1]
    # The best of all are among the best of each beam, which are found without sorting the rest.
    best, tokens = shares.topk(min(2 * beams, shares.shape[2]))
    scores, places = (best + running[:, :, None]).flatten(1).topk(2 * beams)
    return scores, tokens.flatten(1).gather(1, places), places // best.shape[2]


def _ends(
    running: Float[Tensor, "N beams"], end_id: int
) -> tuple[Float[Tensor, "N beams"], Int[Tensor, "N beams"], Int[Tensor, "N beams"]]:
    """The same where every text has to end."""
    origins = torch.arange(running.shape[1], device=running.device).expand_as(running)
    return running, torch.full_like(origins, end_id), origins


def _gather(texts: Int[Tensor, "N some length"], places: Int[Tensor, "N other"]) -> Int[Tensor, "N other length"]:
    return texts.gather(1, places[:, :, None].expand(-1, -1, texts.shape[2]))


def _best(kept: _Kept, place: int, end_id: int) -> list[Hypothesis]:
    texts = zip(kept.tokens[place].tolist(), kept.scores[place].tolist(), strict=True)
    return [
        Hypothesis(tokens[: tokens.index(end_id)] if end_id in tokens else tokens, score)
        for tokens, score in texts
        if score > NEVER
    ]
