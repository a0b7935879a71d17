"""Text of four kinds, made here from the interpreter and a seed, and one tokenizer trained on it for all tests."""

import inspect
import json
import pydoc_data.topics
import random
import typing
from pathlib import Path

import pytest

from erya.tokenizer.tokenizer import Tokenizer, train_tokenizer

VOCAB_SIZE = 4_096


def chinese(characters: int, seed: int = 0) -> str:
    """Sentences of invented words, frequent ones far more often, as in a real text."""
    draw = random.Random(seed)
    words = [
        "".join(chr(draw.randrange(0x4E00, 0x6000)) for _ in range(draw.choice((1, 2, 2, 3)))) for _ in range(2_000)
    ]
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    stops = ("，", "，", "。", "。\n", "", "", "", "", "2026年", "《", "》")
    drawn = draw.choices(words, weights, k=characters // 2)
    return "".join(word + draw.choice(stops) for word in drawn)[:characters]


def noise(size: int, seed: int = 0) -> str:
    """Random bytes read as UTF-8, and random characters of all Unicode."""
    draw = random.Random(seed)
    letters = [chr(draw.choice((draw.randrange(0xD800), draw.randrange(0xE000, 0x110000)))) for _ in range(size // 8)]
    return draw.randbytes(size // 2).decode("utf-8", "replace") + "".join(letters)


@pytest.fixture(scope="session")
def mix() -> dict[str, str]:
    """About 1.5 MB of English, Chinese, code and noise."""
    return {
        "english": "\n\n".join(pydoc_data.topics.topics.values())[:500_000],
        "chinese": chinese(150_000),
        "code": (inspect.getsource(inspect) + inspect.getsource(json.decoder) + inspect.getsource(typing))[:300_000],
        "noise": noise(300_000),
    }


@pytest.fixture(scope="session")
def trained(mix: dict[str, str]) -> Tokenizer:
    """A tokenizer of 4,096 ids learned from the mix."""
    return train_tokenizer(mix.values(), VOCAB_SIZE)


@pytest.fixture(scope="session")
def saved(trained: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory that tokenizer was saved to."""
    directory = tmp_path_factory.mktemp("tokenizer")
    trained.save(directory)
    return directory
