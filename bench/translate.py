"""Tokens per second of beam search beside transformers and CTranslate2: encoder–decoders, float32, two threads.

    python bench/translate.py [--repeats 5] [--beams 4] [--train-seconds 120]       about 6 minutes

First real sentences: a model of 2.4M parameters, trained here for two minutes on Multi30k, translates validation
sentences, which differ in length and end by themselves. Erya does it as `erya translate` does, but with the peer's
limit of length, for a weak translator may find no end; transformers in batches of 32 in the order of the file, and
sorted by length in batches of 32, 64 and 128. The headline is against its best.

Then random weights at two sizes and 32 sentences of one length that never end by themselves: what is left of a ratio
when nothing is padded and nothing is done early.

The same weights everywhere, through one saved directory; Erya and transformers must write the same tokens. Repeats are
interleaved, the median counts.
"""

import argparse
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from results import finish

import erya
from erya.corpus.examples import read_pairs
from erya.generate.beam import BeamConfig, beam_search
from erya.model.architectures.encoder_decoder import EncoderDecoder
from erya.model.families.marian import FAMILY
from erya.model.files import load_model, save_model
from erya.tasks.base import writing

TOKENIZED = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "multi30k" / "tok"
PAIRS = [TOKENIZED / f"{part}.lc.norm.tok.{language}.gz" for part in ("train", "val") for language in ("en", "de")]
REAL_SENTENCES, MOST_TOKENS = 320, 128
PEER_BATCHES = (32, 64, 128)
VOCAB_SIZE = 8001
SHAPES = {
    "tiny 2.4M": {"hidden_size": 128, "layers": 4, "num_heads": 4, "intermediate_size": 256},
    "base 48M": {"hidden_size": 512, "layers": 6, "num_heads": 8, "intermediate_size": 2048},
}
END, UNKNOWN, PAD = 0, 1, VOCAB_SIZE - 1  # where CTranslate2's Marian converter wants them
SENTENCES, SOURCE_TOKENS = 32, 24
WANTED = 2.0
QUIET_SECONDS = 0.5  # CTranslate2's threads spin 0.2 s after their work and would take a core from whoever is next
Write = Callable[[list[list[int]]], list[list[int]]]
Row = dict[str, float | str | None]


def new_model(shape: dict[str, int]) -> EncoderDecoder:
    """Random weights; a target opens with a zero vector, as in every published Marian model."""
    fields = {name: size for name, size in shape.items() if name != "layers"}
    layers = {"num_layers": shape["layers"], "num_decoder_layers": shape["layers"]}
    ids = {"vocab_size": VOCAB_SIZE, "pad_id": PAD, "end_id": END}
    model = FAMILY.new(FAMILY.configure({**fields, **layers, **ids, "context_length": 256}), seed=0)
    with torch.no_grad():
        model.embedding.weight[PAD] = 0
        model.head_bias[END] = -20  # no text ends by itself
    return model


