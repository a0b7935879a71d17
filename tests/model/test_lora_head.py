"""A new head beside a LoRA: in PEFT's layout, the same in `peft` both ways, merged the same, the base's at zero."""

import logging
from pathlib import Path
from typing import Any

import pytest
import torch

from erya.core.errors import UserError
from erya.model.architectures.encoder import Encoder
from erya.model.files import load_model, save_model
from erya.model.heads import with_head
from erya.model.lora.files import load_lora, save_lora
from erya.model.lora.parts import add_lora, lora_parts, merge_lora
from tests.model.conftest import disturbed
from tests.model.test_lora import EVERYTHING, MERGED, build, logits, moved, text
from tests.model.test_lora_files import PARITY

LABELS = ("bad", "fair", "good")
HEADS: dict[str, tuple[str, ...]] = {"span": (), "label": LABELS}
CLASSES = {"span": "BertForQuestionAnswering", "label": "BertForSequenceClassification"}
SAVED = {"span": ["qa_outputs"], "label": ["bert.pooler.dense", "classifier"]}
# PEFT asks transformers by a name that goes away.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


@pytest.fixture(autouse=True)
def quiet() -> None:
    """Transformers reports on every load."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()


@pytest.fixture(params=HEADS)
def head(request: pytest.FixtureRequest) -> Any:
    """A head of an encoder's task."""
    return request.param


def fresh(head: Any, seed: int = 5) -> Encoder:
    """The pretrained encoder with a new head."""
    base = build("bert")
    assert isinstance(base, Encoder)
    return with_head(base, head, HEADS[head], seed)


def tuned(head: Any) -> Encoder:
    """That model with a LoRA and a head at work, as they are after training."""
    model = fresh(head)
    add_lora(model, EVERYTHING, seed=1)
    moved(model)
    for name, value in model.named_parameters():
        if name.startswith("head."):
            value.requires_grad_()
            with torch.no_grad():
                value += 0.1
    return model


def their_base(directory: Path, head: str) -> Any:
    import transformers

    more = {"num_labels": len(HEADS[head])} if HEADS[head] else {}
    return getattr(transformers, CLASSES[head]).from_pretrained(directory, **more)


def their_logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        out = model.eval()(input_ids=text(), attention_mask=torch.ones_like(text()))
    return out.logits if "logits" in out else torch.stack((out.start_logits, out.end_logits), dim=-1)


def test_at_zero_the_model_is_its_base(head: Any) -> None:
    model = fresh(head)
    before = logits(model)
    add_lora(model, EVERYTHING, seed=1)
    assert torch.equal(logits(model), before)


def test_peft_computes_the_same_on_the_pretrained_base(head: Any, tmp_path: Path) -> None:
    from peft import PeftModel

    save_model(tmp_path / "base", build("bert"), None, {})
    model = tuned(head)
    save_lora(tmp_path / "lora", model, tmp_path / "base", {})
    theirs = PeftModel.from_pretrained(their_base(tmp_path / "base", head), tmp_path / "lora")
    assert sorted(theirs.peft_config["default"].modules_to_save) == SAVED[head]
    torch.testing.assert_close(logits(model), their_logits(theirs), **PARITY)
    torch.testing.assert_close(logits(model), their_logits(theirs.merge_and_unload()), **PARITY)
    expected = logits(model)
    merge_lora(model)
    torch.testing.assert_close(logits(model), expected, **MERGED)
    save_model(tmp_path / "merged", model, None, {})
    torch.testing.assert_close(logits(load_model(tmp_path / "merged").model), expected, **MERGED)


def test_saved_and_loaded_is_the_same_whatever_the_head_was(head: Any, tmp_path: Path) -> None:
    model, other = tuned(head), fresh(head, seed=9)
    save_lora(tmp_path, model, "base", {"task": "any"})
    assert load_lora(tmp_path, other) == {"task": "any"}
    assert torch.equal(logits(other), logits(model))
    trained = {name for name, value in model.named_parameters() if value.requires_grad}
    assert {name for name, value in other.named_parameters() if value.requires_grad} == trained
    assert len(trained) > 2 * len(lora_parts(model))


def test_we_compute_the_same_with_pefts(head: Any, tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model

    save_model(tmp_path / "base", build("bert"), None, {})
    kind = "QUESTION_ANS" if head == "span" else "SEQ_CLS"
    saved = ["pooler.dense", "classifier"] if head == "label" else None
    config = LoraConfig(task_type=kind, r=4, target_modules=["query", "output.dense"], init_lora_weights=False)
    config.modules_to_save = saved
    theirs = get_peft_model(their_base(tmp_path / "base", head), config)
    theirs.save_pretrained(tmp_path / "lora")
    model = fresh(head)
    load_lora(tmp_path / "lora", model)
    torch.testing.assert_close(logits(model), their_logits(theirs), **PARITY)


def test_a_head_of_another_task_or_base_is_refused_in_one_line(tmp_path: Path) -> None:
    save_lora(tmp_path, tuned("label"), "base", {})
    with pytest.raises(UserError, match=r"holds base_model\S+ of shape \S+ which is not there in this bert model's"):
        load_lora(tmp_path, fresh("span"))
    base = build("bert")
    assert isinstance(base, Encoder)
    with pytest.raises(UserError, match=r"classifier\.\S+ of shape .* which has shape .*the head of its task"):
        load_lora(tmp_path, with_head(base, "label", LABELS[:2]))
    other = disturbed(fresh("label"))
    with pytest.raises(UserError, match="this LoRA was made for other weights"):
        load_lora(tmp_path, other)
