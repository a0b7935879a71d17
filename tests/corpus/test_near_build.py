"""Near-duplicates as a step of a build: counted, listed with what they repeat."""

import json
from pathlib import Path

import pytest

from erya.corpus.build import BuildOptions, build_corpus
from erya.corpus.near.signature import NearOptions
from erya.corpus.removed import read_removed
from erya.corpus.split import SPLITS
from erya.corpus.store import read_documents

PAGES = [
    f"Page {number} tells of {' and of '.join(f'thing {number}{part}' for part in range(40))}" for number in range(9)
]
VARIANT = PAGES[4].replace("Page 4 tells", "This page, once more, tells")
NEAR = BuildOptions(near=NearOptions())


@pytest.fixture
def inputs(tmp_path: Path) -> list[Path]:
    """Three files; the last repeats a page in other letters, and two others nearly."""
    files = {
        "a": PAGES[:5],
        "b": PAGES[5:],
        "c": [PAGES[2].upper(), VARIANT, PAGES[7] + " and no more", "Something else"],
    }
    for name, texts in files.items():
        (tmp_path / f"{name}.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in texts))
    return [tmp_path / f"{name}.jsonl" for name in files]


def texts(corpus: Path) -> set[str]:
    return {document.text for split in SPLITS for document in read_documents(corpus, split)}


def test_near_duplicates_go_only_when_asked_and_are_counted_and_listed(inputs: list[Path], tmp_path: Path) -> None:
    assert build_corpus(inputs, tmp_path / "exact").counts["steps"]["deduplicate"]["documents"] == 12
    manifest = build_corpus(inputs, tmp_path / "near", NEAR)
    counts = {step: size["documents"] for step, size in manifest.counts["steps"].items()}
    assert counts == {"read": 13, "clean": 13, "deduplicate": 12, "near-duplicates": 10}
    assert sum(size["documents"] for size in manifest.counts["splits"].values()) == 10
    assert sum(size["documents"] for size in manifest.counts["languages"].values()) == 10
    assert texts(tmp_path / "near") == {*PAGES, "Something else"}
    gone = read_removed([tmp_path / "near" / "removed-00000.parquet"])
    assert [(row.id, row.rule, row.detail) for row in gone] == [
        ("c.jsonl:1", "exact_duplicate", "of a.jsonl:3"),
        ("c.jsonl:2", "near_duplicate", "of a.jsonl:5"),
        ("c.jsonl:3", "near_duplicate", "of b.jsonl:3"),
    ]
    assert {rule: it["documents"] for rule, it in manifest.counts["removed"].items()} == {
        "near_duplicate": 2,
        "exact_duplicate": 1,
    }


def test_another_order_of_the_inputs_keeps_the_first_of_that_order(inputs: list[Path], tmp_path: Path) -> None:
    build_corpus(inputs[::-1], tmp_path / "near", NEAR)
    assert texts(tmp_path / "near") >= {PAGES[2].upper(), VARIANT}
    assert not texts(tmp_path / "near") & {PAGES[2], PAGES[4], PAGES[7]}
