"""Kills a build at random moments, runs it again until it is done, and compares the bytes with an undisturbed one.

As a program: `python -m tests.corpus.kill_and_continue 30` kills so many times and prints where each kill came.
"""

import hashlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from erya.corpus.work import RESULT, work_path
from tests.corpus.dumps import packed, pages

BUILD = """
import sys
from pathlib import Path
from erya.corpus import assemble
from erya.corpus.build import BuildOptions, build_corpus
from erya.corpus.runner import LocalRunner
if __name__ == "__main__":
    out = Path(sys.argv[1])
    assemble.SHARD_CHARACTERS = 200_000
    build_corpus([out.with_name("d.xml.bz2")], out, BuildOptions(part_bytes=20_000), LocalRunner(int(sys.argv[2])))
"""


def build(out: Path, processes: int) -> subprocess.Popen[str]:
    """A build in a process of its own, of many small parts and shards."""
    script = out.with_name("build.py")
    script.write_text(BUILD)
    return subprocess.Popen([sys.executable, script, str(out), str(processes)], stderr=subprocess.PIPE, text=True)


def bytes_of(corpus: Path) -> dict[str, str]:
    """The sha256 of every file of a corpus but its manifest, which tells the time."""
    files = (path for path in sorted(corpus.rglob("*")) if path.is_file() and path.name != "manifest.json")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def done(out: Path) -> tuple[str, int]:
    """How far a build has come: its stage and how many items of it are done."""
    if (out / "manifest.json").exists():
        return "finished", 1
    for name in ("writing", "reading"):
        count = len(list(work_path(out).glob(f"{name}/*/{RESULT}")))
        if count:
            return name, count
    return "starting", 0


def run_killed(out: Path, kills: int, processes: int, draw: random.Random) -> Counter[str]:
    """Build with so many kills, each after some more items were done; how many came in which stage."""
    places: Counter[str] = Counter()
    while places.total() < kills:
        running = build(out, processes)
        before, more = done(out), draw.randint(1, 12)
        while running.poll() is None:
            stage, count = done(out)
            if stage != before[0] or count >= before[1] + more:
                break
            time.sleep(0.002)
        time.sleep(draw.uniform(0, 0.1))
        running.send_signal(signal.SIGKILL)
        running.communicate()
        stage = done(out)[0]
        if stage == "finished":
            shutil.rmtree(out)  # the kill came too late: once more from the beginning
        else:
            places[stage] += 1
    running = build(out, processes)
    _, error = running.communicate()
    assert running.returncode == 0, error
    return places


def check(folder: Path, kills: int, page_count: int, processes: int) -> Counter[str]:
    """Kill, continue and compare; how many kills came in which stage."""
    (folder / "d.xml.bz2").write_bytes(packed("single", pages(page_count)))
    undisturbed = build(folder / "undisturbed", 1)
    _, error = undisturbed.communicate()
    assert undisturbed.returncode == 0, error
    places = run_killed(folder / "corpus", kills, processes, random.Random(0))
    assert bytes_of(folder / "corpus") == bytes_of(folder / "undisturbed")
    return places


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        stages = dict(check(Path(temporary), int(sys.argv[1]), 2_000, processes=2))
        sys.stdout.write(f"the bytes are equal after kills in these stages: {stages}\n")
