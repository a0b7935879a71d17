"""The rich side of progress: the one console on stderr and its bars. Imported only when stderr is a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn


@cache
def console() -> Console:
    """The one console all bars and lines share, so that a line never tears a bar."""
    return Console(stderr=True)


class _RichBar:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self.progress, self.task = progress, task

    def advance(self, amount: float = 1, text: str = "") -> None:
        if text:
            self.progress.update(self.task, advance=amount, text=text)
        else:
            self.progress.advance(self.task, amount)


@contextmanager
def rich_bar(description: str, total: float | None, unit: str, done: float) -> Iterator[_RichBar]:
    """A bar with percentage, elapsed time and ETA."""
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=28),
        TextColumn("{task.percentage:>3.0f}%" if total else "{task.completed:,.0f} " + unit),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[text]}"),
    )
    with Progress(*columns, console=console()) as progress:
        yield _RichBar(progress, progress.add_task(description, total=total, completed=int(done), text=""))
