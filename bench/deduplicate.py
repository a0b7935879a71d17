"""Near-duplicates among short documents: documents per second, memory, recall and precision, beside datasketch.

    python bench/deduplicate.py                      about 8 minutes; ../shared/data, or else the embedded samples
    python bench/deduplicate.py --documents 100000

A document is ten runs of ten words (of sixteen characters in Chinese) from random places of real text, so that
documents have nothing in common by chance; the last fifth are variants of others with 1 to 19 units replaced, on both
sides of the threshold. What should go is decided by the exact Jaccard similarity of word or character 5-grams, in plain
Python. datasketch 5-grams the same way, MinHash with its 128 permutations, and asks its MinHashLSH for each document
before it inserts it, as its documentation has it. Both run on the same documents at equal count, in turns, each in a
process of its own, one core, keys included; counted is the processor time of the best of three. Then Erya alone on all
documents, in two processes.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from encoding import peak_bytes, sources
from results import finish

from erya.core.progress import say
from erya.corpus.near.find import near_duplicates
from erya.corpus.near.signature import NearOptions, keys
from erya.corpus.near.stages import write_keys
from erya.corpus.runner import LocalRunner, progressed
from erya.corpus.work import Work

THRESHOLD, UNITS = 0.8, 5
PART = 50_000  # documents
KEYS, LINES = "keys", "lines.txt"
RUNS, RUN_UNITS = 10, {"en": 10, "zh": 16}
SPACE, TEXTS = {"en": " ", "zh": ""}, {"en": 30, "zh": 400}
MOST_REPLACED = 19
REPEATS = 3


def main() -> None:
    """Run the benchmark, or one contestant in this process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1_000_000, help="for Erya alone, in English")
    parser.add_argument("--beside", type=int, default=20_000, help="for both, in each language")
    parser.add_argument("--contestant", choices=["erya", "datasketch"], help=argparse.SUPPRESS)
    parser.add_argument("--processes", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--language", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contestant:
        ours = options.contestant == "erya"
        found = erya(options.folder, options.processes) if ours else datasketch(options.folder, options.language)
        print(json.dumps(found))
        return
    rows = []
    for language, documents in sources(None).items():
        text = units(documents, language)
        rows += measure(text, language, options.beside, [("erya", 1), ("datasketch", 1)])
        if language == "en" and options.documents:
            rows += measure(text, language, options.documents, [("erya", 2)])
    ratio = min(row["ratio"] for row in rows if "ratio" in row)
    finish("deduplicate", "datasketch (one process)", ratio, rows, threshold=THRESHOLD)


def units(documents: Iterator[str], language: str) -> list[str]:
    """The words of some documents, or their Chinese characters."""
    text = "\n".join(islice(documents, TEXTS[language]))
    if language == "en":
        return [word for word in text.split() if word.isalpha()]
    return [letter for letter in text if "\u4e00" <= letter <= "\u9fff"]


def measure(text: list[str], language: str, count: int, contestants: list[tuple[str, int]]) -> list[dict[str, Any]]:
    """A row for each contestant on the same documents."""
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        say(f"{language}: writing {count:,} documents")
        expected = write_documents(Path(temporary), text, language, count)
        best: dict[tuple[str, int], dict[str, Any]] = {}
        for _ in range(REPEATS if len(contestants) > 1 else 1):
            for contestant in contestants:
                found = run(*contestant, Path(temporary), language)
                say(f"{contestant[0]}, {language}: {found['seconds']:.0f} s")
                best[contestant] = min(found, best.get(contestant, found), key=lambda one: one["CPU s"])
    for (name, processes), found in best.items():
        gone = set(found.pop("gone"))
        rows.append({"row": f"{name}, {language}", "processes": processes, "documents": count, **found})
        rows[-1] |= {"recall": len(gone & expected) / len(expected), "precision": len(gone & expected) / len(gone)}
    if len(rows) > 1:
        rows[0]["ratio"] = rows[1]["CPU s"] / rows[0]["CPU s"]
    return rows


def run(name: str, processes: int, folder: Path, language: str) -> dict[str, Any]:
    """One contestant in a process of its own: what it let go, and what that took."""
    command = [sys.executable, __file__, "--contestant", name, "--folder", str(folder)]
    command += ["--processes", str(processes), "--language", language]
    found: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return found


def write_documents(folder: Path, text: list[str], language: str, count: int) -> set[int]:
    """Write the documents, one a line, in files of a part each; give the numbers of those that should go."""
    chance = random.Random(language)
    space = SPACE[language]
    first_variant = count - count // 5
    origins = dict(zip(range(first_variant, count), chance.sample(range(first_variant), count // 5), strict=True))
    wanted, expected = {}, set()
    kept = set(origins.values())
    for begin in range(0, count, PART):
        with (folder / f"{begin // PART:06}.txt").open("w", encoding="utf-8") as stream:
            for number in range(begin, min(begin + PART, count)):
                if number < first_variant:
                    document = drawn(text, chance, RUN_UNITS[language])
                    if number in kept:
                        wanted[number] = space.join(document)
                else:
                    origin = split(wanted.pop(origins[number]), language)
                    document = list(origin)
                    for place in chance.sample(range(len(document)), chance.randint(1, MOST_REPLACED)):
                        document[place] = chance.choice(text)
                    if jaccard(origin, document) >= THRESHOLD:
                        expected.add(number)
                stream.write(space.join(document) + "\n")
    return expected


def drawn(text: list[str], chance: random.Random, length: int) -> list[str]:
    """Ten runs of a text, one after another."""
    starts = [int(chance.random() * (len(text) - length)) for _ in range(RUNS)]
    return [unit for start in starts for unit in text[start : start + length]]


def split(document: str, language: str) -> list[str]:
    return document.split() if language == "en" else list(document)


def grams(document: list[str]) -> set[tuple[str, ...]]:
    return {tuple(document[at : at + UNITS]) for at in range(len(document) - UNITS + 1)}


def jaccard(one: list[str], other: list[str]) -> float:
    """The exact similarity; case counts here as it does for the contestants: not at all."""
    sets = [grams([unit.casefold() for unit in document]) for document in (one, other)]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def erya(folder: Path, processes: int) -> dict[str, Any]:
    """The numbers of the documents that go, and what finding them took."""
    start = time.perf_counter()
    options, runner = NearOptions(threshold=THRESHOLD), LocalRunner(processes)
    texts = sorted(folder.glob("*.txt"))
    with tempfile.TemporaryDirectory() as temporary:
        work = Work(Path(temporary))
        sizes = [path.stat().st_size for path in texts]
        results = work.run(runner, KEYS, partial(write_part, options), texts, sizes)
        counts = [result["documents"] for result in results]
        seconds = time.perf_counter() - start
        np.save(work.path / "kept.npy", np.ones(sum(counts), dtype=np.bool_))
        folders = [work.item(KEYS, number) for number in range(len(texts))]
        pairs = near_duplicates(work, runner, folders, counts, read_lines, work.path / "kept.npy", options)
    return {"gone": pairs[:, 0].tolist(), **cost(time.perf_counter() - start, processes), "keys s": seconds}


def write_part(options: NearOptions, texts: Path, folder: Path) -> dict[str, Any]:
    """The task of a part: its keys and, to be read again, its texts."""
    (folder / LINES).hardlink_to(texts)
    found = []
    for text in read_lines(folder):
        found.append(keys(text, options))
        progressed(len(text.encode()) + 1)
    write_keys(folder, found)
    return {"documents": len(found)}


def read_lines(folder: Path) -> Iterator[str]:
    """The documents of a part."""
    with (folder / LINES).open(encoding="utf-8") as stream:
        yield from (line.rstrip("\n") for line in stream)


def datasketch(folder: Path, language: str) -> dict[str, Any]:
    """The same by datasketch, as its documentation has it: a document goes that the index knows a match for."""
    from datasketch import MinHash, MinHashLSH

    start = time.perf_counter()
    index = MinHashLSH(threshold=THRESHOLD, num_perm=128)
    gone = []
    documents = (
        line for path in sorted(folder.glob("*.txt")) for line in path.read_text(encoding="utf-8").splitlines()
    )
    for number, document in enumerate(documents):
        minhash = MinHash(num_perm=128)
        minhash.update_batch([" ".join(gram).encode() for gram in grams(split(document.casefold(), language))])
        if index.query(minhash):
            gone.append(number)
        index.insert(number, minhash)
    return {"gone": gone, **cost(time.perf_counter() - start)}


def cost(seconds: float, processes: int = 1) -> dict[str, float]:
    """Time and memory of this process and its workers, each of them counted like the largest."""
    used = os.times()
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 if processes > 1 else 0
    return {
        "seconds": seconds,
        "CPU s": used.user + used.system + used.children_user + used.children_system,
        "peak MB": (peak_bytes() + processes * workers) / 1e6,
    }


if __name__ == "__main__":
    main()
