"""Training: Erya's default recipe against a plain transformers loop and litgpt, on equal terms.

Same text, tokenizer, tokens, context, parameter count (within 3 %), threads and wall-clock budget; each contestant runs
alone in its own process, one after another, and validation is not counted against its budget. The peer gets the batch
that suits it and its best of three learning rates. Headline: how many times sooner Erya reaches the loss the peer ends
with, both in float32.

    make bench-train                          about 20 minutes on 2 cores; needs ../shared/data/books or --text
    python bench/train.py --text FILE --seconds 60
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from results import finish

from erya.core.device import has_bf16_units, matmul_peak_flops, peak_memory_bytes
from erya.corpus.build import build_corpus
from erya.dataset.build import build_tokens
from erya.dataset.loader import Loader
from erya.dataset.shards import open_tokens
from erya.model import cost
from erya.model.architectures.decoder import DecoderConfig
from erya.model.family import Vocabulary
from erya.model.sizes import ModelConfig, build_model, learning_rate
from erya.tokenizer.build import build_tokenizer
from erya.tokenizer.tokenizer import Tokenizer
from erya.train.loop import Horizon, Trainer
from erya.train.optimizer import OptimizerConfig, build_optimizer
from erya.train.schedule import ScheduleConfig, factor

HERE = Path(__file__).resolve().parent
BOOKS = HERE.parent.parent / "shared" / "data" / "books" / "books.jsonl.gz"
VOCAB_SIZE, CONTEXT, VALIDATION_ROWS, SEED, POINTS = 8192, 256, 256, 1, 12
GPT2 = {"hidden_size": 192, "num_layers": 4, "num_heads": 6, "intermediate_size": 768}
QWEN3 = {"hidden_size": 192, "num_layers": 4, "num_heads": 3, "intermediate_size": 512}
LITGPT = {"hidden_size": 160, "num_layers": 3, "num_heads": 5, "intermediate_size": 384}  # its head is not tied
RATES = (1e-3, 2e-3, 4e-3)
PEER_ROWS = 4  # of 4 and 8 the better for the peer at 120 seconds (LOG.md)


def main() -> None:
    """Prepare the data, run every contestant, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, default=BOOKS, help="text, JSON Lines or any corpus input")
    parser.add_argument("--seconds", type=float, default=120.0, help="wall-clock budget of each run")
    parser.add_argument("--rows", type=int, default=8, help="rows of 256 tokens in a step of Erya's")
    parser.add_argument("--work", type=Path, default=Path("build/bench-train"), help="where data is kept between runs")
    parser.add_argument("--litgpt-python", type=Path, default=Path(".venv-peers/bin/python"))
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        print(json.dumps(erya_run(json.loads(arguments.run.read_text(encoding="utf-8")))))
    else:
        compare(arguments)


def compare(arguments: argparse.Namespace) -> None:
    """All contestants, one after another."""
    data = prepare(arguments.text, arguments.work)
    base = {
        **data,
        "seconds": arguments.seconds,
        "validate_seconds": arguments.seconds / POINTS,
        "rows": arguments.rows,
        "gradient_accumulation": 1,
        "warmup_steps": 50,
        "num_threads": torch.get_num_threads(),
        "seed": SEED,
        "precision": "float32",
    }
    peak = matmul_peak_flops(torch.device("cpu"), torch.float32)
    launch = Launcher(arguments.work, arguments.litgpt_python)
    tried = [launch.peer("transformers", base, GPT2, rate) for rate in RATES]
    best = min(tried, key=lambda run: run["loss"])
    runs = [*tried, launch.peer("litgpt", base, LITGPT, best["learning_rate"])]
    half = {**base, "seconds": arguments.seconds / 2, "validate_seconds": arguments.seconds / (2 * POINTS)}
    ours = launch.erya("erya qwen3 + Muon", half, QWEN3, family="qwen3", optimizer="muon")
    runs += [ours, launch.erya("erya qwen3 + Muon", base, QWEN3, family="qwen3", optimizer="muon")]
    if has_bf16_units(torch.device("cpu")):
        low = {**half, "precision": "bfloat16"}
        runs.append(launch.erya("erya qwen3 + Muon, bfloat16", low, QWEN3, family="qwen3", optimizer="muon"))
    short = {**base, "seconds": 30.0, "rows": PEER_ROWS}
    same = launch.erya("erya gpt2 + AdamW", short, GPT2, family="gpt2", optimizer="adamw")
    runs.append(same)
    rows = [row(run, best, peak, data["bytes_per_token"]) for run in runs if run]
    reached = seconds_to_reach(ours["curve"], best["loss"])
    equal = same["tokens_per_second"] / best["tokens_per_second"]
    finish(
        "train",
        f"transformers GPT2LMHeadModel + AdamW, best of {len(RATES)} learning rates",
        best["seconds"] / reached if reached else 0.0,
        rows,
        seconds=arguments.seconds,
        matmul_peak_gflops=round(peak / 1e9),
        equal_architecture_tokens_per_second_ratio=round(equal, 3),
        equal_architecture_memory_ratio=round(same["peak_memory_bytes"] / best["peak_memory_bytes"], 3),
    )


