"""What a person sees while work goes on: bars with ETA on a terminal, plain lines elsewhere, all on stderr."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

T = TypeVar("T")
LINE_SECONDS = 15.0


class Bar(Protocol):
    """A running piece of work that can be advanced, with an optional short text beside it."""

    def advance(self, amount: float = 1, text: str = "") -> None:
        """Add to what is done."""


def say(message: str) -> None:
    """One line on stderr, above any running bar."""
    if sys.stderr.isatty():
        from erya.core import terminal

        terminal.console().print(message, markup=False, highlight=False)
    else:
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()


def warn(message: str) -> None:
    """A warning that does not stop the work."""
    say(f"warning: {message}")


class _Lines:
    """The bar of a log file: one line every 15 seconds."""

    def __init__(self, description: str, total: float | None, unit: str, done: float) -> None:
        self.description, self.total, self.unit = description, total, unit
        self.done = self.first = done
        self.start = self.last = time.monotonic()

    def advance(self, amount: float = 1, text: str = "") -> None:
        self.done += amount
        now = time.monotonic()
        if now - self.last >= LINE_SECONDS:
            self.last = now
            say(self._line(now - self.start, text))

    def _line(self, seconds: float, text: str) -> str:
        rate = (self.done - self.first) / seconds
        line = f"{self.description}: {self.done:,.0f}"
        if self.total:
            line += f"/{self.total:,.0f} {self.unit} ({self.done / self.total:.0%})"
            line += f", {duration(max(0.0, self.total - self.done) / rate)} left" if rate > 0 else ""
        else:
            line += f" {self.unit}"
        return f"{line}  {text}".rstrip()


def duration(seconds: float) -> str:
    """Minutes and seconds, with hours where there are any."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@contextmanager
def bar(description: str, total: float | None = None, unit: str = "items", done: float = 0) -> Iterator[Bar]:
    """A progress bar on stderr; `total` None means the length is unknown."""
    if not sys.stderr.isatty():
        yield _Lines(description, total, unit, done)
        return
    from erya.core import terminal

    with terminal.rich_bar(description, total, unit, done) as running:
        yield running


def track(
    items: Iterable[T],
    description: str,
    total: float | None = None,
    unit: str = "items",
    amount: Callable[[T], float] = lambda _: 1,
) -> Iterator[T]:
    """Yield the items with a bar that advances by the `amount` of each."""
    with bar(description, total, unit) as running:
        for item in items:
            yield item
            running.advance(amount(item))
