"""From a Wikipedia dump to the texts of its articles on one core: Erya beside wikiextractor and mwparserfromhell.

    python bench/dump.py [--dump FILE.xml.bz2] [--copies 12] [--build-copies 30] [--repeats 2]     about 8 minutes

All three read the same bzip2 file, the whole pages of the dump several times over, and write the texts to a file, in
processes of their own on one core, in turns; starting up counts for all. Counted is processor time (user and system,
of all that a contestant starts), which other programs on the machine disturb little, in the best of the repeats. MB
are of XML. wikiextractor runs as it is by default, with templates, and with --no-templates, where it reads the dump
once instead of twice; mwparserfromhell gets its pages from Erya's reader and answers with strip_code. Headline:
against wikiextractor's default.

Then `erya corpus build` of a larger dump with one process and with two, by the clock: a ratio that only an idle machine
tells. Every copy of a page has a title of its own, so that none is a duplicate.

wikiextractor (AGPL: run beside, never a dependency) lives in an environment of its own: `make bench-peers`.
"""

import argparse
import bz2
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from results import finish

ROOT = Path(__file__).resolve().parent.parent
DUMP = ROOT.parent / "shared" / "data" / "wiki_dumps" / "enwiki-sample.xml.bz2"
WIKIEXTRACTOR = ROOT / ".venv-peers" / "bin" / "wikiextractor"
WANTED = {"wikiextractor": 3.0, "mwparserfromhell": 12.0}


def main() -> None:
    """Run the benchmark, or one contestant in this process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dump", type=Path, default=DUMP)
    parser.add_argument("--copies", type=int, default=12, help="how often the dump's pages are in the file to read")
    parser.add_argument("--build-copies", type=int, default=30, help="the same for `erya corpus build`")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--contestant", choices=["erya", "mwparserfromhell"], help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contestant:
        contest(options.contestant, options.dump, options.out)
        return
    if not options.dump.is_file():
        sys.exit(f"{options.dump}: no such dump; give one with --dump")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        path = folder / "enwiki-copies.xml.bz2"
        megabytes = make_input(options.dump, options.copies, path) / 1e6
        rows = one_core(path, folder, megabytes, options.repeats)
        built = make_input(options.dump, options.build_copies, path) / 1e6
        rows += processes(path, folder, built, options.repeats)
    rates = {row["way"]: row["MB/s"] for row in rows}
    ratios = {way: rates["erya"] / rates[way] for way in WANTED if way in rates}
    shortfall = {way: WANTED[way] for way, ratio in ratios.items() if ratio < WANTED[way]}
    finish(
        "dump",
        "wikiextractor 3.1.0 (one core)",
        ratios.get("wikiextractor", float("nan")),
        rows,
        ratios={way: round(ratio, 2) for way, ratio in ratios.items()},
        missed=shortfall,
        xml_megabytes=round(megabytes, 1),
        built_megabytes=round(built, 1),
    )


def contest(name: str, path: Path, out: Path) -> None:
    """Write the texts of a dump's articles to a file, by Erya or by mwparserfromhell."""
    with out.open("w", encoding="utf-8") as file:
        for text in erya_texts(path) if name == "erya" else mwparserfromhell_texts(path):
            file.write(f"{text}\n\n")


def erya_texts(path: Path) -> Iterator[str]:
    from erya.corpus.opening import InputFile
    from erya.corpus.source import ReadOptions
    from erya.corpus.sources.mediawiki import SOURCE

    return (document.text for document in SOURCE.read(InputFile(path, path.name), ReadOptions()))


def mwparserfromhell_texts(path: Path) -> Iterator[str]:
    import mwparserfromhell

    from erya.corpus.mediawiki.dump import Dump
    from erya.corpus.opening import InputFile

    for page in Dump(InputFile(path, path.name)).pages():
        if page.namespace == 0 and not page.is_redirect:
            yield f"{page.title}\n\n{mwparserfromhell.parse(page.text).strip_code()}"


def make_input(dump: Path, copies: int, path: Path) -> int:
    """A dump of the whole pages of another, several times over under other titles; gives its size in bytes of XML."""
    xml = bz2.BZ2Decompressor().decompress(dump.read_bytes())  # the sample is cut off: no `bz2.open`
    begin, end = xml.find(b"  <page>"), xml.rfind(b"</page>") + len(b"</page>\n")
    copied = [xml[begin:end].replace(b"</title>", b" %d</title>" % number) for number in range(copies)]
    whole = b"".join([xml[:begin], *copied, b"</mediawiki>\n"])
    path.write_bytes(bz2.compress(whole))
    return len(whole)


def one_core(path: Path, folder: Path, megabytes: float, repeats: int) -> list[dict[str, Any]]:
    """One row for each contestant: the least processor time of several turns."""
    out = folder / "texts"
    here = [sys.executable, __file__, "--dump", str(path), "--out", str(out), "--contestant"]
    commands = {"erya": [*here, "erya"], "mwparserfromhell": [*here, "mwparserfromhell"]}
    if WIKIEXTRACTOR.exists():
        extract = [str(WIKIEXTRACTOR), "--processes", "1", "-q", "-o", str(out), str(path)]
        commands |= {"wikiextractor": extract, "wikiextractor --no-templates": [*extract, "--no-templates"]}
    else:
        print(f"{WIKIEXTRACTOR}: missing, so wikiextractor is left out; run `make bench-peers`", file=sys.stderr)
    best: dict[str, tuple[float, float]] = {}
    written: dict[str, int] = {}
    for _ in range(repeats):
        for way, command in commands.items():
            best[way] = min(best.get(way, (float("inf"),) * 2), timed(command, one_core=True))
            written[way] = size(out)
    return [
        {
            "way": way,
            "CPU seconds": seconds,
            "MB/s": megabytes / seconds,
            "seconds": clock,
            "text MB": written[way] / 1e6,
            "ratio": seconds / best["erya"][0],
        }
        for way, (seconds, clock) in best.items()
    ]


def processes(path: Path, folder: Path, megabytes: float, repeats: int) -> list[dict[str, Any]]:
    """`erya corpus build` with one process and with two, by the clock: the best of several turns."""
    best: dict[int, tuple[float, float]] = {}
    for _ in range(repeats):
        for count in (1, 2):
            out = folder / f"corpus-{count}"
            command = [sys.executable, "-m", "erya", "corpus", "build", str(path), "--out", str(out)]
            cpu, clock = timed([*command, "--processes", str(count)], one_core=False)
            best[count] = min(best.get(count, (float("inf"),) * 2), (clock, cpu))
            shutil.rmtree(out)
    return [
        {"way": f"erya corpus build --processes {count}", "CPU seconds": cpu, "MB/s": megabytes / clock,
         "seconds": clock, "ratio": best[1][0] / clock}
        for count, (clock, cpu) in best.items()
    ]  # fmt: skip


def timed(command: list[str], one_core: bool) -> tuple[float, float]:
    """The processor time and the seconds by the clock that a command takes."""
    core = min(os.sched_getaffinity(0)) if one_core else None
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run = subprocess.run(
        ["taskset", "-c", str(core), *command] if core is not None else command, capture_output=True, text=True
    )
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode:
        sys.exit(f"{' '.join(command)} failed: {run.stderr.strip()[-500:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, clock


def size(out: Path) -> int:
    """The bytes of a file, or of the files of a folder; it is removed."""
    if out.is_file():
        written = out.stat().st_size
        out.unlink()
        return written
    written = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    shutil.rmtree(out)
    return written


if __name__ == "__main__":
    main()
