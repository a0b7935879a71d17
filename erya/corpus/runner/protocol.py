"""What a runner is, and how a running task tells its progress."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Runner(Protocol):
    """Runs one task on many items."""

    def map(
        self, task: Callable[[T], R], items: Sequence[T], title: str, sizes: Sequence[int], done: int = 0
    ) -> Iterator[R]:
        """The results in the order of the items, with a bar of `sizes` in bytes, `done` of which were done before.

        Raises: what the task raised on the first item, in their order, that it raised on; RunFailed when a process
        that ran it died.
        """


class Progress:
    """Where a process counts the bytes its tasks have done; a runner puts its own counter here."""

    def add(self, amount: int) -> None:
        """Count some bytes as done."""


_progress = Progress()


def progressed(amount: int) -> None:
    """Say, from within a task, that some bytes of its item are done."""
    _progress.add(amount)


def count_with(progress: Progress) -> Progress:
    """Count in `progress` from now on; gives what counted before."""
    global _progress
    before, _progress = _progress, progress
    return before
