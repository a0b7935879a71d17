"""Tasks on all nodes of a Ray cluster, which see the inputs and the output at the same paths.

A task that a dead node took with it is run again on another. Results come back in order, so nothing tells who did what.
"""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from erya.core.errors import RunFailed, UserError
from erya.core.progress import bar, say
from erya.corpus.runner.protocol import R, T

AHEAD = 3  # tasks for each core that wait or run, so that no core is idle and little is kept in order to be given
RETRIES = 8  # of a task whose node or process died


class RayRunner:
    """Runs tasks on a Ray cluster: `auto` is the one this machine is a node of; otherwise its address."""

    def __init__(self, address: str) -> None:
        self.ray = _connected(address)
        cores = int(self.ray.cluster_resources().get("CPU", 0))
        nodes = sum(node["Alive"] for node in self.ray.nodes())
        say(f"Ray cluster: {nodes} node{'s' * (nodes != 1)}, {cores} cores")

    def map(
        self, task: Callable[[T], R], items: Sequence[T], title: str, sizes: Sequence[int], done: int = 0
    ) -> Iterator[R]:
        """The results in the order of the items."""
        shared, folder = self.ray.put(task), str(Path.cwd())
        call = self.ray.remote(num_cpus=1, max_retries=RETRIES)(_call)
        running: dict[Any, int] = {}  # what will hold a result, and the number of its item
        results: dict[int, Any] = {}
        waiting = iter(range(len(items)))
        with bar(title, sum(sizes) + done, "bytes", done) as progress:
            for number in range(len(items)):
                while number not in results:
                    for ahead in islice(waiting, max(0, self._room() - len(running))):
                        running[call.remote(shared, items[ahead], folder)] = ahead
                    ready, _ = self.ray.wait(list(running), num_returns=1, timeout=5)
                    for reference in ready:
                        finished = running.pop(reference)
                        results[finished] = reference
                        progress.advance(sizes[finished])
                yield self._result(results.pop(number), running)

    def _room(self) -> int:
        return AHEAD * max(1, int(self.ray.cluster_resources().get("CPU", 1)))

    def _result(self, reference: Any, running: dict[Any, int]) -> Any:
        try:
            return self.ray.get(reference)
        except self.ray.exceptions.RayTaskError as error:
            for other in running:
                self.ray.cancel(other)
            raise error.cause from None
        except self.ray.exceptions.RayError as error:
            reason = str(error).strip().partition("\n")[0][:200]
            raise RunFailed(
                f"the cluster lost a task {RETRIES + 1} times ({reason}); run the same command again to go on"
            ) from None


def _call(task: Callable[[Any], Any], item: Any, folder: str) -> Any:
    os.chdir(folder)  # paths may be relative to where the build was begun
    return task(item)


def _connected(address: str) -> Any:
    try:
        import ray
    except ImportError:
        raise UserError("--cluster needs Ray, which is not installed: pip install 'erya[cluster]'") from None
    if not ray.is_initialized():
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise UserError(
                f"--cluster {address}: no Ray cluster there ({reason}); start one with `ray start --head`, or give the"
                " address it printed"
            ) from None
    return ray
