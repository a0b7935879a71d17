"""The peer of bench/train.py: a plain training loop around another library's GPT, run in its own process.

In: a JSON file with the token arrays, the shape, the wall-clock budget and the learning rate. Out: one JSON object on
the last line of stdout. The loop is what the libraries' users write: random rows, fused AdamW, warm-up and cosine over
the budget, gradient clipping, logits from the model and the loss from torch. It imports nothing of Erya.
"""

import json
import math
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

Forward = Callable[[torch.Tensor], torch.Tensor]


def transformers_gpt2(shape: dict[str, int]) -> tuple[torch.nn.Module, Forward]:
    """GPT2LMHeadModel with dropout off, the better setting for runs that see little text."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=shape["vocab_size"],
        n_positions=shape["context_length"],
        n_embd=shape["hidden_size"],
        n_layer=shape["num_layers"],
        n_head=shape["num_heads"],
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        use_cache=False,
        bos_token_id=0,
        eos_token_id=0,
    )
    model = GPT2LMHeadModel(config)
    return model, lambda tokens: model(input_ids=tokens).logits


def litgpt_gpt(shape: dict[str, int]) -> tuple[torch.nn.Module, Forward]:
    """litgpt's GPT in the style of its pretraining presets: rotary positions, RMSNorm, SwiGLU, untied head."""
    from litgpt.config import Config
    from litgpt.model import GPT

    config = Config(
        name="bench",
        block_size=shape["context_length"],
        vocab_size=shape["vocab_size"],
        padded_vocab_size=shape["vocab_size"],
        n_layer=shape["num_layers"],
        n_head=shape["num_heads"],
        n_embd=shape["hidden_size"],
        rotary_percentage=1.0,
        parallel_residual=False,
        bias=False,
        norm_class_name="RMSNorm",
        mlp_class_name="LLaMAMLP",
        intermediate_size=shape["intermediate_size"],
    )
    model = GPT(config)
    model.apply(model._init_weights)  # noqa: SLF001 - as litgpt.pretrain does
    return model, model


MODELS = {"transformers": transformers_gpt2, "litgpt": litgpt_gpt}


def train(settings: dict[str, Any]) -> dict[str, Any]:
    """Train within the wall-clock budget; validation time is not counted against it."""
    torch.set_num_threads(settings["num_threads"])
    torch.manual_seed(settings["seed"])
    model, forward = MODELS[settings["model"]](settings["shape"])
    decay = [weight for weight in model.parameters() if weight.dim() >= 2]
    plain = [weight for weight in model.parameters() if weight.dim() < 2]
    groups = [{"params": decay, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=settings["learning_rate"], betas=(0.9, 0.95), fused=True)
    tokens = np.load(settings["train"], mmap_mode="r")
    rows, length, budget = settings["rows"], settings["shape"]["context_length"], settings["seconds"]
    precision = getattr(torch, settings["precision"])
    generator = np.random.default_rng(settings["seed"])
    curve, seconds, step, next_validation = [], 0.0, 0, settings["validate_seconds"]
    while seconds < budget:
        start = time.perf_counter()
        rate = settings["learning_rate"] * schedule(step, seconds / budget, settings["warmup_steps"])
        for group in optimizer.param_groups:
            group["lr"] = rate
        for _ in range(settings["gradient_accumulation"]):
            batch = random_rows(tokens, rows, length, generator)
            with torch.autocast("cpu", precision, enabled=precision is not torch.float32):
                logits = forward(batch[:, :-1])
            loss = F.cross_entropy(logits.float().flatten(0, 1), batch[:, 1:].flatten())
            (loss / settings["gradient_accumulation"]).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        seconds += time.perf_counter() - start
        step += 1
        if seconds >= next_validation and seconds < budget:
            next_validation += settings["validate_seconds"]
            curve.append([seconds, validate(model, forward, settings, precision)])
    curve.append([seconds, validate(model, forward, settings, precision)])
    return {
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "steps": step,
        "seconds": seconds,
        "tokens_per_second": step * settings["gradient_accumulation"] * rows * length / seconds,
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "curve": curve,
        "loss": curve[-1][1],
    }


def schedule(step: int, fraction: float, warmup_steps: int) -> float:
    """Linear warm-up by steps, then a cosine to a tenth over the budget."""
    warm = min(1.0, (step + 1) / warmup_steps)
    return warm * (0.1 + 0.45 * (1 + math.cos(math.pi * min(1.0, fraction))))


def random_rows(tokens: np.ndarray, rows: int, length: int, generator: np.random.Generator) -> torch.Tensor:
    """Rows of length + 1 tokens from random places."""
    starts = generator.integers(0, len(tokens) - length - 1, rows)
    return torch.from_numpy(np.stack([tokens[start : start + length + 1] for start in starts]).astype(np.int64))


@torch.no_grad()
def validate(model: torch.nn.Module, forward: Forward, settings: dict[str, Any], precision: torch.dtype) -> float:
    """Nats per token over the validation rows, the same rows for everyone."""
    model.eval()
    rows = torch.from_numpy(np.load(settings["validation"]).astype(np.int64))
    total = 0.0
    for batch in rows.split(16):
        with torch.autocast("cpu", precision, enabled=precision is not torch.float32):
            logits = forward(batch[:, :-1])
        total += F.cross_entropy(logits.float().flatten(0, 1), batch[:, 1:].flatten(), reduction="sum").item()
    model.train()
    return total / (rows.shape[0] * (rows.shape[1] - 1))


if __name__ == "__main__":
    print(json.dumps(train(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))
