"""Byte-level BPE: training, a fast encoder with ids equal to those of `tokenizers`, and files `transformers` reads."""
