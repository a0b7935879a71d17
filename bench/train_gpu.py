"""Training on one GPU: the 124M shapes in bfloat16, how much of the card they use, and transformers beside them.

Same text, tokenizer (50,304 ids), context of 1,024, 131,072 tokens a step in the same micro-batches, both compiled;
each contestant has its own process. All take their first steps, in which they are compiled, before the first is timed,
and then each is timed alone.
Headline: tokens a second of Erya's `gpt2` with AdamW, that is, at equal architecture, against GPT2LMHeadModel.

    make bench-train_gpu                      about 2 minutes on an H200 once the text is encoded, which is kept;
                                              needs ../shared/data/books or --text
    python bench/train_gpu.py --text FILE --steps 20
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from peers.plain_loop import random_rows, transformers_gpt2
from results import finish
from torch.nn import functional as F

from erya.core.device import matmul_peak_flops
from erya.corpus.build import build_corpus
from erya.dataset.build import build_tokens
from erya.dataset.loader import Loader
from erya.dataset.shards import open_tokens
from erya.model import cost
from erya.model.architectures.decoder import DecoderConfig
from erya.model.family import Vocabulary
from erya.model.sizes import SIZES, ModelConfig, build_model, learning_rate
from erya.tokenizer.build import build_tokenizer
from erya.tokenizer.tokenizer import Tokenizer
from erya.train.loop import Horizon, Trainer
from erya.train.optimizer import OptimizerConfig, build_optimizer
from erya.train.schedule import ScheduleConfig, factor

BOOKS = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "books" / "books.jsonl.gz"
SIZE, VOCAB_SIZE, ROWS, ACCUMULATION, WARM_UP_STEPS, SEED = "124m", 50304, 32, 4, 6, 1
CONTEXT = SIZES[SIZE].context_length
OptimizerName = Literal["adamw", "muon"]
CONTESTANTS: dict[str, tuple[str, OptimizerName] | None] = {
    "erya gpt2 + AdamW": ("gpt2", "adamw"),
    "erya qwen3 + Muon": ("qwen3", "muon"),
    "transformers GPT2LMHeadModel + AdamW": None,
}


def main() -> None:
    """Prepare the tokens, run every contestant, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, default=BOOKS, help="text, JSON Lines or any corpus input")
    parser.add_argument("--steps", type=int, default=40, help="steps that are timed")
    parser.add_argument("--work", type=Path, default=Path("build/bench-train-gpu"), help="where data is kept")
    parser.add_argument("--run", choices=CONTESTANTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("no CUDA device here; bench/train.py measures training on a CPU")
    tokens = arguments.work / "tokens"
    if arguments.run:
        print(json.dumps(run(arguments.run, tokens, arguments.steps)))
        return
    if not tokens.exists():
        prepare(arguments.text, arguments.work)
    processes = {name: launch(name, arguments) for name in CONTESTANTS}
    for name, process in processes.items():
        expect(process, name)
    results = {name: timed(name, process) for name, process in processes.items()}
    peak = matmul_peak_flops(torch.device("cuda"), torch.bfloat16)
    ours, _, peer = results.values()
    flops = ours["flops_per_token"]
    rows = [
        {
            "contestant": name,
            "parameters": it["parameters"],
            "tokens/s": round(it["tokens_per_second"]),
            "of bf16 peak": f"{it['tokens_per_second'] * it.get('flops_per_token', flops) / peak:.1%}",
            "peak memory MB": round(it["peak_memory_bytes"] / 1e6),
            "loss": round(it["loss"], 3),
            "first steps s": round(it["first_seconds"], 1),
        }
        for name, it in results.items()
    ]
    ratio = ours["tokens_per_second"] / peer["tokens_per_second"]
    device = torch.cuda.get_device_name()
    finish("train_gpu", list(CONTESTANTS)[-1], ratio, rows, device=device, matmul_peak_tflops=round(peak / 1e12))


def prepare(text: Path, work: Path) -> None:
    """Corpus, tokenizer and tokens, made once."""
    build_corpus([str(text)], work / "corpus")
    build_tokenizer([work / "corpus"], work / "tokenizer", VOCAB_SIZE)
    build_tokens(work / "corpus", Tokenizer.load(work / "tokenizer"), work / "tokens")


def launch(name: str, arguments: argparse.Namespace) -> subprocess.Popen[str]:
    """One contestant in its own process; it says when it is ready, and waits for a line to be timed."""
    settings = ["--run", name, "--work", str(arguments.work), "--steps", str(arguments.steps)]
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, __file__, *settings], stdin=pipe, stdout=pipe, text=True)


