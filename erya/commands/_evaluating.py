"""What `erya evaluate` and `erya compare` share: what a model is to be measured as, and how its run went."""

from pathlib import Path
from typing import Any

from erya.core.errors import UserError

LANGUAGE = "complete"


def chosen_task(model: Path, asked: str | None) -> str:
    """The task to measure a model on: what was asked for, or what it was trained for; LANGUAGE for a language model.

    Raises: UserError when the model was not trained for the task asked for.
    """
    from erya.core.storage import read_json
    from erya.model.files import PROVENANCE
    from erya.tokenizer.files import languages_of, read_config

    described = read_json(model / PROVENANCE) if (model / PROVENANCE).is_file() else {}
    published = "translate" if languages_of(read_config(model)) else LANGUAGE
    own = described.get("provenance", {}).get("task", {}).get("name", published)
    if asked is None or asked in (own, LANGUAGE) or not model.is_dir():
        return asked or str(own)
    learned = f"was trained to {own}" if own != LANGUAGE else "was not trained for a task"
    raise UserError(
        f"{model}: {learned}, so it cannot be measured on {asked}; train it: erya finetune {model} --task {asked} …"
    )


def learning_curve(model: Path) -> list[dict[str, Any]]:
    """The metrics of the run the model lies in, when it does."""
    from erya.core.runs import RunDirectory

    for parent in list(model.resolve().parents)[:2]:
        if (parent / "run.json").is_file():
            return RunDirectory(parent).read_metrics()
    return []
