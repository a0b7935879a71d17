"""Text in, text out: what commands and hooks use, with prompts as text and a tokenizer at hand."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from erya.core.errors import UserError
from erya.generate.engine import Completion, Engine, Event, GenerationConfig, GenerativeModel, Vocabulary


class TextTokenizer(Vocabulary, Protocol):
    """A tokenizer that reads text as well."""

    def encode(self, text: str) -> list[int]:
        """The ids of a text."""

    def decode(self, ids: Sequence[int]) -> str:
        """The text of some ids, control tokens left out."""


class Writer:
    """Continues texts with one model; each begins, as documents do in training, after end_of_text."""

    def __init__(self, model: GenerativeModel, tokenizer: TextTokenizer) -> None:
        self.tokenizer = tokenizer
        self.context_length: int = model.config.context_length
        self.engine = Engine(model, tokenizer)

    def ids(self, prompt: str) -> list[int]:
        """The prompt as the model reads it."""
        return [self.tokenizer.end_of_text_id, *self.tokenizer.encode(prompt)]

    def complete(self, prompts: Sequence[str], config: GenerationConfig) -> list[Completion]:
        """One completion for each prompt."""
        return self.engine.complete([self.ids(prompt) for prompt in prompts], config)

    def stream(self, prompts: Sequence[str], config: GenerationConfig) -> Iterator[Event]:
        """Text as it becomes final."""
        return self.engine.stream([self.ids(prompt) for prompt in prompts], config)

    def latest(self, text: str, config: GenerationConfig) -> tuple[list[int], bool]:
        """The end of a long text that leaves room for `max_new_tokens`, and whether anything had to go.

        Raises: UserError when the model's context has no room for so many new tokens.
        """
        room = self.context_length - config.max_new_tokens
        if room < 1:
            raise UserError(
                f"max_new_tokens: got {config.max_new_tokens:,}; the model reads {self.context_length:,} tokens, "
                f"the prompt included, so at most {self.context_length - 1:,}"
            )
        ids = self.ids(text)
        return ids[-room:], len(ids) > room
