"""SIGTERM and SIGINT as a wish to stop after the current step; a second signal stops at once."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_CODES = {signal.SIGTERM: 75, signal.SIGINT: 130}


class Stop:
    """Holds the first signal received, if any."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None

    def receive(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the handler's signature
        """Remember the first signal; at the second leave at once, without saving."""
        if self.signal is not None:
            os._exit(EXIT_CODES[signal.Signals(number)])
        self.signal = signal.Signals(number)

    @property
    def exit_code(self) -> int:
        """The exit code that tells which signal stopped the run."""
        assert self.signal is not None
        return EXIT_CODES[self.signal]


@contextmanager
def catching() -> Iterator[Stop]:
    """Catch both signals while the body runs (in the main thread, where alone Python allows it)."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop.receive) for number in EXIT_CODES}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
