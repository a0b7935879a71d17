"""Tokens per second of beam search beside transformers and CTranslate2: encoder–decoders, float32, two threads.

    python bench/translate.py [--tokens 32] [--repeats 5] [--beams 4]

The same random weights everywhere, through one saved directory; Erya and transformers must write the same tokens. No
text ends by itself, so every system writes `--tokens` tokens a sentence. Repeats are interleaved, the median counts.
"""

import argparse
import json
import logging
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from results import finish

from erya.generate.beam import BeamConfig, beam_search
from erya.model.architectures.encoder_decoder import EncoderDecoder
from erya.model.families.marian import FAMILY
from erya.model.files import load_model, save_model

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
    return lambda sources: [found.tokens for found in beam_search(model, sources, END, [PAD], config)]


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

    def write(sources: list[list[int]]) -> list[list[int]]:
        ids = torch.tensor(sources)
        settings = {"num_beams": beams, "max_new_tokens": tokens, "do_sample": False}
        with torch.inference_mode():
            out = model.generate(ids, attention_mask=torch.ones_like(ids), **settings)
        return [[id_ for id_ in row[1:] if id_ not in (END, PAD)] for row in out.tolist()]

    return write


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


def measure(writers: dict[str, Write], repeats: int, tokens: int) -> dict[str, float]:
    """Median tokens written per second of each, the repeats interleaved; beams are not counted."""
    generator = torch.Generator().manual_seed(0)
    sources = torch.randint(2, PAD, (SENTENCES, SOURCE_TOKENS), generator=generator)
    sources[:, -1] = END
    texts = sources.tolist()
    written = {name: write(texts) for name, write in writers.items()}  # also the warm-up
    assert written["erya"] == written["transformers"], "Erya and transformers wrote different tokens"
    assert all(len(text) == tokens - 1 for system in written.values() for text in system), "a text ended by itself"
    seconds: dict[str, list[float]] = {name: [] for name in writers}
    for _ in range(repeats):
        for name, write in writers.items():
            time.sleep(QUIET_SECONDS)
            start = time.perf_counter()
            write(texts)
            seconds[name].append(time.perf_counter() - start)
    return {name: SENTENCES * tokens / statistics.median(times) for name, times in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--beams", type=int, default=4)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(2)
    settings = arguments.beams, arguments.tokens
    rows: list[dict[str, float | str | None]] = []
    for shape, sizes in SHAPES.items():
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder) / "model"
            save_model(directory, new_model(sizes), None, {})
            save_words(directory)
            writers = {
                "erya": erya_writer(directory, *settings),
                "transformers": transformers_writer(directory, *settings),
                "ctranslate2": ctranslate2_writer(directory, Path(folder) / "ct2", *settings),
            }
            speed = measure(writers, arguments.repeats, arguments.tokens)
        rows += [
            {
                "system": name,
                "shape": shape,
                "tokens_per_second": rate,
                "ratio": speed["erya"] / speed["transformers"] if name == "erya" else None,
                "wanted": WANTED if name == "erya" else None,
            }
            for name, rate in speed.items()
        ]
    ratios = [row["ratio"] for row in rows if isinstance(row["ratio"], float)]
    finish("translate", "transformers", min(ratios), rows, beams=arguments.beams, sentences=SENTENCES)


if __name__ == "__main__":
    main()
