"""Tokens per second of greedy generation beside transformers and CTranslate2: 124M gpt2 shape, float32, two threads.

    python bench/generate.py [--tokens 64] [--repeats 5]

The same random weights everywhere, through one saved directory; the tokens written must be equal. Repeats are
interleaved, the median counts. A step at batch 1 reads every weight once, so its speed is also given as a share of the
memory bandwidth measured in the same run.
"""

import argparse
import itertools
import json
import logging
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import tokenizers
import torch
from results import finish
from threadpoolctl import threadpool_limits

from erya.core.device import memory_bandwidth
from erya.generate.engine import Engine, GenerationConfig
from erya.model.architectures.decoder import Decoder
from erya.model.families.gpt2 import FAMILY
from erya.model.files import load_model, save_model
from erya.model.layers.packed import RowLinear
from erya.tokenizer.files import default_config
from erya.tokenizer.special import SPECIAL_TOKENS
from erya.tokenizer.tokenizer import Tokenizer

SHAPE = {
    "vocab_size": 50257,
    "context_length": 1024,
    "hidden_size": 768,
    "num_layers": 12,
    "num_heads": 12,
    "num_kv_heads": 12,
    "head_dim": 64,
    "intermediate_size": 3072,
    "tie_embeddings": True,
}
PROMPT_TOKENS = 32
BATCH = 16
THREADS = 2
WANTED = {1: 2.0, BATCH: 1.5}
QUIET_SECONDS = 0.5  # CTranslate2's threads spin 0.2 s after their work and would take a core from whoever is next
Write = Callable[[list[list[int]]], list[list[int]]]


def made_up_tokenizer(vocab_size: int) -> Tokenizer:
    """A byte-level BPE of just that many ids, for the directory to be whole: each merge joins two bytes."""
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    merges = list(
        itertools.islice(itertools.product(letters, letters), vocab_size - len(letters) - len(SPECIAL_TOKENS))
    )
    vocabulary = {token: id_ for id_, token in enumerate([*letters, *(a + b for a, b in merges)])}
    model = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, merges))
    model.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    model.decoder = tokenizers.decoders.ByteLevel()
    model.add_special_tokens([tokenizers.AddedToken(name, normalized=False) for name in SPECIAL_TOKENS])
    return Tokenizer(model.to_str(), default_config())


def erya_writer(directory: Path, tokens: int, *, alone: bool) -> Write:
    loaded = load_model(directory)
    assert loaded.tokenizer is not None
    decoder = loaded.expect(Decoder)
    decoder.pack(alone=alone)
    engine = Engine(decoder, loaded.tokenizer)
    config = GenerationConfig(temperature=0, max_new_tokens=tokens, stop_at_end_of_text=False)
    by_numpy = isinstance(decoder.packed_head, RowLinear)

    def write(prompts: list[list[int]]) -> list[list[int]]:
        torch.set_num_threads(1 if by_numpy else THREADS)  # as `erya generate` does; NumPy has its own
        try:
            return [completion.tokens for completion in engine.complete(prompts, config)]
        finally:
            torch.set_num_threads(THREADS)

    return write


def transformers_writer(directory: Path, tokens: int) -> Write:
    import transformers

    model = transformers.AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32).eval()
    model.generation_config.eos_token_id = None

    def write(prompts: list[list[int]]) -> list[list[int]]:
        ids = torch.tensor(prompts)
        with torch.inference_mode():
            out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, do_sample=False)
        return [row[PROMPT_TOKENS:].tolist() for row in out]

    return write


def ctranslate2_writer(directory: Path, tokenizer: Tokenizer, work: Path, tokens: int) -> Write:
    import ctranslate2

    ctranslate2.converters.TransformersConverter(str(directory)).convert(str(work))
    settings = json.loads((work / "config.json").read_text(encoding="utf-8"))
    for key, value in settings.items():  # a byte-level vocabulary has no unknown token; the converter writes null
        settings[key] = SPECIAL_TOKENS[0] if value is None and key.endswith("_token") else value
    (work / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    generator = ctranslate2.Generator(str(work), device="cpu", compute_type="float32", intra_threads=THREADS)
    names = json.loads((directory / "tokenizer.json").read_text(encoding="utf-8"))
    by_id = {id_: name for name, id_ in names["model"]["vocab"].items()}
    by_id |= {entry["id"]: entry["content"] for entry in names["added_tokens"]}
    assert len(by_id) == tokenizer.vocab_size

    def write(prompts: list[list[int]]) -> list[list[int]]:
        results = generator.generate_batch(
            [[by_id[id_] for id_ in prompt] for prompt in prompts],
            max_batch_size=len(prompts),
            max_length=tokens,
            min_length=tokens,
            sampling_topk=1,
            include_prompt_in_result=False,
        )
        return [result.sequences_ids[0] for result in results]

    return write


def measure(writers: dict[str, Write], batch: int, repeats: int, tokens: int) -> dict[str, float]:
    """Median tokens per second of each, the repeats interleaved."""
    generator = torch.Generator().manual_seed(batch)
    prompts = torch.randint(0, 50000, (batch, PROMPT_TOKENS), generator=generator).tolist()
    written = {name: write(prompts) for name, write in writers.items()}  # also the warm-up
    assert written["erya"] == written["transformers"], "erya and transformers wrote different tokens"
    seconds: dict[str, list[float]] = {name: [] for name in writers}
    for _ in range(repeats):
        for name, write in writers.items():
            time.sleep(QUIET_SECONDS)
            start = time.perf_counter()
            write(prompts)
            seconds[name].append(time.perf_counter() - start)
    return {name: batch * tokens / statistics.median(times) for name, times in seconds.items()}


def weight_bytes(model: Decoder) -> int:
    """The bytes a step must read: every matrix, but of the embeddings only the head."""
    return 4 * sum(value.numel() for name, value in model.named_parameters() if "positions" not in name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(THREADS)
    with threadpool_limits(THREADS, "blas"), tempfile.TemporaryDirectory() as folder:
        model = FAMILY.new(FAMILY.configure(SHAPE), seed=0)
        tokenizer = made_up_tokenizer(SHAPE["vocab_size"])
        directory = Path(folder) / "model"
        save_model(directory, model, tokenizer, {})
        read = weight_bytes(model)
        del model
        settings = directory, arguments.tokens
        peers = {
            "transformers": transformers_writer(*settings),
            "ctranslate2": ctranslate2_writer(directory, tokenizer, Path(folder) / "ct2", arguments.tokens),
        }
        bandwidth = memory_bandwidth(torch.device("cpu"))
        rows = []
        for batch in (1, BATCH):
            writers = {"erya": erya_writer(*settings, alone=batch == 1)} | peers
            rows += table(batch, measure(writers, batch, arguments.repeats, arguments.tokens), read / bandwidth)
    headline = rows[0]["ratio"]
    assert isinstance(headline, float)
    finish("generate", "transformers", headline, rows, bandwidth_gb_s=bandwidth / 1e9, step_reads_mb=read / 1e6)


def table(batch: int, speed: dict[str, float], step_seconds: float) -> list[dict[str, float | int | str | None]]:
    """The rows of one batch size; `step_seconds` is what reading the weights takes at full bandwidth."""
    return [
        {
            "system": name,
            "batch": batch,
            "tokens_per_second": rate,
            "bandwidth_fraction": rate / batch * step_seconds,
            "ratio": rate / speed["transformers"] if name == "erya" else None,
            "wanted": WANTED[batch] if name == "erya" else None,
        }
        for name, rate in speed.items()
    ]


if __name__ == "__main__":
    main()
