"""Every test runs with two threads, and with the tensor shapes in signatures checked by beartype."""

import os
from pathlib import Path

import pytest
import torch
from jaxtyping import install_import_hook

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
install_import_hook("erya.model", "beartype.beartype")
torch.set_num_threads(2)

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def shared_data() -> Path:
    """The folder of real data beside the checkout; the test is skipped where there is none."""
    if not DATA.is_dir():
        pytest.skip("the real data is not beside this checkout")
    return DATA
