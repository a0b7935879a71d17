"""The build: counts of every step, determinism, skipping when current, and every bad input in one line."""

import bz2
import contextlib
import gzip
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from erya.cli import run
from erya.core.errors import UserError
from erya.corpus.build import BuildOptions, build_corpus, write_corpus
from erya.corpus.records import Document
from erya.corpus.store import SPLITS, read_documents
from erya.corpus.summary import summarise
from tests.corpus.dumps import HEAD, packed, page

LINES = "".join(json.dumps({"text": f"Document {number} of the corpus.  \r\n"}) + "\n" for number in range(100))
ALL_TRAIN = BuildOptions(validation_fraction=0, test_fraction=0)


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "lines.jsonl"
    path.write_text(LINES)
    return path


def texts(corpus: Path) -> dict[str, list[str]]:
    return {split: [document.text for document in read_documents(corpus, split)] for split in SPLITS}


def test_every_step_is_counted(tmp_path: Path, lines: Path) -> None:
    extra = '{"text": "document 3 of the CORPUS."}\n{"text": " \\u200b "}\n{"text": null}\n'
    lines.write_text(LINES + extra)
    counts = build_corpus([lines], tmp_path / "c").counts
    documents = {step: size["documents"] for step, size in (counts["steps"] | counts["splits"]).items()}
    assert documents == {"read": 102, "clean": 101, "deduplicate": 100, "train": 90, "validation": 5, "test": 5}
    assert counts["left_out"] == {"text is null": 1}
    assert counts["steps"]["clean"]["text_bytes"] < counts["steps"]["read"]["text_bytes"]
    assert sum(share["documents"] for share in counts["languages"].values()) == 100
    assert counts["lengths"] == {"32": 100}


def test_splits_hold_every_document_once_and_cleaned(tmp_path: Path, lines: Path) -> None:
    build_corpus([lines], tmp_path / "c")
    found = [text for split in texts(tmp_path / "c").values() for text in split]
    assert sorted(found) == sorted(f"Document {number} of the corpus." for number in range(100))


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, lines: Path) -> None:
    first, second = (build_corpus([lines], tmp_path / name).files for name in ("a", "b"))
    assert first == second
    assert build_corpus([lines], tmp_path / "c", BuildOptions(seed=1)).files != first


def test_order_of_the_inputs_keeps_each_document_in_its_split(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.jsonl").write_text(LINES.replace("corpus", name))
    inputs = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    build_corpus(inputs, tmp_path / "a")
    build_corpus(inputs[::-1], tmp_path / "b")
    first, second = texts(tmp_path / "a"), texts(tmp_path / "b")
    assert {split: sorted(first[split]) for split in SPLITS} == {split: sorted(second[split]) for split in SPLITS}


def test_a_current_corpus_is_not_built_again(tmp_path: Path, lines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = build_corpus([lines], tmp_path / "c")
    shard = tmp_path / "c" / "train-00000.parquet"
    inode = shard.stat().st_ino
    assert build_corpus([lines], tmp_path / "c") == before
    assert shard.stat().st_ino == inode
    assert "is current, nothing to do" in capsys.readouterr().err
    lines.write_text(LINES + '{"text": "one more"}\n')
    assert build_corpus([lines], tmp_path / "c").sha256 != before.sha256


def test_folders_are_walked_and_other_files_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_text("one")
    (folder / "deep" / "b.jsonl.gz").write_bytes(gzip.compress(b'{"text": "two"}'))
    (folder / "deep" / "a.txt").write_text("three")
    (folder / "picture.png").write_bytes(b"\x89PNG\x00")
    (folder / ".hidden.txt").write_text("four")
    (folder / "empty.txt").write_text("")
    build_corpus([folder], folder / "out", ALL_TRAIN)
    manifest = build_corpus([folder], folder / "out", ALL_TRAIN)  # the output inside the input is not read
    assert sorted(manifest.inputs) == ["a.txt", "deep/a.txt", "deep/b.jsonl.gz"]
    assert texts(folder / "out")["train"] == ["one", "three", "two"]
    assert "left out, empty or of no known format (2): empty.txt, picture.png" in capsys.readouterr().err


def test_standard_input_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(LINES.encode()))))
    manifest = build_corpus(["-"], tmp_path / "c")
    assert list(manifest.inputs) == ["stdin"]
    assert manifest.counts["steps"]["read"]["documents"] == 100


