"""Erya: from raw text to a language model you can trust."""

import importlib
from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`erya.load(directory)` opens a fine-tuned model; torch is imported only then."""
    if name == "load":
        return importlib.import_module("erya.tasks.base.loaded").load
    raise AttributeError(f"module 'erya' has no attribute '{name}'")
