"""Tiny translation models: a few steps on made-up pairs, and the files they learned from."""

import json
from pathlib import Path

from erya.cli import run

ENGLISH = ("the dog", "the cat", "a man", "a girl", "the bird")
GERMAN = ("der hund", "die katze", "ein mann", "ein mädchen", "der vogel")
DOES = (("sleeps", "schläft"), ("runs", "läuft"), ("eats", "isst"), ("sings", "singt"))
WHERE = (("here", "hier"), ("there", "dort"), ("today", "heute"), ("alone", "allein"))
SHAPE = ("model.family=marian", "model.hidden_size=16", "model.num_layers=1", "model.num_decoder_layers=1")
TINY = (
    *SHAPE,
    "model.num_heads=2",
    "model.intermediate_size=16",
    "model.context_length=32",
    "tokenizer.vocab_size=300",
)
SHORT = ("data.judged_records=2", "training.batch_tokens=256")


def pairs() -> list[tuple[str, str]]:
    subjects = list(zip(ENGLISH, GERMAN, strict=True))
    return [
        (f"{one} {does[0]} {where[0]} .", f"{other} {does[1]} {where[1]} .")
        for one, other in subjects
        for does in DOES
        for where in WHERE
    ]


def write_pairs(folder: Path) -> None:
    """train.en and train.de of 60 pairs, test.en and test.de of the 20 others."""
    for side, language in enumerate(("en", "de")):
        lines = [pair[side] for pair in pairs()]
        (folder / f"test.{language}").write_text("\n".join(lines[::4]) + "\n", encoding="utf-8")
        kept = [line for at, line in enumerate(lines) if at % 4]
        (folder / f"train.{language}").write_text("\n".join(kept) + "\n", encoding="utf-8")


def train_translator(folder: Path, name: str, seed: int, steps: int = 2, *more: str) -> Path:
    """A run in folder/name, with more of the command line; the model's directory."""
    files = [it for side in ("en", "de") for it in ("--train", str(folder / f"train.{side}"))]
    files += [it for side in ("en", "de") for it in ("--validation", str(folder / f"test.{side}"))]
    config = [*TINY, *SHORT, f"training.max_steps={steps}", f"training.seed={seed}"]
    arguments = ["finetune", "--task", "translate", "--languages", "en-de", *files, "--out", str(folder / name)]
    assert run([*arguments, *config, *more]) == 0
    return folder / name / "model"


def write_sentiments(path: Path) -> Path:
    rows = [{"text": f"good {at}", "label": "good"} for at in range(4)]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path
