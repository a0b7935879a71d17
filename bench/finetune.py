"""Fine-tuning from scratch: the Multi30k recipe against MarianMTModel under Seq2SeqTrainer, on equal terms.

Same pairs, tokenizer, ids, shape, dropout, threads, float32 and wall-clock budget; each contestant runs alone in its
own process. The peer has its trainer's defaults and its best of two learning rates. Erya has some shares of the
time that took, what its token vectors take to count included; everyone's validation comes after its time. Headline: the
peer's time over the least with which Erya reaches the loss (nats a target, no smoothing) the peer ends with.

    python bench/finetune.py --pairs TRAIN.en TRAIN.de VAL.en VAL.de [--seconds 300]     about 20 minutes on 2 cores
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
from results import finish

from erya.commands._finetuning import prepare, resolve_finetune
from erya.core.runs import RunDirectory
from erya.dataset.examples import Examples
from erya.train.finetune import FinetuneConfig, Prepared

HERE = Path(__file__).resolve().parent
TOKENIZED = HERE.parent.parent / "shared" / "data" / "multi30k" / "tok"
PAIRS = [TOKENIZED / f"{part}.lc.norm.tok.{language}.gz" for part in ("train", "val") for language in ("en", "de")]
RATES = (5e-4, 1e-3)
SHARES = (0.4, 0.45, 0.5, 1.0)
SETTINGS = (
    "training.precision=float32",
    "training.max_epochs=none",
    "data.judged_records=0",
    "checkpoint.every_steps=none",
    "checkpoint.average=none",
    "validation.every_steps=1000000",
)


def main() -> None:
    """Run the peer at both rates, then Erya in each share of the time, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--pairs", type=Path, nargs=4, default=PAIRS, help="aligned: train source, target, validation …"
    )
    parser.add_argument("--seconds", type=float, default=300.0, help="wall-clock budget of each run")
    parser.add_argument("--work", type=Path, default=Path("build/bench-finetune"), help="where runs are kept")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    given = command_line(arguments.pairs)
    config = resolve_finetune([*SETTINGS, "training.max_seconds=1", "translate-tiny"], given, None).config
    prepared = prepare(config, torch.device("cpu"))
    tried = [peer(prepared, config, arguments.work, arguments.seconds, rate) for rate in RATES]
    best = min(tried, key=lambda run: run["loss"])
    counting = seconds_of_vectors(prepared)
    ours = [erya(arguments.work, given, best["seconds"] * share, counting) for share in SHARES]
    reached = [run["seconds"] for run in ours if run["loss"] <= best["loss"]]
    rows: list[dict[str, Any]] = [
        {"system": "transformers", **{key: run[key] for key in ("learning_rate", "seconds", "steps", "loss")}}
        for run in tried
    ]
    rows += [{"system": "erya", **run} for run in ours]
    finish(
        "finetune",
        f"transformers Seq2SeqTrainer, best of {len(RATES)} learning rates",
        best["seconds"] / min(reached) if reached else 0.0,
        rows,
        seconds=arguments.seconds,
        parameters=best["parameters"],
        seconds_of_token_vectors=round(counting, 1),
        wanted=2.0,
    )


def command_line(pairs: list[Path]) -> dict[str, Any]:
    """The options of `erya finetune` for these files."""
    train, validation = [str(path) for path in pairs[:2]], [str(path) for path in pairs[2:]]
    return {"task": "translate", "train": train, "validation": validation, "languages": "en-de", "lora": False}


def peer(
    prepared: Prepared, config: FinetuneConfig, work: Path, seconds: float, learning_rate: float
) -> dict[str, Any]:
    """The peer's run on the very ids."""
    settings = {
        "train": as_lists(prepared.train(0)),
        "validation": as_lists(prepared.validation),
        "shape": prepared.model.config.model_dump(),
        "seconds": seconds,
        "learning_rate": learning_rate,
        "seed": config.training.seed,
        "num_threads": torch.get_num_threads(),
    }
    (work / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, str(HERE / "peers" / "seq2seq.py"), str(work / "settings.json")]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {"learning_rate": learning_rate, **json.loads(output.splitlines()[-1])}


def as_lists(examples: Examples) -> list[dict[str, list[int]]]:
    """The examples without padding, under the peer's names."""
    rows = (examples.batch([[place]]) for place in range(len(examples)))
    return [{"input_ids": row["source"][0].tolist(), "labels": row["targets"][0].tolist()} for row in rows]


def seconds_of_vectors(prepared: Prepared) -> float:
    """What the recipe counts before training, of which the run's own clock does not know."""
    start = time.perf_counter()
    assert prepared.begin is not None, "the recipe begins with counted vectors"
    prepared.begin()
    return time.perf_counter() - start


def erya(work: Path, given: dict[str, Any], seconds: float, counting: float) -> dict[str, Any]:
    """Erya's run through its own command within so many seconds, and its validation loss after them."""
    out = work / f"erya-{seconds:g}"
    shutil.rmtree(out, ignore_errors=True)
    files = [part for name in ("train", "validation") for path in given[name] for part in (f"--{name}", path)]
    command = [sys.executable, "-m", "erya", "finetune", "translate-tiny", *files, "--languages", given["languages"]]
    command += ["--out", str(out), *SETTINGS, f"training.max_seconds={seconds - counting:g}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=dict(os.environ))
    run = RunDirectory(out)
    losses = [it["validation_loss"] for it in run.read_metrics() if "validation_loss" in it]
    trained = max(it["seconds"] for it in run.read_metrics() if "tokens_per_second" in it)
    return {"seconds": trained + counting, "steps": run.info["step"], "loss": losses[-1]}


if __name__ == "__main__":
    main()