def save_words(directory: Path) -> None:
    """A made-up vocabulary of whole words, so that the directory is complete for the converters."""
    words = ["</s>", "<unk>", *(f"w{number}" for number in range(2, PAD)), "<pad>"]
    model = {"type": "WordLevel", "vocab": {word: id_ for id_, word in enumerate(words)}, "unk_token": "<unk>"}
    tokenizer = {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "WhitespaceSplit"}, "model": model}
    (directory / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    roles = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    config = {"tokenizer_class": "PreTrainedTokenizerFast", **roles}
    (directory / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")


def erya_writer(directory: Path, beams: int, tokens: int) -> Write:
    model = load_model_without_tokenizer(directory)
    model.pack()
    config = BeamConfig(num_beams=beams, max_new_tokens=tokens)
    return lambda sources: [best.tokens for best, *_ in beam_search(model, sources, END, [PAD], config)]


def load_model_without_tokenizer(directory: Path) -> EncoderDecoder:
    """The weights alone: whole words are no vocabulary Erya reads."""
    hidden = directory / "tokenizer.json"
    aside = hidden.rename(directory / "tokenizer.aside")
    try:
        return load_model(directory).expect(EncoderDecoder)
    finally:
        aside.rename(hidden)


def transformers_writer(directory: Path, beams: int, tokens: int) -> Write:
    import transformers

    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(directory, dtype=torch.float32).eval()
    pad, end = model.config.pad_token_id, model.config.eos_token_id

    def write(sources: list[list[int]]) -> list[list[int]]:
        longest = max(map(len, sources))
        ids = torch.tensor([source + [pad] * (longest - len(source)) for source in sources])
        settings = {"num_beams": beams, "max_new_tokens": tokens, "do_sample": False}
        with torch.inference_mode():
            out = model.generate(ids, attention_mask=(ids != pad).long(), **settings)
        return [[id_ for id_ in row[1:] if id_ not in (end, pad)] for row in out.tolist()]

    return write


def batched(write: Write, size: int, by_length: bool) -> Write:
    """The same in batches, in the order given or the longest sources first."""

    def write_all(sources: list[list[int]]) -> list[list[int]]:
        order = sorted(range(len(sources)), key=lambda place: -len(sources[place]) if by_length else 0)
        written: dict[int, list[int]] = {}
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            written |= zip(batch, write([sources[place] for place in batch]), strict=True)
        return [written[place] for place in range(len(sources))]

    return write_all


def ctranslate2_writer(directory: Path, work: Path, beams: int, tokens: int) -> Write:
    import ctranslate2

    ctranslate2.converters.TransformersConverter(str(directory)).convert(str(work))
    translator = ctranslate2.Translator(str(work), device="cpu", compute_type="float32", intra_threads=2)

    def write(sources: list[list[int]]) -> list[list[int]]:
        words = [["</s>" if id_ == END else f"w{id_}" for id_ in source] for source in sources]
        limits = {"max_decoding_length": tokens - 1, "min_decoding_length": tokens - 1}
        results = translator.translate_batch(words, beam_size=beams, max_batch_size=len(sources), **limits)
        return [[int(word[1:]) for word in result.hypotheses[0]] for result in results]

    return write


def trained(pairs: list[Path], seconds: float, work: Path) -> Path:
    """A translator trained on the pairs for so long, or the one that a run before this has left."""
    out = work / f"translator-{seconds:g}"
    if not (out / "model").is_dir():
        files = [f"--{name}={path}" for name, path in zip(("train",) * 2 + ("validation",) * 2, pairs, strict=True)]
        settings = ["training.max_epochs=none", f"training.max_seconds={seconds:g}", "data.judged_records=0"]
        command = [sys.executable, "-m", "erya", "finetune", "translate-tiny", *files, "--languages=en-de"]
        subprocess.run([*command, f"--out={out}", *settings], check=True, stdout=subprocess.DEVNULL)
    return out / "model"


def real_sentences(arguments: argparse.Namespace) -> list[Row]:
    """One row for each system: the first validation sentences."""
    directory = trained(arguments.pairs, arguments.train_seconds, arguments.work)
    translator = erya.load(directory)
    model, tokenizer = translator.model, translator.tokenizer
    texts = [pair.source for pair in read_pairs(arguments.pairs[2:])][:REAL_SENTENCES]
    sources = [writing.prompt(model, tokenizer, ids) for ids in tokenizer.encode_batch(texts)]
    config = BeamConfig(num_beams=arguments.beams, max_new_tokens=MOST_TOKENS)
    peer = transformers_writer(directory, arguments.beams, MOST_TOKENS)
    peers = {f"transformers, by length in {size}s": batched(peer, size, by_length=True) for size in PEER_BATCHES}
    peers[f"transformers, as they come in {PEER_BATCHES[0]}s"] = batched(peer, PEER_BATCHES[0], by_length=False)
    writers = {
        "erya": lambda _: [best.tokens for best, *_ in writing.write(model, tokenizer, texts, config, MOST_TOKENS)],
        **peers,
    }
    written, speed = measure(writers, sources, arguments.repeats)
    best = max(speed[name] for name in peers)
    lengths = sorted(len(text) for text in written)
    print(
        f"{len(texts)} sentences, {lengths[0]} to {lengths[-1]} tokens written,"
        f" {statistics.mean(lengths):.1f} on average"
    )
    return [row(name, "real sentences, 2.4M", speed, best) for name in speed]


def sentences_of_one_length(shape: str, arguments: argparse.Namespace) -> list[Row]:
    """One row for each system: random weights, made-up sentences."""
    settings = arguments.beams, arguments.tokens
    generator = torch.Generator().manual_seed(0)
    sources = torch.randint(2, PAD, (SENTENCES, SOURCE_TOKENS), generator=generator)
    sources[:, -1] = END
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "model"
        save_model(directory, new_model(SHAPES[shape]), None, {})
        save_words(directory)
        writers = {
            "erya": erya_writer(directory, *settings),
            "transformers": transformers_writer(directory, *settings),
            "ctranslate2": ctranslate2_writer(directory, Path(folder) / "ct2", *settings),
        }
        written, speed = measure(writers, sources.tolist(), arguments.repeats)
    assert all(len(text) == arguments.tokens - 1 for text in written), "a text ended by itself"
    return [row(name, f"one length, {shape}", speed, speed["transformers"]) for name in speed]


def measure(
    writers: dict[str, Write], sources: list[list[int]], repeats: int
) -> tuple[list[list[int]], dict[str, float]]:
    """What Erya writes, and of each system the median of tokens written per second; beams are not counted."""
    written = {name: write(sources) for name, write in writers.items()}  # also the warm-up
    for name in writers:
        if name.startswith("transformers"):
            assert written[name] == written["erya"], f"Erya and {name} wrote different tokens"
    tokens = sum(map(len, written["erya"]))
    seconds: dict[str, list[float]] = {name: [] for name in writers}
    for _ in range(repeats):
        for name, write in writers.items():
            time.sleep(QUIET_SECONDS)
            start = time.perf_counter()
            write(sources)
            seconds[name].append(time.perf_counter() - start)
    return written["erya"], {name: tokens / statistics.median(times) for name, times in seconds.items()}


def row(name: str, work: str, speed: dict[str, float], peer: float) -> Row:
    """One system's row; `peer` is the speed Erya is held against."""
    ours = name == "erya"
    ratio, wanted = (speed[name] / peer, WANTED) if ours else (None, None)
    return {"system": name, "sentences": work, "tokens_per_second": speed[name], "ratio": ratio, "wanted": wanted}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--pairs", type=Path, nargs=4, default=PAIRS, help="aligned: train source, target, validation …"
    )
    parser.add_argument("--train-seconds", type=float, default=120.0)
    parser.add_argument("--tokens", type=int, default=32, help="what random weights write for a sentence")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--beams", type=int, default=4)
    parser.add_argument("--work", type=Path, default=Path("build/bench-translate"), help="where the translator is kept")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(2)
    rows = real_sentences(arguments)
    for shape in SHAPES:
        rows += sentences_of_one_length(shape, arguments)
    headline = rows[0]["ratio"]
    assert isinstance(headline, float)
    finish("translate", "transformers at its best batch size", headline, rows, beams=arguments.beams)


if __name__ == "__main__":
    main()