def test_a_pipe_is_read(tmp_path: Path, lines: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["/bin/sh", "-c", f"cat '{lines}' > '{pipe}'"]):
        manifest = build_corpus([pipe], tmp_path / "c")
    assert manifest.counts["steps"]["read"]["documents"] == 100


def test_files_of_one_name_keep_their_documents_apart(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.txt").write_text(f"text of {name}")
    build_corpus([tmp_path / "a" / "x.txt", tmp_path / "b" / "x.txt"], tmp_path / "c", ALL_TRAIN)
    assert [document.id for document in read_documents(tmp_path / "c", "train")] == ["x.txt:1", "x.txt~2:1"]


def test_documents_from_memory_keep_their_origin(tmp_path: Path) -> None:
    documents = [Document(f"Text number {number}", f"m:{number}", "memory", "CC0", "en") for number in range(10)]
    write_corpus(documents, tmp_path / "c", ALL_TRAIN, inputs={"memory": "0"})
    assert list(read_documents(tmp_path / "c", "train")) == documents


def test_a_summary_shows_figures_and_samples(tmp_path: Path, lines: Path) -> None:
    manifest = build_corpus([lines], tmp_path / "c", BuildOptions(licence="CC0"))
    summary = summarise(tmp_path / "c", samples=2)
    assert summary["splits"] == manifest.counts["splits"]
    assert [sample["licence"] for sample in summary["samples"]] == ["CC0", "CC0"]
    json.dumps(summary)


# Bad input


@contextlib.contextmanager
def nobody() -> Iterator[Path]:
    """A folder of our own, and no right to read what is closed: root may read everything, so it steps down."""
    with tempfile.TemporaryDirectory() as folder:
        is_root = os.geteuid() == 0
        Path(folder).chmod(0o777)
        if is_root:
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            if is_root:
                os.seteuid(0)


BAD = {
    "missing": ("booksjsonl", b"", r"booksjsonl: no such file or folder; did you mean 'books\.jsonl'"),
    "empty": ("a.txt", b"", r"a\.txt: is empty"),
    "not UTF-8": ("a.txt", b"caf\xe9", r"a\.txt: not UTF-8 at byte 3 \(line 1\): 0xe9; convert it"),
    "cut gzip": ("a.txt.gz", gzip.compress(os.urandom(9999).hex().encode())[:5000], r"a\.txt\.gz: cut off"),
    "cut bzip2": ("a.jsonl.bz2", bz2.compress(LINES.encode())[:-9], r"a\.jsonl\.bz2: cut off"),
    "white space": ("a.txt", b" \n\n \n", r"every document is empty after cleaning \(read: 1\)"),
    "no record": ("a.jsonl", b"\n\n", "no document in the input; nothing to build"),
    "no article": ("a.xml", b"<mediawiki></mediawiki>", "no document in the input; nothing to build"),
    "null only": ("a.jsonl", b'{"text": null}', r"no document in the input \(text is null: 1\)"),
    "one document": ("a.txt", b"too little", "1 document cannot be split"),
    "binary": ("a.bin", b"\x00\x01\x02", r"a\.bin: is of no known format; choose one with --format"),
    "other XML": ("a.xml", b"<rss></rss>", r"a\.xml: not a MediaWiki dump: its root is <rss>"),
}


ZIP = b"PK\x03\x04" + bytes(100)
INDEX = b"600:1:Alan Smithee\n"
BAD |= {
    "a zip archive": ("a.zip", ZIP, r"a\.zip: is of no known format"),
    "index of a dump": ("xx-pages-articles-multistream-index.txt", INDEX, "is the index of a multistream dump"),
    "a dump that is none": ("pages.xml.bz2", bz2.compress(b"<html>"), r"pages\.xml\.bz2: not a MediaWiki dump"),
    "not even bzip2": ("pages.xml.bz2", b"<html></html>", r"pages\.xml\.bz2: not a MediaWiki dump: its root is <html>"),
    "redirects only": ("r.xml", packed("plain", [page(1, text="#REDIRECT [[X]]")]), r"no document .*redirect: 1"),
    "cut in the head": ("h.xml", HEAD[:150].encode(), r"no document .*the rest of a cut-off dump: 1"),
    "invalid UTF-8": ("u.xml", packed("plain", [page(1)]).replace(b"mehr", b"m\xffhr"), "'Ein Titel' is not UTF-8"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_in_one_line_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    file, data, message = BAD[name]
    (tmp_path / "books.jsonl").write_text(LINES)
    if name != "missing":
        (tmp_path / file).write_bytes(data)
    with pytest.raises(UserError, match=message) as error:
        build_corpus([tmp_path / file], tmp_path / "c")
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 2
    assert not [path for path in tmp_path.iterdir() if path.name not in ("books.jsonl", file)]


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_and_exit_code_2(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file, data, message = BAD[name]
    Path("books.jsonl").write_text(LINES)
    if name != "missing":
        Path(file).write_bytes(data)
    assert run(["corpus", "build", file, "--out", "c"]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("warning: ")]
    assert len(lines) == 1
    assert re.search(message, lines[0])


def test_a_wrong_extension_does_not_matter(tmp_path: Path) -> None:
    contents = {
        "d.txt": packed("multistream", [page(1)]),
        "l.csv": LINES.encode(),
        "g.jsonl": gzip.compress(LINES.encode()),
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
        manifest = build_corpus([tmp_path / name], tmp_path / f"c-{name}", ALL_TRAIN)
        assert manifest.counts["steps"]["read"]["documents"] == (1 if name == "d.txt" else 100)


def test_repeated_ids_are_told_and_nothing_is_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("old", "Ein Text."), ("new", "Ein neuer Text.")):
        body = [page(number, f"T{number}", text if number < 3 else "Gleich.") for number in range(5)]
        (tmp_path / f"{name}.xml").write_bytes(packed("plain", body))
    build_corpus([tmp_path / "old.xml", tmp_path / "new.xml"], tmp_path / "c", ALL_TRAIN)
    assert len(texts(tmp_path / "c")["train"]) == 8
    assert "3 documents have the id of an earlier one, with another text; all of" in capsys.readouterr().err


def test_a_cut_input_leaves_an_earlier_corpus_as_it_was(tmp_path: Path, lines: Path) -> None:
    before = build_corpus([lines], tmp_path / "c")
    cut = tmp_path / "cut.txt.gz"
    cut.write_bytes(gzip.compress(os.urandom(9999).hex().encode())[:5000])
    with pytest.raises(UserError):
        build_corpus([lines, cut], tmp_path / "c")
    assert build_corpus([lines], tmp_path / "c") == before


def test_an_unreadable_file_is_named() -> None:
    with nobody() as folder:
        path = folder / "closed.txt"
        path.write_text("secret")
        path.chmod(0)
        with pytest.raises(UserError, match=r"closed\.txt: cannot be read \(Permission denied\)"):
            build_corpus([path], folder / "c")


def test_an_output_that_cannot_be_written_is_named() -> None:
    with nobody() as folder:
        (folder / "a.jsonl").write_text(LINES)
        (folder / "closed").mkdir(mode=0o555)
        with pytest.raises(UserError, match=r"closed/c: cannot be written .*--out"):
            build_corpus([folder / "a.jsonl"], folder / "closed" / "c")


def test_an_output_that_holds_something_else_is_not_touched(tmp_path: Path, lines: Path) -> None:
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter1.tex").write_text("years of work")
    with pytest.raises(UserError, match="choose another --out, nothing was overwritten"):
        build_corpus([lines], other)
    assert (other / "chapter1.tex").read_text() == "years of work"


def test_a_folder_without_usable_files_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(b"\x00")
    with pytest.raises(UserError, match=r"holds no usable file \(others: 1\); looked for: .*\.jsonl"):
        build_corpus([tmp_path / "in"], tmp_path / "c")


def test_an_input_given_twice_is_refused(tmp_path: Path, lines: Path) -> None:
    for inputs in ([lines, lines], [tmp_path, lines], [lines, tmp_path / "." / "lines.jsonl"]):
        with pytest.raises(UserError, match=r"lines\.jsonl: given twice"):
            build_corpus(inputs, tmp_path / "c")


def test_an_unknown_format_is_named(tmp_path: Path, lines: Path) -> None:
    with pytest.raises(UserError, match="unknown format 'json'; did you mean 'jsonl'"):
        build_corpus([lines], tmp_path / "c", BuildOptions(format="json"))
