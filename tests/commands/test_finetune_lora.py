"""`erya finetune --lora` for encoders with a new head and for an encoder–decoder: its adapter is `peft`'s, merged."""

import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from erya.cli import cli
from erya.model.files import load_model, save_model
from tests.commands.test_finetune import arguments, command
from tests.tasks.small import build, tokenizer

# What is asked of us beside transformers and peft.
PARITY = {"atol": 1e-4, "rtol": 0.0}
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
CLASSES = {
    ("answer", "bert"): "BertForQuestionAnswering",
    ("classify", "bert"): "BertForSequenceClassification",
    ("translate", "marian"): "MarianMTModel",
}


def their_logits(model: Any, ids: torch.Tensor) -> torch.Tensor:
    given = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    with torch.no_grad():
        out = model.eval()(**given, **({"decoder_input_ids": ids} if model.config.is_encoder_decoder else {}))
    return out.logits if "logits" in out else torch.stack((out.start_logits, out.end_logits), dim=-1)


@pytest.mark.parametrize(("task", "family"), CLASSES)
def test_the_adapter_is_pefts_and_the_model_has_it_merged(task: str, family: str, tmp_path: Path) -> None:
    import transformers
    from peft import PeftModel

    transformers.utils.logging.set_verbosity(logging.ERROR)
    base, run = tmp_path / "base", tmp_path / "run"
    save_model(base, build(family), tokenizer(), {})
    given = [*arguments(task, family, tmp_path, base), "--lora", "optimizer.learning_rate=0.05"]
    CliRunner().invoke(cli, command(task, tmp_path, given), catch_exceptions=False)
    merged = load_model(run / "model").model
    kind = getattr(transformers, CLASSES[task, family])
    theirs = PeftModel.from_pretrained(
        kind.from_pretrained(base, **({"num_labels": 2} if task == "classify" else {})), run / "adapter"
    )
    ids = torch.randint(5, 260, (3, 9), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        ours = merged(ids, ids) if family == "marian" else merged(ids)
    torch.testing.assert_close(ours, their_logits(theirs, ids), **PARITY)
    torch.testing.assert_close(ours, their_logits(kind.from_pretrained(run / "model"), ids), **PARITY)
    trained = {name for name, value in theirs.named_parameters() if "lora_B" in name and bool(value.any())}
    assert trained, "the LoRA learned nothing"
    assert bool(theirs.peft_config["default"].modules_to_save) == (family == "bert")
