"""The engine: schedule prompts into batches, run the model, turn its tokens into text that may be shown.

In: a model with `begin` and `step`, its tokenizer, prompts as token ids. Out: pieces of text as they become final, and
for each prompt a completion. Rows end on their own, and a row that has ended costs nothing more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import torch
from pydantic import Field
from torch import Tensor

from erya.core.errors import UserError
from erya.generate.sampling import Sampler, SamplingConfig
from erya.generate.stopping import TextStream

MOST_ROWS = 16


class GenerationConfig(SamplingConfig):
    """How text is written: the choice of tokens, and when to stop."""

    max_new_tokens: int = Field(default=128, ge=1, description="Most tokens to write after the prompt.")
    stop: tuple[str, ...] = Field(default=(), description="Texts that end the writing; they are not shown.")
    stop_at_end_of_text: bool = Field(default=True, description="End where the model says the document ends.")


class RunningState(Protocol):
    """What a model remembers of the rows it writes."""

    def select(self, rows: Tensor) -> None:
        """Keep these rows, in this order."""

    def branch(self, width: int) -> None:
        """Let every row go on in `width` ways, whose tokens then stand beside one another."""

    def follow(self, ways: Tensor) -> None:
        """Go on from these ways of each row."""


class GenerativeModel(Protocol):
    """What the engine asks of a model."""

    config: Any

    def capacity(self, prompt_tokens: int, new_tokens: int) -> int:
        """The room a row needs to write so many tokens, as far as the context allows."""

    def begin(self, prompts: list[list[int]], capacity: int) -> tuple[Any, Tensor]:
        """Read the prompts, with room for `capacity` tokens a row; the logits after each."""

    def step(self, state: Any, tokens: Tensor) -> Tensor:
        """Append a token to every row; the logits after it."""


class Vocabulary(Protocol):
    """What the engine asks of a tokenizer."""

    end_of_text_id: int
    special: dict[str, int]

    def token_bytes(self, id_: int) -> bytes:
        """The bytes of a token."""


@dataclass(frozen=True)
class Completion:
    """What was written after one prompt, and why it ended."""

    text: str
    tokens: list[int]
    prompt_tokens: int
    finish_reason: Literal["stop", "length"]


@dataclass(frozen=True)
class Event:
    """A piece of text of the prompt at `index`; the last one of a prompt brings its completion."""

    index: int
    text: str
    completion: Completion | None = None


@dataclass
class _Row:
    """One prompt on its way."""

    index: int
    prompt: list[int]
    room: int
    stream: TextStream
    tokens: list[int] = field(default_factory=list)


class Engine:
    """Writes text with one model."""

    def __init__(self, model: GenerativeModel, vocabulary: Vocabulary, most_rows: int = MOST_ROWS) -> None:
        self.model, self.vocabulary, self.most_rows = model, vocabulary, most_rows
        self._hidden = frozenset(vocabulary.special.values())

    def complete(self, prompts: Sequence[Sequence[int]], config: GenerationConfig) -> list[Completion]:
        """One completion for each prompt, in their order."""
        found = {event.index: event.completion for event in self.stream(prompts, config) if event.completion}
        return [found[index] for index in range(len(prompts))]

    def stream(self, prompts: Sequence[Sequence[int]], config: GenerationConfig) -> Iterator[Event]:
        """Text as it becomes final; prompt i draws from random stream i, whatever stands beside it.

        Raises: UserError for a prompt that leaves no room in the model's context.
        """
        for batch in self._schedule(prompts, config):
            yield from self._run(batch, config)

    def _schedule(self, prompts: Sequence[Sequence[int]], config: GenerationConfig) -> list[list[_Row]]:
        """Rows in batches of like length, so that little of a batch is padding."""
        context = self.model.config.context_length
        rows = []
        for index, prompt in enumerate(prompts):
            ids = list(prompt) or [self.vocabulary.end_of_text_id]
            if len(ids) >= context:
                raise UserError(
                    f"prompt {index + 1} has {len(ids):,} tokens and the model reads at most {context:,}, "
                    f"what it writes included; keep the last {context - 1:,} or fewer"
                )
            room = min(config.max_new_tokens, context - len(ids))
            rows.append(_Row(index, ids, room, TextStream(config.stop)))
        rows.sort(key=lambda row: len(row.prompt))
        return [rows[start : start + self.most_rows] for start in range(0, len(rows), self.most_rows)]

    def _run(self, rows: list[_Row], config: GenerationConfig) -> Iterator[Event]:
        prompts = [row.prompt for row in rows]
        capacity = self.model.capacity(max(map(len, prompts)), max(row.room for row in rows))
        state, logits = self.model.begin(prompts, capacity)
        sampler = Sampler(config, prompts, [row.index for row in rows])
        while True:
            with torch.inference_mode():  # not around the yield below: it would leak into the caller
                chosen = sampler.next(logits)
            events = [self._postprocess(row, token, config) for row, token in zip(rows, chosen.tolist(), strict=True)]
            running = [place for place, event in enumerate(events) if event.completion is None]
            yield from (event for event in events if event.text or event.completion)
            if not running:
                return
            with torch.inference_mode():
                if len(running) < len(rows):
                    kept = torch.tensor(running, device=chosen.device)
                    state.select(kept)
                    sampler.select(running)
                    rows, chosen = [rows[place] for place in running], chosen[kept]
                logits = self.model.step(state, chosen)

    def _postprocess(self, row: _Row, token: int, config: GenerationConfig) -> Event:
        """Take one token into a row: the text it makes final, and whether the row has ended."""
        row.tokens.append(token)
        if token == self.vocabulary.end_of_text_id and config.stop_at_end_of_text:
            return self._finish(row, "", "stop")
        text = "" if token in self._hidden else row.stream.push(self.vocabulary.token_bytes(token))
        if row.stream.stopped_by is not None:
            return self._finish(row, text, "stop")
        if len(row.tokens) == row.room:
            return self._finish(row, text, "length")
        return Event(row.index, text)

    def _finish(self, row: _Row, text: str, reason: Literal["stop", "length"]) -> Event:
        text += row.stream.finish()
        return Event(row.index, text, Completion(row.stream.text, row.tokens, len(row.prompt), reason))
