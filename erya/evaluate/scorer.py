"""What every metric needs of a language model, neural or classical, and the scorer of Erya's own decoders.

In: texts as token ids without a leading end_of_text; each is scored from end_of_text on. Out: nats of every token,
exactly once. A text longer than the model's context is scored in windows that overlap: a window brings `context_length`
tokens, and only those no earlier window scored count.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

Nats = npt.NDArray[np.float64]
Ids = Sequence[int] | npt.NDArray[Any]
Advance = Callable[[int], None]
IGNORED = -100
BATCH_TOKENS = 8192


@dataclass(frozen=True)
class Ending:
    """What the last tokens of a text cost together, and whether each is the most probable one where it stands."""

    nats: float
    likeliest: bool


class Scorer(Protocol):
    """A language model over one tokenizer's ids."""

    name: str

    @property
    def signature(self) -> str:
        """How it scores: everything that changes a figure."""

    def nats(self, texts: Sequence[Ids], advance: Advance) -> list[Nats]:
        """-ln p of each token of each text; `advance` is told the tokens done."""

    def endings(self, texts: Sequence[Ids], last: Sequence[int], advance: Advance) -> list[Ending]:
        """The last tokens of each text, given all before them."""


class ScoringModel(Protocol):
    """What is asked of a decoder: nats per position of a batch, and the two halves of its logits."""

    config: Any

    @property
    def head_weight(self) -> torch.Tensor:
        """The matrix whose product with the hidden state is the logits."""

    def hidden(self, tokens: torch.Tensor) -> torch.Tensor:
        """The last hidden state of every position."""

    def token_losses(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Nats of every position's target, 0 where it is -100."""


@dataclass(frozen=True)
class Window:
    """Inputs `begin` to `end` of one text (end_of_text first), of which targets from `scored_from` count."""

    text: int
    begin: int
    scored_from: int
    end: int


def windows(lengths: Sequence[int], context_length: int, stride_tokens: int) -> Iterator[Window]:
    """Windows in which each of `length` targets of every text is scored exactly once."""
    for text, length in enumerate(lengths):
        scored, begin = 0, 0
        while scored < length:
            end = min(begin + context_length, length)
            yield Window(text, begin, scored, end)
            scored, begin = end, begin + stride_tokens


class ModelScorer:
    """Scores with a decoder, windows batched by length."""

    name = "model"

    def __init__(
        self, model: ScoringModel, end_of_text_id: int, device: torch.device, stride_tokens: int | None = None
    ) -> None:
        self.model, self.device, self.end_of_text_id = model, device, end_of_text_id
        self.context_length: int = model.config.context_length
        self.stride_tokens = stride_tokens or max(1, self.context_length // 2)
        assert self.stride_tokens <= self.context_length

    @property
    def signature(self) -> str:
        """Context and stride of the windows, and what the first token is conditioned on."""
        return f"context:{self.context_length}|stride:{self.stride_tokens}|bos:end_of_text"

    @torch.inference_mode()
    def nats(self, texts: Sequence[Ids], advance: Advance) -> list[Nats]:
        """-ln p of each token of each text."""
        found = [np.zeros(len(text)) for text in texts]
        plan = sorted(
            windows([len(text) for text in texts], self.context_length, self.stride_tokens),
            key=lambda window: window.begin - window.end,
        )
        for batch in self._batches(plan):
            tensors = self._tensors(batch, texts)
            losses = self.model.token_losses(tensors).double().cpu().numpy()
            for row, window in zip(losses, batch, strict=True):
                found[window.text][window.scored_from : window.end] = row[
                    window.scored_from - window.begin : window.end - window.begin
                ]
            advance(sum(window.end - window.scored_from for window in batch))
        return found

    @torch.inference_mode()
    def endings(self, texts: Sequence[Ids], last: Sequence[int], advance: Advance) -> list[Ending]:
        """The last tokens of each text, given what of it fits in the context; the head sees no other position."""
        found = [Ending(0.0, True)] * len(texts)
        begins = [max(0, len(text) - self.context_length) for text in texts]
        plan = [Window(i, begins[i], max(begins[i], len(it) - last[i]), len(it)) for i, it in enumerate(texts)]
        plan.sort(key=lambda window: window.begin - window.end)
        for batch in self._batches(plan):
            tensors = self._tensors(batch, texts)
            asked = tensors["targets"] != IGNORED
            targets = tensors["targets"][asked]
            logits = F.linear(self.model.hidden(tensors["tokens"])[asked], self.model.head_weight).float()
            counts = asked.sum(1).tolist()
            nats = F.cross_entropy(logits, targets, reduction="none").double().split(counts)
            right = (logits.argmax(-1) == targets).split(counts)
            for window, row_nats, row_right in zip(batch, nats, right, strict=True):
                found[window.text] = Ending(float(row_nats.sum()), bool(row_right.all()))
            advance(sum(window.end - window.begin for window in batch))
        return found

    def _batches(self, plan: Sequence[Window]) -> Iterator[list[Window]]:
        """Neighbours of a plan sorted longest first, at most BATCH_TOKENS positions together."""
        start = 0
        while start < len(plan):
            rows = max(1, BATCH_TOKENS // max(1, plan[start].end - plan[start].begin))
            yield list(plan[start : start + rows])
            start += rows

    def _tensors(self, batch: Sequence[Window], texts: Sequence[Ids]) -> dict[str, torch.Tensor]:
        width = batch[0].end - batch[0].begin
        tokens = np.full((len(batch), width), self.end_of_text_id, dtype=np.int64)
        targets = np.full((len(batch), width), IGNORED, dtype=np.int64)
        for row, window in enumerate(batch):
            ids = np.asarray(texts[window.text][max(0, window.begin - 1) : window.end], dtype=np.int64)
            sequence = ids if window.begin else np.concatenate([[self.end_of_text_id], ids])
            length = window.end - window.begin
            tokens[row, :length], targets[row, :length] = sequence[:-1], sequence[1:]
            targets[row, : window.scored_from - window.begin] = IGNORED
        return {
            "tokens": torch.from_numpy(tokens).to(self.device),
            "targets": torch.from_numpy(targets).to(self.device),
        }
