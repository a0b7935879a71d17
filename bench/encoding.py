"""The benchmark behind tokenize.py.

One vocabulary is learned from English and Chinese; both contestants read the same tokenizer.json and encode the same
documents, none of which it was learned from, on one thread, in turns. Counted is processor time, which other programs
on the machine disturb little, in the best of several rounds, which gives the peer its warm cache. Ids are compared
document by document. The peer is measured by its `encode` and by its faster `encode_batch_fast`. Headline: the smallest
ratio of any row, against whichever of the two is faster there.

Training is timed in processes of its own: Erya's, and the peer's usual byte-level set-up with the pattern of GPT-2.
"""

import argparse
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from results import finish

from erya.core.progress import say

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
DEFAULT = {"en": DATA / "books" / "books.jsonl.gz", "zh": DATA / "zh_laws" / "laws.jsonl.gz"}
ONE_THREAD = {"TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1"}


def main() -> None:
    """Run the benchmark, or one training in this process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", action="append", type=Path, help="text, .jsonl or .gz of either; may be repeated")
    parser.add_argument("--vocab-size", type=int, default=16_384)
    parser.add_argument(
        "--megabytes", type=float, default=4.0, help="text of each language to learn from and to encode"
    )
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--train", choices=["erya", "tokenizers"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.update(ONE_THREAD)
    if options.train:
        print(json.dumps(train_here(options.train, json.loads(sys.stdin.read()), options.vocab_size)))
        return
    size = int(options.megabytes * 1e6)
    learn, held = {}, {}
    for name, documents in sources(options.text).items():
        cut = (part for document in documents for part in parts(document))
        learn[name] = take(cut, size)
        held[name] = take(cut, size) or learn[name]
    rows = encoding_rows(learn, held, options.vocab_size, options.rounds)
    ratio = min(row["ratio"] for row in rows)
    rows += training_rows(learn, options.vocab_size)
    finish("tokenize", "tokenizers (one thread)", ratio, rows, vocab_size=options.vocab_size, ids_equal=True)


def sources(paths: list[Path] | None) -> dict[str, Iterator[str]]:
    """Documents by the name of their source."""
    if paths:
        return {path.name: read(path) for path in paths}
    if all(path.is_file() for path in DEFAULT.values()):
        return {language: read(path) for language, path in DEFAULT.items()}
    from erya.corpus.samples.english import english

    say(f"{DATA}: not there; using the embedded English samples alone")
    return {"en": (document.text for document in english())}


def read(path: Path) -> Iterator[str]:
    """The documents of a file: the `text` of each JSON line, or the parts of a text between empty lines."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as stream:
        if ".jsonl" in path.name:
            yield from (json.loads(line)["text"] for line in stream)
        else:
            yield from stream.read().split("\n\n")


def take(documents: Iterator[str], size: int) -> list[str]:
    """Documents of `size` bytes together."""
    taken: list[str] = []
    while size > 0 and (document := next(documents, None)) is not None:
        taken.append(document)
        size -= len(document.encode())
    return taken


def parts(document: str) -> Iterator[str]:
    """A document in parts of about 100 kB, so that a few long books are no obstacle to a fair split."""
    start = 0
    while len(document) - start > 100_000:
        stop = document.find("\n\n", start + 100_000) + 2
        if stop < 2:
            break
        yield document[start:stop]
        start = stop
    yield document[start:]


def encoding_rows(
    learn: dict[str, list[str]], held: dict[str, list[str]], vocab_size: int, rounds: int
) -> list[dict[str, Any]]:
    """A row for each source, by whole documents and by lines (paragraphs)."""
    import tokenizers

    from erya.tokenizer.tokenizer import Tokenizer, train_tokenizer

    with tempfile.TemporaryDirectory() as folder:
        train_tokenizer((text for documents in learn.values() for text in documents), vocab_size).save(Path(folder))
        erya = Tokenizer.load(Path(folder))
        peer = tokenizers.Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    rows = []
    for name, documents in held.items():
        lines = [line for text in documents for line in text.split("\n") if line.strip()]
        for unit, texts in {"documents": documents, "lines": lines}.items():
            rows.append(encoding_row(f"{name} {unit}", texts, erya.encode, peer, rounds))
            say(f"{name} {unit}: {rows[-1]['ratio']:.1f}x")
    return rows


def encoding_row(
    name: str, texts: list[str], encode: Callable[[str], list[int]], peer: Any, rounds: int
) -> dict[str, Any]:
    """Both contestants on the same texts, in turns."""

    def peer_encode() -> list[list[int]]:
        return [peer.encode(text, add_special_tokens=False).ids for text in texts]

    def peer_batch() -> list[list[int]]:
        return [one.ids for one in peer.encode_batch_fast(texts, add_special_tokens=False)]

    def own() -> list[list[int]]:
        return [encode(text) for text in texts]

    ids = own()
    if ids != peer_encode():
        raise SystemExit(f"{name}: ids differ from those of tokenizers; there is nothing to compare")
    seconds = dict.fromkeys((own, peer_encode, peer_batch), float("inf"))
    for _ in range(rounds):
        for run in seconds:
            start = time.process_time()
            run()
            seconds[run] = min(seconds[run], time.process_time() - start)
    size = sum(len(text.encode()) for text in texts)
    best = min(seconds[peer_encode], seconds[peer_batch])
    return {
        "row": name,
        "documents": len(texts),
        "bytes each": size // len(texts),
        "bytes/token": size / sum(map(len, ids)),
        "Erya docs/s": len(texts) / seconds[own],
        "encode docs/s": len(texts) / seconds[peer_encode],
        "batch docs/s": len(texts) / seconds[peer_batch],
        "ratio": best / seconds[own],
        "Erya MB/s": size / seconds[own] / 1e6,
    }


def training_rows(learn: dict[str, list[str]], vocab_size: int) -> list[dict[str, Any]]:
    """Training time and peak memory of both, each in a process of its own."""
    rows = []
    for name, texts in learn.items():
        for contestant in ("erya", "tokenizers"):
            command = [sys.executable, str(Path(__file__).with_name("tokenize.py")), "--train", contestant]
            command += ["--vocab-size", str(vocab_size)]
            done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True)
            rows.append({"row": f"train {name}, {contestant}", **json.loads(done.stdout)})
            say(f"{rows[-1]['row']}: {rows[-1]['train s']:.1f} s")
    return rows


def train_here(contestant: str, texts: list[str], vocab_size: int) -> dict[str, float]:
    """Train in this process, on two threads as either would."""
    import tokenizers

    from erya.tokenizer.tokenizer import train_tokenizer

    os.environ.update({"TOKENIZERS_PARALLELISM": "true", "RAYON_NUM_THREADS": "2"})
    start = time.perf_counter()
    if contestant == "erya":
        train_tokenizer(texts, vocab_size)
    else:
        peer = tokenizers.ByteLevelBPETokenizer()
        peer.train_from_iterator(texts, vocab_size=vocab_size, show_progress=False)
    seconds = time.perf_counter() - start
    return {"train s": seconds, "train MB": peak_bytes() / 1e6}


def peak_bytes() -> int:
    """The most memory this process has held; `getrusage` would count what the parent held before it."""
    status = Path("/proc/self/status")
    if status.is_file():
        return 1024 * int(status.read_text().split("VmHWM:")[1].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