def prepare(text: Path, work: Path) -> dict[str, Any]:
    """Corpus, tokenizer and tokens, made once; the peers get the training stream and the validation rows as arrays."""
    build_corpus([str(text)], work / "corpus")
    build_tokenizer([work / "corpus"], work / "tokenizer", VOCAB_SIZE)
    tokenizer = Tokenizer.load(work / "tokenizer")
    build_tokens(work / "corpus", tokenizer, work / "tokens")
    train, validation = open_tokens(work / "tokens", "train"), open_tokens(work / "tokens", "validation")
    np.save(work / "train.npy", np.asarray(train.tokens))
    rows = (validation.num_tokens - 1) // CONTEXT
    chosen = np.random.default_rng(0).choice(rows, min(rows, VALIDATION_ROWS), replace=False)
    held = np.stack([np.asarray(validation.tokens[at * CONTEXT : (at + 1) * CONTEXT + 1]) for at in sorted(chosen)])
    np.save(work / "validation.npy", held)
    size = len(b"".join(tokenizer.token_bytes(int(token)) for token in held[:, 1:].ravel()))
    return {
        "tokens": str(work / "tokens"),
        "train": str(work / "train.npy"),
        "validation": str(work / "validation.npy"),
        "bytes_per_token": size / held[:, 1:].size,
    }


class Launcher:
    """Runs one contestant at a time in a process of its own."""

    def __init__(self, work: Path, litgpt_python: Path) -> None:
        self.settings, self.litgpt_python = work / "settings.json", litgpt_python

    def peer(self, model: str, base: dict[str, Any], shape: dict[str, int], rate: float) -> dict[str, Any]:
        """A peer's run, or nothing when litgpt's own environment is not there (`make bench-peers`)."""
        python = sys.executable if model == "transformers" else str(self.litgpt_python)
        if not Path(python).exists():
            print(f"{model}: {python} is not there; run `make bench-peers` to include it", file=sys.stderr)
            return {}
        shape = {**shape, "vocab_size": VOCAB_SIZE, "context_length": CONTEXT}
        settings = {**base, "model": model, "shape": shape, "learning_rate": rate, "rows": PEER_ROWS}
        result = self._run([python, str(HERE / "peers" / "plain_loop.py")], settings, f"{model}, AdamW {rate:g}")
        return {**result, "learning_rate": rate}

    def erya(self, name: str, base: dict[str, Any], shape: dict[str, int], **how: str) -> dict[str, Any]:
        """One of Erya's runs."""
        return self._run([sys.executable, __file__, "--run"], {**base, "shape": shape, **how}, name)

    def _run(self, command: list[str], settings: dict[str, Any], name: str) -> dict[str, Any]:
        self.settings.write_text(json.dumps(settings), encoding="utf-8")
        done = subprocess.run([*command, str(self.settings)], stdout=subprocess.PIPE, text=True, check=True)
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        print(f"{name}: loss {result['loss']:.4f} after {result['seconds']:.0f} s", file=sys.stderr)
        return {**result, "name": name}


