"""The whole way on embedded text: corpus, tokenizer, model, measurement, text; then the tasks, beside their baselines.

Each step is the very command a person would type; it is printed, then run.
"""

import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

PROMPTS = ("Return the number of ", "The file is ", "这个")
VOCAB_SIZE = 4096
TASKS = {
    "translate": "An encoder–decoder from scratch learns to translate English to Chinese",
    "answer": "An encoder from scratch learns to mark answers in stories",
    "summarize": "The language model learns to write headlines",
}
FROM_LANGUAGE_MODEL = ("summarize",)


@dataclass(frozen=True)
class Step:
    """One command; one that trains names the run's directory, so that it is skipped or gone on with."""

    title: str
    arguments: list[str]
    run: Path | None = None


@click.command(name="demo")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("runs/demo"), show_default=True, help="Where all of it goes."
)
@click.option("--seconds", type=click.FloatRange(min=1), default=100.0, show_default=True, help="Pretraining time.")
@click.option(
    "--task-seconds", type=click.FloatRange(min=1), default=40.0, show_default=True, help="Training time of each task."
)
def COMMAND(out: Path, seconds: float, task_seconds: float) -> int:  # noqa: N802 - every command module offers COMMAND
    """Build a language model from raw text on this machine, teach it tasks and measure it: about 6 minutes on 2 cores.

    The text comes with Erya or is made on the spot, so no network is needed: the documentation inside this Python's
    standard library, and sentences, stories and reports from small English and Chinese grammars (synthetic, seeded).
    What the tasks are tested on was not trained on: new combinations of words, new stories, new reports.
    Steps that are already done are skipped, so an interrupted demo goes on where it was.

    \b
    erya demo
    erya demo --out runs/longer --seconds 1800 --task-seconds 600
    """
    start = time.monotonic()
    steps = [*_language_model(out, seconds), *_tasks(out, task_seconds)]
    for number, step in enumerate(steps, start=1):
        click.secho(f"\n{number}/{len(steps)}  {step.title}", bold=True, err=True)
        code = _run(_going_on(step))
        if code:
            return code
    _farewell(out, time.monotonic() - start)
    return 0


def _language_model(out: Path, seconds: float) -> Iterator[Step]:
    corpus, tokenizer, tokens, run = (str(out / name) for name in ("corpus", "tokenizer", "tokens", "run"))
    yield Step("Raw text to a corpus", ["corpus", "samples", "--out", corpus, "--tasks", str(out / "tasks")])
    vocabulary = ["--out", tokenizer, "--vocab-size", str(VOCAB_SIZE)]
    yield Step("A vocabulary", ["tokenizer", "train", corpus, *vocabulary])
    yield Step("Text to tokens", ["tokenizer", "encode", corpus, "--tokenizer", tokenizer, "--out", tokens])
    pretrain = ["pretrain", "demo", f"training.max_seconds={seconds:g}", "--tokens", tokens, "--out", run]
    yield Step("A Transformer from scratch", pretrain, out / "run")
    yield Step("Measured beside n-grams", ["evaluate", f"{run}/model", "--on", corpus, "--out", str(out / "report")])
    settings = ["--max-new-tokens", "48", "--temperature", "0.7", "--seed", "1"]
    yield Step("Three continuations", ["generate", f"{run}/model", *PROMPTS, *settings])


def _tasks(out: Path, seconds: float) -> Iterator[Step]:
    for task, title in TASKS.items():
        run, records = out / task, out / "tasks"
        files = [f"--{part}={records / f'{task}.{part}.jsonl'}" for part in ("train", "validation")]
        base = [str(out / "run" / "model")] if task in FROM_LANGUAGE_MODEL else []
        budget = f"training.max_seconds={seconds:g}"
        yield Step(title, ["finetune", *base, f"demo-{task}", budget, *files, "--out", str(run)], run)
        on = ["--on", str(records / f"{task}.test.jsonl")]
        yield Step(
            f"{task.capitalize()}: beside its baselines", ["evaluate", f"{run}/model", *on, f"--out={run}/report"]
        )


def _going_on(step: Step) -> list[str]:
    """The step's command; nothing where its run is done, its resumption where it was stopped."""
    from erya.core.runs import RunDirectory

    if step.run is None or not (step.run / "run.json").is_file():
        return step.arguments
    if RunDirectory.open(step.run).info["status"] == "done":
        click.echo("already trained; delete the run's directory to train it again", err=True)
        return []
    return [step.arguments[0], "--resume", "--out", str(step.run)]


def _run(arguments: list[str]) -> int:
    if not arguments:
        return 0
    click.secho(f"$ erya {shlex.join(arguments)}", dim=True, err=True)
    root = click.get_current_context().find_root().command
    return root.main(args=arguments, prog_name="erya", standalone_mode=False) or 0


def _farewell(out: Path, seconds: float) -> None:
    model = out / "run" / "model"
    click.secho(f"\nDone in {seconds / 60:.1f} minutes.", bold=True)
    click.echo(f"model    {model}  (a Hugging Face directory: transformers loads it as it is)")
    click.echo(f"reports  {out / 'report' / 'report.html'}  (open it in a browser), and one beside each task's model")
    click.echo("\nThe embedded text shows the way, not what a model can do. Next, the same on real text:")
    click.echo(
        "  erya corpus get wikitext-2 --out data/wikitext-2      or any text, JSON Lines, Parquet, dump of yours"
    )
    click.echo("  erya corpus build data/wikitext-2 --out build/corpus")
    click.echo("  erya tokenizer train build/corpus --out build/tokenizer --vocab-size 8192")
    click.echo("  erya tokenizer encode build/corpus --tokenizer build/tokenizer --out build/tokens")
    click.echo("  erya pretrain --tokens build/tokens model.size=3m --out runs/first")
    click.echo(f"\nTalk to this one:  erya chat {model}")
    click.echo(f'Translate with it:  echo "The old teacher bought a blue book." | erya translate {out}/translate/model')
