"""Tasks in this process, or in several on this machine.

The processes are spawned, so nothing of this one's state reaches them. They leave an interrupt to this process, and
end by themselves when it dies, however it dies.
"""

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from erya.core.errors import RunFailed
from erya.core.progress import Bar, bar
from erya.corpus.runner.protocol import Progress, R, T, count_with

_LOOK_SECONDS = 0.5


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _OnBar(Progress):
    def __init__(self, running: Bar) -> None:
        self.running = running

    def add(self, amount: int) -> None:
        self.running.advance(amount)


class _Shared(Progress):
    """A counter that this process reads while others add to it."""

    def __init__(self, counter: Any) -> None:
        self.counter, self.shown = counter, 0

    def add(self, amount: int) -> None:
        with self.counter.get_lock():
            self.counter.value += amount

    def show(self, running: Bar) -> None:
        now = self.counter.value
        running.advance(now - self.shown)
        self.shown = now


@dataclass(eq=False)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    item: int | None = None  # the number of the item it works on


class LocalRunner:
    """Runs tasks in so many processes of this machine; one means this process itself."""

    def __init__(self, processes: int = 1) -> None:
        self.processes = processes

    def map(
        self, task: Callable[[T], R], items: Sequence[T], title: str, sizes: Sequence[int], done: int = 0
    ) -> Iterator[R]:
        """The results in the order of the items."""
        count = min(self.processes, len(items))
        with bar(title, sum(sizes) + done, "bytes", done) as running:
            if count > 1:
                with _Pool(task, count, running) as pool:
                    yield from pool.run(items)
                return
            before = count_with(_OnBar(running))
            try:
                for item in items:
                    yield task(item)
            finally:
                count_with(before)


class _Pool:
    """Processes that wait for items of one task."""

    def __init__(self, task: Callable[[Any], Any], count: int, running: Bar) -> None:
        context = multiprocessing.get_context("spawn")
        self.running = running
        self.progress = _Shared(context.Value("q", 0))
        self.workers: list[_Worker] = []
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, task, self.progress.counter), daemon=True)
            process.start()
            theirs.close()
            self.workers.append(_Worker(process, ours))

    def __enter__(self) -> "_Pool":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            worker.process.join()
            worker.pipe.close()

    def run(self, items: Sequence[Any]) -> Iterator[Any]:
        """The results in order. After a failure no item is begun, and those before it are still waited for."""
        results: dict[int, tuple[bool, Any]] = {}
        waiting = iter(range(len(items)))
        for worker in self.workers:
            self._give(worker, items, waiting)
        for number in range(len(items)):
            while number not in results:
                for worker in self._ready():
                    results |= self._take(worker)
                    if not all(fine for fine, _ in results.values()):
                        waiting = iter(())
                    self._give(worker, items, waiting)
            fine, result = results.pop(number)
            if not fine:
                raise result
            yield result

    def _give(self, worker: _Worker, items: Sequence[Any], waiting: Iterator[int]) -> None:
        worker.item = next(waiting, None)
        if worker.item is not None:
            worker.pipe.send((worker.item, items[worker.item]))

    def _ready(self) -> list[_Worker]:
        busy = {worker.pipe: worker for worker in self.workers if worker.item is not None}
        ready = wait(list(busy), _LOOK_SECONDS)
        self.progress.show(self.running)
        return [busy[pipe] for pipe in ready if isinstance(pipe, Connection)]

    def _take(self, worker: _Worker) -> dict[int, tuple[bool, Any]]:
        try:
            number, fine, result = worker.pipe.recv()
        except (EOFError, ConnectionResetError):
            worker.process.join()
            raise RunFailed(_died(worker.process.exitcode)) from None
        return {number: (fine, result)}


def _died(code: int | None) -> str:
    killed = code is not None and code < 0
    how = f"was killed by {signal.Signals(-code).name}" if killed and code else f"ended with exit code {code}"
    reason = ", as the system does when memory runs out; use fewer --processes" if code == -signal.SIGKILL else ""
    return f"a process of the build {how}{reason}; run the same command again to go on"


def _work(pipe: Connection, task: Callable[[Any], Any], counter: Any) -> None:
    """The life of a process: take an item, give its result, until there is no one to ask."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    count_with(_Shared(counter))
    while True:
        try:
            number, item = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((number, True, task(item)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told where it can be seen
            error.add_note(traceback.format_exc())
            pipe.send((number, False, error))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
