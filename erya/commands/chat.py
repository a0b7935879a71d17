"""Write with a model in turns, each going on from all before."""

import sys
from pathlib import Path
from typing import Any

import click

from erya.commands._writing import open_writer, writing_config, writing_options
from erya.core.progress import say, warn

HELP = "You write, the model goes on from there. /reset forgets, /quit (or end of input) leaves."


@click.command("chat")
@click.argument("model", type=click.Path(path_type=Path))
@writing_options
def COMMAND(model: Path, device: str, **options: Any) -> None:  # noqa: N802 - the name the command line looks for
    """Write a text together with MODEL: each line you give is added, and the model continues it.

    A pretrained model has learned to continue text, not to answer; give it a beginning rather than a question.

    \b
    erya chat runs/first/model
    printf 'Once upon a time\\nThe next day\\n' | erya chat runs/first/model --seed 3
    """
    config = writing_config(options)
    _, writer = open_writer(model, device, alone=True)
    writer.latest("", config)  # says now, not after the first line, when there is no room to write
    interactive = sys.stdin.isatty()
    if interactive:
        say(HELP)
    history, turn, forgotten = "", 0, False
    while (line := _line(interactive)) is not None:
        if line.strip() in ("/quit", "/exit"):
            return
        if line.strip() == "/reset":
            history, forgotten = "", False
            continue
        history += f"\n{line}" if history else line
        ids, cut = writer.latest(history, config)
        if cut and not forgotten:
            warn(f"the text is longer than the {writer.context_length:,} tokens the model reads; it forgets the first")
            forgotten = True
        for event in writer.engine.stream([ids], config.model_copy(update={"seed": config.seed + turn})):
            click.echo(event.text, nl=False)
            history += event.text
        click.echo()
        turn += 1


def _line(interactive: bool) -> str | None:
    """The next line a person or a pipe gives; None at the end."""
    try:
        return input("> " if interactive else "")
    except EOFError:
        return None
