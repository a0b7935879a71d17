"""Erya: from raw text to a language model you can trust."""

__version__ = "0.1.0"
