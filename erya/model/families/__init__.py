"""One file is one family: how its decoder is styled, and how Hugging Face names its configuration and tensors."""
