"""The folder beside the output in which a build keeps what is done, so that it goes on where it was killed.

Each item of a stage is a folder that appears whole, by one rename: its files, and `result.json` with their sizes and
the result. What an item's task writes before that is under another name and is thrown away. The folder serves only the
build it was begun by: one with the same inputs, options and recipe.
"""

import fcntl
import os
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from erya.core.errors import RunFailed, UserError
from erya.core.progress import say
from erya.core.storage import disk_errors, fsync_path, read_json, sha256_json, write_json
from erya.corpus.runner.protocol import Runner, T

RESULT = "result.json"
Result = dict[str, Any]


@dataclass(frozen=True)
class Work:
    """An open work folder."""

    path: Path

    def run(
        self, runner: Runner, stage: str, task: Callable[[T, Path], Result], items: Sequence[T], sizes: Sequence[int]
    ) -> list[Result]:
        """The result of a task on every item, in order; an item that was done before is not done again.

        The task writes its files into the folder it is given.
        """
        folder = self.path / stage
        folder.mkdir(exist_ok=True)
        for unfinished in folder.glob(".*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        results = [read_result(self.item(stage, number)) for number in range(len(items))]
        left = [number for number, result in enumerate(results) if result is None]
        numbered = [(number, items[number]) for number in left]
        done = sum(sizes) - sum(sizes[number] for number in left)
        title = stage.capitalize()
        for number, result in zip(
            left, runner.map(_Kept(folder, task), numbered, title, [sizes[it] for it in left], done), strict=True
        ):
            results[number] = result
        return [result for result in results if result is not None]

    def new_item(self, stage: str, number: int) -> Path:
        """An empty folder for an item that is not run as a task."""
        folder = self.item(stage, number)
        folder.mkdir(parents=True)
        return folder

    def item(self, stage: str, number: int) -> Path:
        """The folder of a finished item."""
        return self.path / stage / f"{number:05}"


@dataclass(frozen=True)
class _Kept(Generic[T]):
    """A task whose files and result appear in `folder` under the item's number as one act."""

    folder: Path
    task: Callable[[T, Path], Result]

    def __call__(self, numbered: tuple[int, T]) -> Result:
        number, item = numbered
        own = self.folder / f".{number:05}-{socket.gethostname()}-{os.getpid()}"
        with disk_errors(own):
            own.mkdir(exist_ok=True)
            result = self.task(item, own)
            files = sorted(own.iterdir())
            for file in files:
                fsync_path(file)
            write_json(own / RESULT, {"files": {file.name: file.stat().st_size for file in files}, "result": result})
            return _publish(own, self.folder / f"{number:05}", result)


def _publish(own: Path, final: Path, result: Result) -> Result:
    if read_result(final) is None:
        shutil.rmtree(final, ignore_errors=True)
        try:
            own.rename(final)
        except OSError:
            if read_result(final) is None:  # otherwise another process was faster, with the same bytes
                raise
        fsync_path(final.parent)
    shutil.rmtree(own, ignore_errors=True)
    return result


def read_result(folder: Path) -> Result | None:
    """What a finished item gave; None when it is not finished or a file of it is gone."""
    if not (folder / RESULT).is_file():
        return None
    try:
        done = read_json(folder / RESULT)
        if all((folder / name).stat().st_size == size for name, size in done["files"].items()):
            result: Result = done["result"]
            return result
    except (OSError, UserError, KeyError):
        pass
    return None


def work_path(out: Path) -> Path:
    """Where the work folder of an output stands."""
    return out.with_name(f".{out.name}.work")


def discard_work(out: Path) -> None:
    """Remove the work folder of an output that is done."""
    shutil.rmtree(work_path(out), ignore_errors=True)


@contextmanager
def working(out: Path, identity: Mapping[str, Any]) -> Iterator[Work]:
    """The work folder for an output. It goes when the build is done or its input is refused, and stays otherwise.

    Raises: RunFailed when another build uses it.
    """
    path = work_path(out)
    with disk_errors(out):
        path.mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunFailed(f"{out}: another build is writing it; wait for it, or choose another --out") from None
        except OSError:
            pass  # a file system without locks
        with disk_errors(out):
            _begin(path, out, identity)
        try:
            yield Work(path)
        except RunFailed:
            raise
        except UserError:
            shutil.rmtree(path, ignore_errors=True)
            raise
        except KeyboardInterrupt:
            say(f"{out}: interrupted; run the same command again to go on where it was")
            raise
        shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(lock)


def _begin(path: Path, out: Path, identity: Mapping[str, Any]) -> None:
    """Make sure that what the folder holds is of this build."""
    known = path / "build.json"
    try:
        same = read_json(known) == {"sha256": sha256_json(dict(identity))}
    except UserError:
        same = False
    rest = [entry for entry in path.iterdir() if entry != known]
    if not same:
        if rest:
            say(f"{out}: an unfinished build of other inputs or options is thrown away; starting afresh")
        for entry in rest:
            shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)
        write_json(known, {"sha256": sha256_json(dict(identity))})
    elif rest:
        say(f"{out}: going on with an unfinished build")
