"""The whole way on embedded text: corpus, tokenizer, model, measurement, text.

Each step is the very command a person would type; it is printed, then run.
"""

import shlex
import time
from pathlib import Path

import click

PROMPTS = ("Return the number of ", "The file is ", "这个")
VOCAB_SIZE = 4096


@click.command(name="demo")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("runs/demo"), show_default=True, help="Where all of it goes."
)
@click.option("--seconds", type=click.FloatRange(min=1), default=240.0, show_default=True, help="Training time.")
def COMMAND(out: Path, seconds: float) -> int:  # noqa: N802 - every command module offers COMMAND
    """Build a language model from raw text on this machine, measure it and let it write: about 5 minutes on 2 cores.

    The text comes with Erya or is made on the spot, so no network is needed: the documentation inside this Python's
    standard library, and sentences, stories and reports from small English and Chinese grammars (synthetic, seeded).
    Steps that are already done are skipped, so an interrupted demo goes on where it was.

    \b
    erya demo
    erya demo --out runs/longer --seconds 1800
    """
    start = time.monotonic()
    for title, step in _steps(out, seconds):
        click.secho(f"\n{title}", bold=True, err=True)
        code = _run(step)
        if code:
            return code
    _farewell(out, time.monotonic() - start)
    return 0


def _steps(out: Path, seconds: float) -> list[tuple[str, list[str]]]:
    corpus, tokenizer, tokens, run = (str(out / name) for name in ("corpus", "tokenizer", "tokens", "run"))
    pretrain = ["pretrain", "demo", f"training.max_seconds={seconds:g}", "--tokens", tokens, "--out", run]
    generate = ["generate", f"{run}/model", *PROMPTS, "--max-new-tokens", "48", "--temperature", "0.7", "--seed", "1"]
    steps = [
        ("1/6  Raw text to a corpus", ["corpus", "samples", "--out", corpus]),
        ("2/6  A vocabulary", ["tokenizer", "train", corpus, "--out", tokenizer, "--vocab-size", str(VOCAB_SIZE)]),
        ("3/6  Text to tokens", ["tokenizer", "encode", corpus, "--tokenizer", tokenizer, "--out", tokens]),
        ("4/6  A Transformer from scratch", pretrain),
        ("5/6  Measured beside n-grams", ["evaluate", f"{run}/model", "--on", corpus, "--out", str(out / "report")]),
        ("6/6  Three continuations", generate),
    ]
    state = _run_status(out / "run")
    if state == "done":
        steps[3] = ("4/6  A Transformer from scratch", [])
    elif state is not None:
        steps[3] = ("4/6  A Transformer from scratch (going on)", ["pretrain", "--resume", "--out", run])
    return steps


def _run_status(path: Path) -> str | None:
    from erya.core.runs import RunDirectory

    if not (path / "run.json").is_file():
        return None
    return str(RunDirectory.open(path).info["status"])


def _run(arguments: list[str]) -> int:
    if not arguments:
        click.echo("already trained; delete the run's directory to train it again", err=True)
        return 0
    click.secho(f"$ erya {shlex.join(arguments)}", dim=True, err=True)
    root = click.get_current_context().find_root().command
    return root.main(args=arguments, prog_name="erya", standalone_mode=False) or 0


def _farewell(out: Path, seconds: float) -> None:
    model = out / "run" / "model"
    click.secho(f"\nDone in {seconds / 60:.1f} minutes.", bold=True)
    click.echo(f"model   {model}  (a Hugging Face directory: transformers loads it as it is)")
    click.echo(f"report  {out / 'report' / 'report.html'}  (open it in a browser)")
    click.echo("\nThe embedded text shows the way, not what a model can do. Next, the same on real text:")
    click.echo(
        "  erya corpus get wikitext-2 --out data/wikitext-2      or any text, JSON Lines, Parquet, dump of yours"
    )
    click.echo("  erya corpus build data/wikitext-2 --out build/corpus")
    click.echo("  erya tokenizer train build/corpus --out build/tokenizer --vocab-size 8192")
    click.echo("  erya tokenizer encode build/corpus --tokenizer build/tokenizer --out build/tokens")
    click.echo("  erya pretrain --tokens build/tokens model.size=3m --out runs/first")
    click.echo(f"\nTalk to this one:  erya chat {model}")
