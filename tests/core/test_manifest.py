"""A stage's directory appears whole, with its manifest, or not at all; whoever kills the writer, and whenever."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from erya.core.errors import UserError
from erya.core.manifest import NAME, Manifest, is_current, read_manifest, verify, writing

INPUTS = {"book.txt": "0" * 64}
CONFIG = {"seed": 1, "fraction": 0.05}


def build(out: Path, text: str = "text", stage: str = "corpus") -> Manifest:
    with writing(out, stage, INPUTS, CONFIG) as work:
        (work.path / "sub").mkdir()
        (work.path / "sub" / "a.txt").write_text(text)
        (work.path / "b.txt").write_text("second")
        work.counts["documents"] = 2
    return read_manifest(out, stage)


def test_what_is_written_is_what_is_recorded(tmp_path: Path) -> None:
    manifest = build(tmp_path / "out")
    assert manifest.inputs == INPUTS
    assert manifest.config == CONFIG
    assert manifest.counts == {"documents": 2}
    assert {name: entry.size_bytes for name, entry in manifest.files.items()} == {"b.txt": 6, "sub/a.txt": 4}
    assert {"erya", "python", "torch"} <= set(manifest.versions)
    assert verify(tmp_path / "out", "corpus") == manifest
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_identity_is_the_content_not_the_time_or_place(tmp_path: Path) -> None:
    first, again, other = build(tmp_path / "a"), build(tmp_path / "b"), build(tmp_path / "c", "other")
    assert first.sha256 == again.sha256 != other.sha256


def test_current_means_same_inputs_and_configuration(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert not is_current(out, "corpus", INPUTS, CONFIG)
    build(out)
    assert is_current(out, "corpus", INPUTS, dict(reversed(CONFIG.items())))
    assert not is_current(out, "corpus", INPUTS, CONFIG | {"seed": 2})
    assert not is_current(out, "corpus", INPUTS | {"more.txt": "1" * 64}, CONFIG)
    assert not is_current(out, "tokens", INPUTS, CONFIG)


def test_an_error_leaves_the_old_output_and_no_trace(tmp_path: Path) -> None:
    old = build(tmp_path / "out")
    with pytest.raises(IsADirectoryError), writing(tmp_path / "out", "corpus", {}, {}) as work:
        (work.path / "half.txt").write_text("half") and work.path.write_text("a folder takes no text")
    assert verify(tmp_path / "out", "corpus") == old
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_a_second_writing_replaces_the_first(tmp_path: Path) -> None:
    build(tmp_path / "out", "old")
    build(tmp_path / "out", "new")
    assert (tmp_path / "out" / "sub" / "a.txt").read_text() == "new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_foreign_directories_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("precious")
    build(tmp_path / "tokens", stage="tokens")
    (tmp_path / "file").write_text("precious")
    for name in ("letters", "tokens", "file"):
        with pytest.raises(UserError, match="nothing was overwritten"), writing(tmp_path / name, "corpus", {}, {}):
            pytest.fail("the stage must not begin")
    assert (tmp_path / "letters" / "dear.txt").read_text() == "precious"
    (tmp_path / "empty").mkdir()
    build(tmp_path / "empty")


@pytest.mark.parametrize("moment", ["before files", "after files"])
def test_a_killed_writer_leaves_no_stage(moment: str, tmp_path: Path) -> None:
    out, ready = tmp_path / "out", tmp_path / "ready"
    old = build(out) if moment == "after files" else None
    script = f"""
import time
from pathlib import Path
from erya.core.manifest import writing
with writing(Path({str(out)!r}), "corpus", {{}}, {{}}) as work:
    if {moment == "after files"}:
        (work.path / "a.txt").write_text("x" * 100_000)
    Path({str(ready)!r}).touch()
    time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", script])
    deadline = time.monotonic() + 30
    while not ready.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if old is None:
        with pytest.raises(UserError, match="no such directory"):
            read_manifest(out, "corpus")
    else:
        assert verify(out, "corpus") == old
    build(out, "afterwards")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["out", "ready"]


def test_a_writer_killed_at_any_step_of_the_end_leaves_old_or_new(tmp_path: Path) -> None:
    """Killed at its n-th rename or fsync, for every n: a whole output stands at its place or, renamed, beside it."""
    out = tmp_path / "out"
    for call in itertools.count(1):
        build(out, "old")
        script = f"""
import os
from pathlib import Path
from erya.core.manifest import writing
count = 0
def counted(function):
    def run(*args, **kwargs):
        global count
        count += 1
        if count == {call}:
            os._exit(9)
        return function(*args, **kwargs)
    return run
os.rename, os.replace, os.fsync = counted(os.rename), counted(os.replace), counted(os.fsync)
with writing(Path({str(out)!r}), "corpus", {{}}, {{}}) as work:
    (work.path / "a.txt").write_text("new")
"""
        code = subprocess.run([sys.executable, "-c", script], check=False).returncode
        kept = [path for path in (out, tmp_path / ".out.old") if path.is_dir()]
        assert kept, f"killed at step {call}, neither the old nor the new output is there"
        assert set(verify(kept[0], "corpus").files) in ({"a.txt"}, {"b.txt", "sub/a.txt"})
        if code == 0:
            break
        assert code == 9
    assert call > 6, "the end must sync the file, the manifest and the folder, and rename twice"
    build(out, "afterwards")
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_leaves_the_old_stage(tmp_path: Path) -> None:
    old = build(tmp_path / "out")
    script = f"""
import resource, signal
from pathlib import Path
from erya.core.errors import UserError
from erya.core.manifest import writing
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    with writing(Path({str(tmp_path / "out")!r}), "corpus", {{}}, {{}}) as work:
        (work.path / "a.txt").write_bytes(bytes(100_000))
except UserError as error:
    print(error.exit_code, error)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(f"1 {tmp_path / 'out'}: disk full: ")
    assert verify(tmp_path / "out", "corpus") == old
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_damage_is_found_and_named(tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(out)
    damaged = out / "sub" / "a.txt"
    damaged.write_text("texT")
    with pytest.raises(UserError, match=r"a\.txt: sha256 is .* build the corpus again"):
        verify(out, "corpus")
    damaged.write_text("longer")
    with pytest.raises(UserError, match="not 4 bytes long"):
        verify(out, "corpus")
    damaged.unlink()
    with pytest.raises(UserError, match="missing"):
        verify(out, "corpus")


def test_what_is_no_finished_stage(tmp_path: Path) -> None:
    build(tmp_path / "out")
    with pytest.raises(UserError, match="is a corpus, expected a tokenizer"):
        read_manifest(tmp_path / "out", "tokenizer")
    shutil.copytree(tmp_path / "out", tmp_path / "half")
    (tmp_path / "half" / NAME).unlink()
    with pytest.raises(UserError, match="not a finished corpus"):
        read_manifest(tmp_path / "half", "corpus")
    (tmp_path / "half" / NAME).write_text(json.dumps({"stage": "corpus"}))
    with pytest.raises(UserError, match="not an Erya manifest"):
        read_manifest(tmp_path / "half", "corpus")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is sure to meet a folder it cannot write this way")
def test_a_read_only_output_says_so() -> None:
    with (
        pytest.raises(UserError, match=r"cannot be written .*--out"),
        writing(Path("/sys/kernel/out"), "corpus", {}, {}),
    ):
        pytest.fail("the stage must not begin")
