"""A data card says what the manifest knows, in the same bytes each time, whatever the texts hold."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from erya.corpus.card import write_card

SIZE = {"documents": 900, "text_bytes": 5_000, "characters": 4_000}
FACTS: dict[str, Any] = {
    "name": "novels",
    "inputs": {"novels.jsonl.gz": "ab" * 32},
    "steps": {"read": SIZE, "clean": SIZE | {"documents": 800, "text_bytes": 2_500}},
    "removed": {
        "gopher_words": {
            "documents": 100,
            "text_bytes": 2_500,
            "samples": [{"id": "novels:7", "detail": "words 12, allowed 50 to 100000", "text": "A short\none."}],
        }
    },
    "mended": {"c4_javascript": 77},
    "left_out": {"text is null": 3},
    "sources": {"novels": {"licence": "CC BY-SA 4.0", "documents": 800, "text_bytes": 2_500}},
    "dates": {"first": "2001-02-03", "last": "2026-01-02"},
    "languages": {"en": {"documents": 700, "text_bytes": 2_000}, "unknown": {"documents": 100, "text_bytes": 500}},
    "lengths": {"128": 600, "16": 200},
    "splits": {"train": SIZE, "validation": SIZE, "test": SIZE},
    "samples": [{"id": "novels:1", "source": "novels", "licence": "CC BY-SA 4.0", "language": "en", "text": "Once."}],
    "options": {"seed": 0},
    "files": {"train-00000.parquet": {"size_bytes": 9, "sha256": "cd" * 32}},
}


def head(card: str) -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(card.split("---\n")[1])
    return parsed


def test_the_head_is_what_a_hub_reads() -> None:
    card, _ = write_card(FACTS)
    assert head(card) == {
        "pretty_name": "novels",
        "language": ["en"],
        "license": ["cc-by-sa-4.0"],
        "size_categories": ["n<1K"],
        "task_categories": ["text-generation"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": split, "path": f"{split}-*.parquet"} for split in ("train", "validation", "test")
                ],
            }
        ],
    }


def test_everything_the_manifest_knows_is_told() -> None:
    card, facts = write_card(FACTS)
    for told in (
        "800 documents, 2,500 bytes of text, written or last changed from 2001-02-03 to 2026-01-02.",
        "| novels | CC BY-SA 4.0 | 800 | 2,500 |",
        "ab" * 32,
        "| after clean | 800 | 2,500 | 50.0% |",
        "| text is null | 3 |",
        "| gopher\\_words | 100 | 2,500 |",
        "| c4\\_javascript | 77 |",
        "`novels:7`: words 12, allowed 50 to 100000\n\n  > A short one.",
        "| unknown | 100 | 500 |",
        "| 128 | 600 | ████",
        "| validation | 900 | 5,000 |",
        "> Once.",
        '"seed": 0',
        "cd" * 32,
    ):
        assert told in card, told
    assert card.index("| 16 |") < card.index("| 128 |")
    assert json.loads(facts) == FACTS


def test_what_is_not_known_is_left_out() -> None:
    card, facts = write_card({"steps": {"read": SIZE}})
    assert [line for line in card.splitlines() if line.startswith("#")] == ["# corpus", "## What was kept"]
    assert head(card)["license"] == ["unknown"]
    assert json.loads(facts) == {"steps": {"read": SIZE}}


@pytest.mark.parametrize(
    ("documents", "category"),
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (999_999, "100K<n<1M"),
        (10**9 - 1, "100M<n<1B"),
        (10**9, "n>1B"),
    ],
)
def test_the_size_category_holds_the_number_of_documents(documents: int, category: str) -> None:
    card, _ = write_card({"steps": {"read": SIZE | {"documents": documents}}})
    assert head(card)["size_categories"] == [category]


@given(st.text(st.characters(codec="utf-8")))
def test_no_text_breaks_out_of_its_place(text: str) -> None:
    changed = FACTS | {
        "name": text or "x",
        "samples": [{"id": text, "source": "s", "licence": text, "language": None, "text": text}],
        "sources": {text: {"licence": text, "documents": 1, "text_bytes": 1}},
    }
    plain, _ = write_card(FACTS)
    card, _ = write_card(changed)
    assert head(card).get("pretty_name", "") == "".join(filter(str.isprintable, text or "x"))
    assert write_card(changed) == (card, write_card(changed)[1])

    def sections(of: str) -> list[str]:
        return [line for line in of.splitlines() if line.startswith("## ")]

    assert sections(card) == sections(plain)
