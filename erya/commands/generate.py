"""Continue prompts with a model."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from erya.commands._writing import open_writer, writing_config, writing_options
from erya.core.errors import UserError

if TYPE_CHECKING:
    from erya.generate.engine import Event


@click.command("generate")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("prompts", nargs=-1, metavar="[PROMPT]...")
@click.option("--file", "file", type=click.File("r", encoding="utf-8"), help="Prompts, one a line; - is stdin.")
@click.option("--num", type=click.IntRange(min=1), default=1, show_default=True, help="Texts for each prompt.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a text.")
@writing_options
def COMMAND(  # noqa: N802 - the name the command line looks for
    model: Path, prompts: tuple[str, ...], file: Any, num: int, as_json: bool, device: str, **options: Any
) -> None:
    """Continue each PROMPT with MODEL, a model directory.

    Prompts come from the command line, from --file, or, when there is neither, from standard input, one a line. One
    prompt on a terminal is shown as it is written.

    \b
    erya generate runs/first/model "The history of"
    erya generate runs/first/model "从前" --temperature 0 --max-new-tokens 40
    erya generate runs/first/model --file prompts.txt --num 3 --seed 7 --json
    echo "Once upon a time" | erya generate runs/first/model --top-p 0.9 --stop "."
    """
    config = writing_config(options)
    if num > 1 and config.greedy:
        raise UserError(f"num: got {num} with a temperature of 0, which writes the same text {num} times; raise it")
    chosen = _prompts(prompts, file)
    texts = [prompt for prompt in chosen for _ in range(num)]
    _, writer = open_writer(model, device, alone=len(texts) == 1)
    events = writer.stream(texts, config)
    if as_json:
        _print_json(texts, events)
    elif len(texts) == 1:
        click.echo(texts[0], nl=False)
        for event in events:
            click.echo(event.text, nl=False)
        click.echo()
    else:
        _print_texts(texts, num, events)


def _prompts(given: tuple[str, ...], file: Any) -> list[str]:
    if given and file is not None:
        raise UserError("prompts are given both on the command line and with --file; choose one")
    if given:
        return list(given)
    stream = file or sys.stdin
    if file is None and sys.stdin.isatty():
        raise UserError('no prompt; give one, for example: erya generate MODEL "Once upon a time"')
    try:
        lines = [line for line in stream.read().splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise UserError(f"prompts: not UTF-8 text ({error.reason} at byte {error.start}); convert the file") from None
    if not lines:
        raise UserError("no prompt: the input is empty; give one prompt a line")
    return lines


def _in_order(events: "Any") -> "Any":
    """Finished texts in the order of their prompts, each as soon as all before it are there."""
    waiting: dict[int, Event] = {}
    due = 0
    for event in events:
        if event.completion is not None:
            waiting[event.index] = event
        while due in waiting:
            yield due, waiting.pop(due).completion
            due += 1


def _print_json(texts: list[str], events: "Any") -> None:
    for index, completion in _in_order(events):
        record = {
            "prompt": texts[index],
            "text": completion.text,
            "finish_reason": completion.finish_reason,
            "prompt_tokens": completion.prompt_tokens,
            "completion_tokens": len(completion.tokens),
        }
        click.echo(json.dumps(record, ensure_ascii=False))


def _print_texts(texts: list[str], num: int, events: "Any") -> None:
    for index, completion in _in_order(events):
        sample = f", text {index % num + 1} of {num}" if num > 1 else ""
        click.echo(f"── prompt {index // num + 1}{sample}\n{texts[index]}{completion.text}\n")