def erya_run(settings: dict[str, Any]) -> dict[str, Any]:
    """Erya's own trainer with its default optimizer and schedule."""
    torch.set_num_threads(settings["num_threads"])
    shape = settings["shape"]
    config = ModelConfig(
        family=settings["family"],
        **shape,
        num_kv_heads=shape["num_heads"],
        head_dim=shape["hidden_size"] // shape["num_heads"],
    )
    model = build_model(config, Vocabulary(VOCAB_SIZE, 1, 0), CONTEXT, settings["seed"])
    chosen = settings["optimizer"]
    rate = learning_rate(shape["hidden_size"], chosen)  # what the dial gives
    optimizer = build_optimizer(model, model.matrix_parts(), OptimizerConfig(name=chosen, learning_rate=rate))
    loader = Loader(open_tokens(Path(settings["tokens"]), "train"), settings["rows"], CONTEXT, settings["seed"])
    schedule = ScheduleConfig()
    trainer = Trainer(
        model,
        optimizer,
        loader,
        Horizon(seconds=settings["seconds"]),
        lambda done, step: factor(schedule, done, step),
        precision=getattr(torch, settings["precision"]),
    )
    model.train()
    curve, next_validation, state = [], settings["validate_seconds"], trainer.state
    while state.seconds < settings["seconds"]:
        start = time.perf_counter()
        trainer.step()
        state.step_seconds = time.perf_counter() - start
        state.seconds += state.step_seconds
        if next_validation <= state.seconds < settings["seconds"]:
            next_validation += settings["validate_seconds"]
            curve.append([state.seconds, validate(trainer, settings)])
    curve.append([state.seconds, validate(trainer, settings)])
    assert isinstance(model.config, DecoderConfig)
    return {
        "parameters": cost.parameters(model.config).total,
        "steps": state.step,
        "seconds": state.seconds,
        "tokens_per_second": state.tokens / state.seconds,
        "peak_memory_bytes": peak_memory_bytes(trainer.device),
        "curve": curve,
        "loss": curve[-1][1],
        "flops_per_token": cost.training_flops_per_token(model.config, CONTEXT),
    }


@torch.no_grad()
def validate(trainer: Trainer, settings: dict[str, Any]) -> float:
    """Nats per token over the same rows the peers are measured on."""
    trainer.model.eval()
    rows = torch.from_numpy(np.load(settings["validation"]).astype(np.int64))
    total = sum(float(trainer.nats({"tokens": part[:, :-1], "targets": part[:, 1:]})) for part in rows.split(16))
    trainer.model.train()
    return total / (rows.shape[0] * (rows.shape[1] - 1))


def seconds_to_reach(curve: list[list[float]], loss: float) -> float | None:
    """When a curve first is at or below a loss, read off a straight line between validations."""
    before: list[float] | None = None
    for seconds, value in curve:
        if value <= loss:
            if before is None:
                return seconds
            return before[0] + (seconds - before[0]) * (before[1] - loss) / (before[1] - value)
        before = [seconds, value]
    return None


def row(run: dict[str, Any], best: dict[str, Any], peak: float, bytes_per_token: float) -> dict[str, Any]:
    """One line of the table."""
    flops = run.get("flops_per_token")
    reached = seconds_to_reach(run["curve"], best["loss"])
    return {
        "contestant": run["name"],
        "parameters": run["parameters"],
        "seconds": round(run["seconds"], 1),
        "steps": run["steps"],
        "tokens/s": round(run["tokens_per_second"]),
        "of fp32 peak": None if flops is None else f"{run['tokens_per_second'] * flops / peak:.0%}",
        "peak memory MB": round(run["peak_memory_bytes"] / 1e6),
        "loss": round(run["loss"], 4),
        "bits per byte": round(run["loss"] / np.log(2) / bytes_per_token, 4),
        "seconds to peer's loss": None if reached is None else round(reached, 1),
    }


if __name__ == "__main__":
    main()