def timed(name: str, process: subprocess.Popen[str]) -> dict[str, Any]:
    """Let one contestant go, and wait for its result."""
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    result: dict[str, Any] = json.loads(expect(process, name))
    process.wait()
    print(f"{name}: {result['tokens_per_second']:,.0f} tokens/s", file=sys.stderr)
    return result


def expect(process: subprocess.Popen[str], name: str) -> str:
    """The next line of a contestant."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        sys.exit(f"{name}: ended early")
    return line


def run(name: str, tokens: Path, steps: int) -> dict[str, Any]:
    """Train, time the steps after the first ones, and tell how fast it went and where the loss is."""
    how = CONTESTANTS[name]
    step, facts = erya(*how, tokens, steps) if how else transformers(tokens)
    begin = time.perf_counter()
    for _ in range(WARM_UP_STEPS):
        step()
    torch.cuda.synchronize()
    first_seconds = time.perf_counter() - begin
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.perf_counter()
    losses = [step() for _ in range(steps)]
    torch.cuda.synchronize()
    seconds = time.perf_counter() - start
    return {
        **facts,
        "tokens_per_second": steps * ACCUMULATION * ROWS * CONTEXT / seconds,
        "peak_memory_bytes": torch.cuda.max_memory_allocated(),
        "loss": losses[-1],
        "first_seconds": first_seconds,
    }


def erya(family: str, optimizer: OptimizerName, tokens: Path, steps: int) -> tuple[Callable[[], float], dict[str, Any]]:
    """A step of Erya's own trainer with its default optimizer and schedule."""
    config = ModelConfig(family=family, size=SIZE)
    model = build_model(config, Vocabulary(VOCAB_SIZE, 1, 0), CONTEXT, SEED).to("cuda")
    rate = learning_rate(SIZES[SIZE].width.hidden_size, optimizer)  # what the dial gives
    trainer = Trainer(
        model,
        build_optimizer(model, model.matrix_parts(), OptimizerConfig(name=optimizer, learning_rate=rate)),
        Loader(open_tokens(tokens, "train"), ROWS, CONTEXT, SEED),
        Horizon(steps=WARM_UP_STEPS + steps),
        partial(factor, ScheduleConfig()),
        gradient_accumulation=ACCUMULATION,
        precision=torch.bfloat16,
        compiled=True,
    )
    model.train()

    def step() -> float:
        trainer.step()
        return trainer.record.loss

    assert isinstance(model.config, DecoderConfig)
    facts = {
        "parameters": cost.parameters(model.config).total,
        "flops_per_token": cost.training_flops_per_token(model.config, CONTEXT),
    }
    return step, facts


def transformers(tokens: Path) -> tuple[Callable[[], float], dict[str, Any]]:
    """A step of the loop its users write: bfloat16 by autocast, model and loss compiled, fused AdamW, clipping."""
    torch.manual_seed(SEED)
    width = SIZES[SIZE].width
    shape = {"hidden_size": width.hidden_size, "num_layers": width.num_layers}
    shape["num_heads"] = width.hidden_size // width.head_dim
    model, forward = transformers_gpt2({**shape, "vocab_size": VOCAB_SIZE, "context_length": CONTEXT})
    model.to("cuda")
    optimizer = torch.optim.AdamW(model.parameters(), lr=6e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    text, generator = open_tokens(tokens, "train").tokens, np.random.default_rng(SEED)

    @torch.compile
    def loss_of(batch: torch.Tensor) -> torch.Tensor:
        logits = forward(batch[:, :-1])
        return F.cross_entropy(logits.float().flatten(0, 1), batch[:, 1:].flatten())

    def step() -> float:
        total = torch.zeros((), device="cuda")
        for _ in range(ACCUMULATION):
            batch = random_rows(text, ROWS, CONTEXT, generator).pin_memory().to("cuda", non_blocking=True)
            with torch.autocast("cuda", torch.bfloat16):
                loss = loss_of(batch) / ACCUMULATION
            loss.backward()
            total += loss.detach()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return float(total)

    return step, {"parameters": sum(weight.numel() for weight in model.parameters())}


if __name__ == "__main__":
    main()
