"""A tokens directory of a few thousand synthetic tokens, by the real parts, and a model to train on it."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from erya.core.manifest import writing
from erya.dataset.shards import ShardWriter, split_path
from erya.tokenizer.tokenizer import Tokenizer, train_tokenizer
from erya.train.config import RunConfig, resolve_run

WORDS = [
    "the",
    "cat",
    "sat",
    "on",
    "a",
    "mat",
    "and",
    "saw",
    "red",
    "birds",
    "fly",
    "over",
    "walls",
    "猫",
    "坐",
    "在",
    "垫子",
    "上",
]
TINY = (
    "model.hidden_size=16",
    "model.num_layers=1",
    "model.num_heads=2",
    "model.num_kv_heads=1",
    "model.head_dim=8",
    "model.intermediate_size=32",
    "model.dropout=0.1",
    "training.context_length=16",
    "training.batch_tokens=128",
    "training.micro_batch_rows=2",
    "training.precision=float32",
    "training.max_steps=60",
    "training.device=cpu",
    "validation.every_steps=20",
    "validation.max_tokens=256",
    "checkpoint.every_seconds=none",
)


def documents(seed: int, count: int) -> list[str]:
    generator = random.Random(seed)
    return [" ".join(generator.choices(WORDS, k=generator.randint(5, 60))) for _ in range(count)]


def build(out: Path, seed: int = 0, vocab_size: int = 300) -> Path:
    tokenizer = train_tokenizer(documents(7, 200), vocab_size)
    with writing(out, "tokens", {}, {}) as stage:
        tokenizer.save(stage.path)
        for split, part, count in (("train", 0, 55), ("validation", 1, 10), ("test", 2, 10)):
            path = split_path(stage.path, split)
            with ShardWriter(path, tokenizer.vocab_size, tokenizer.end_of_text_id, tokenizer.sha256) as writer:
                writer.write(tokenizer.encode_batch(documents(10 * seed + part, count)))
    return out


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    """Models this small are only slowed down by a second thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished tokens directory; its epoch is about 25 of the tiny model's steps."""
    return build(tmp_path_factory.mktemp("data") / "tokens")


@pytest.fixture(scope="session")
def tokenizer(tokens: Path) -> Tokenizer:
    return Tokenizer.load(tokens)


def tiny(tokens: Path, *overrides: str) -> RunConfig:
    """The configuration of a run that takes about a second."""
    return resolve_run(None, [*TINY, *overrides], [str(tokens)]).config
