"""Splits of public sets that come without them: by sentence, by file or by article, from hashes, hence always the same.

    python scripts/splits.py tatoeba cmn.txt --out data/tatoeba
    python scripts/splits.py python-docs pairs.jsonl.gz --out data/python-docs
    python scripts/splits.py squad dev-v1.1.json --out data/squad
    python scripts/splits.py cmrc cmrc2018_dev.json --out data/cmrc
    python scripts/splits.py polarity sentence_polarity.zip --out data/polarity

Each writes `train.jsonl`, `validation.jsonl` and `test.jsonl` as `erya finetune` and `erya evaluate` read them.
"""

import argparse
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from erya.corpus.deduplicate import digest
from erya.corpus.questions import read_questions, split_by_group
from erya.corpus.records import Question
from erya.corpus.tables import read_rows

Row = dict[str, Any]
PARTS = ("train", "validation", "test")
SQUAD_ARTICLES, CMRC_ARTICLES = 5, 85  # in validation and in test each: of 48 and of 847


def part_of(key: str, tenths: int = 1) -> str:
    """The part a key belongs to, by the first byte of its digest: `tenths` of ten each for validation and test."""
    place = digest(key)[0] * 10 // 256
    return "validation" if place < tenths else "test" if place < 2 * tenths else "train"


def tatoeba(path: Path) -> dict[str, list[Row]]:
    """Pairs by their English sentence; a held-out pair whose Chinese is in training is left out."""
    parts: dict[str, list[Row]] = {part: [] for part in PARTS}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        english, chinese, _ = line.split("\t")
        parts[part_of(english)].append({"id": f"tatoeba:{number}", "en": english, "zh": chinese})
    seen = {row["zh"] for row in parts["train"]}
    return {part: [row for row in rows if part == "train" or row["zh"] not in seen] for part, rows in parts.items()}


def python_docs(path: Path) -> dict[str, list[Row]]:
    """Pairs by their file; a held-out pair whose English is in training is left out."""
    parts: dict[str, list[Row]] = {part: [] for part in PARTS}
    for row in read_rows(path):
        fields = {name: row.values[name] for name in ("en", "zh")}
        parts[part_of(row.values["file"])].append({"id": row.id, **fields, "file": row.values["file"]})
    seen = {row["en"] for row in parts["train"]}
    return {part: [row for row in rows if part == "train" or row["en"] not in seen] for part, rows in parts.items()}


def polarity(path: Path) -> dict[str, list[Row]]:
    """Sentences with the label that is their file's name."""
    parts: dict[str, list[Row]] = {part: [] for part in PARTS}
    with zipfile.ZipFile(path) as archive:
        for name in sorted(name for name in archive.namelist() if name.endswith((".pos", ".neg"))):
            label = name.rpartition(".")[2]
            for number, line in enumerate(archive.read(name).decode("latin-1").splitlines(), start=1):
                parts[part_of(line)].append({"id": f"{label}:{number}", "text": line.strip(), "label": label})
    return parts


def squad(path: Path) -> dict[str, list[Row]]:
    """Questions by their article."""
    return _by_article(path, SQUAD_ARTICLES)


def cmrc(path: Path) -> dict[str, list[Row]]:
    """Questions by their article; answers that stand elsewhere are put right, others have no start."""
    return _by_article(path, CMRC_ARTICLES)


def _by_article(path: Path, held_out: int) -> dict[str, list[Row]]:
    split = split_by_group(read_questions(path, "repair").records, held_out, held_out)
    return {part: list(_questions(records)) for part, records in zip(PARTS, split, strict=True)}


def _questions(records: Iterable[Question]) -> Iterator[Row]:
    for it in records:
        given = {"id": it.id, "context": it.context, "question": it.question}
        known = {"answers": list(it.answers[: len(it.starts)]), "answer_start": list(it.starts)}
        yield {**given, **(known if it.starts else {"answers": list(it.answers)})}


SETS: dict[str, Callable[[Path], dict[str, list[Row]]]] = {
    "tatoeba": tatoeba,
    "python-docs": python_docs,
    "squad": squad,
    "cmrc": cmrc,
    "polarity": polarity,
}


def main() -> None:
    """Write the three files of a set and say how many records each has."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", choices=SETS)
    parser.add_argument("file", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for part, rows in SETS[arguments.set](arguments.file).items():
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (arguments.out / f"{part}.jsonl").write_text(lines, encoding="utf-8")
        print(f"{arguments.out / part}.jsonl: {len(rows):,} records")


if __name__ == "__main__":
    main()
