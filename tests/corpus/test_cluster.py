"""A Ray cluster gives the bytes of one process: two nodes on this machine, one of them killed mid-way."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from erya.cli import run
from erya.corpus.work import RESULT, work_path
from tests.corpus.dumps import packed, pages
from tests.corpus.kill_and_continue import bytes_of

OPTIONS = ["--near-duplicates", "--rules", "wiki", "--templates", "dump", "part_bytes=20000"]
# A node that dies is noticed in seconds; nothing is reported to Ray's makers.
QUICK = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_failure_threshold": "3",
}


@contextmanager
def node(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A node with one core; it and all its processes are killed in the end."""
    size = ["--num-cpus=1", "--object-store-memory=80000000"]
    command = [str(Path(sys.executable).with_name("ray")), "start", "--block", *size, *arguments]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, env=os.environ | QUICK)
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for_nodes(address: str, count: int) -> None:
    command = f"import ray; ray.init(address='{address}', logging_level=40); print(len(ray.nodes()))"
    until = time.monotonic() + 90
    while time.monotonic() < until:
        found = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True)
        if found.stdout.strip() == str(count):
            return
        time.sleep(1)
    raise AssertionError(f"the cluster did not come up: {found.stderr[-500:]}")


@pytest.mark.cluster
@pytest.mark.timeout(600)
def test_a_cluster_that_loses_a_node_gives_the_bytes_of_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray")
    body = pages(1_500)
    for number in range(700, 800):  # near-duplicates, in other parts
        body[number] = body[number - 690].replace("Titel", "Ein Titel")
    (tmp_path / "d.xml.bz2").write_bytes(packed("single", body))
    monkeypatch.chdir(tmp_path)
    command = ["corpus", "build", "d.xml.bz2", *OPTIONS]
    assert run([*command, "--out", str(tmp_path / "local"), "--processes", "1"]) == 0
    out = tmp_path / "cluster"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="ray") as place:  # paths of sockets must be short
        head = ("--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={place}")
        with node("--node-ip-address=127.0.0.1", *head):
            wait_for_nodes(address, 1)
            with node("--node-ip-address=127.0.0.2", f"--address={address}") as second:
                wait_for_nodes(address, 2)
                building = subprocess.Popen(
                    [sys.executable, "-m", "erya", *command, "--out", "cluster", "--cluster", address],
                    stderr=subprocess.PIPE,
                    text=True,
                )
                while len(list(work_path(out).glob(f"reading/*/{RESULT}"))) < 5 and building.poll() is None:
                    time.sleep(0.02)
                assert building.poll() is None
                kill(second)
                _, error = building.communicate()
    assert building.returncode == 0, error
    assert "Ray cluster: 2 nodes, 2 cores" in error
    assert bytes_of(out) == bytes_of(tmp_path / "local")
    steps = json.loads((out / "manifest.json").read_text())["counts"]["steps"]
    assert steps["near-duplicates"]["documents"] < steps["deduplicate"]["documents"]


def test_without_ray_the_remedy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    (tmp_path / "a.txt").write_text("text")
    command = ["corpus", "build", str(tmp_path / "a.txt"), "--out", str(tmp_path / "c"), "--cluster", "auto"]
    assert run(command) == 2
    assert "--cluster needs Ray, which is not installed: pip install 'erya[cluster]'" in capsys.readouterr().err
