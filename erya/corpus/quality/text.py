"""A text as the rules look at it: its lines, words and characters, each found once."""

from functools import cached_property


class Text:
    """One view of a text for all rules."""

    def __init__(self, text: str, language: str | None) -> None:
        self.text = text
        self.language = language

    @cached_property
    def lines(self) -> list[str]:
        """The lines that hold something."""
        return [line for line in self.text.split("\n") if line.strip()]
