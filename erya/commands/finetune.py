"""Train a model for a task: from a trained model or from scratch; start, resume or show the plan."""

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from erya.commands.pretrain import plan_json, plan_text


@click.command("finetune")
@click.argument("arguments", nargs=-1, metavar="[MODEL] [PRESET|FILE.toml] [KEY=VALUE]...")
@click.option("--task", help="translate, answer, summarize or classify.")
@click.option("--train", multiple=True, help="A file to learn from; may be given several times.")
@click.option("--validation", multiple=True, help="A file to choose the best model on; may be given several times.")
@click.option("--languages", help="Of the task: en, or en-zh for a translation from the one to the other.")
@click.option("--lora", is_flag=True, help="Train small matrices beside MODEL's own (lora.rank, lora.targets …).")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("runs/finetune"), show_default=True, help="The run's place."
)
@click.option("--resume", is_flag=True, help="Go on with the run in --out from its newest whole checkpoint.")
@click.option("--dry-run", is_flag=True, help="Print the configuration and where each value comes from; train nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def COMMAND(  # noqa: N802 - every command module offers COMMAND
    arguments: tuple[str, ...],
    task: str | None,
    train: tuple[str, ...],
    validation: tuple[str, ...],
    languages: str | None,
    lora: bool,
    out: Path,
    resume: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Train a model for a task, and keep what is best on the validation files by the task's own metric.

    With MODEL, a trained model's directory, it goes on from there; without, it begins from scratch with the shape of a
    preset or of model.*, and with a tokenizer learned from the training texts.

    \b
    erya finetune translate-tiny --languages en-de \\
        --train train.en --train train.de --validation val.en --validation val.de --out runs/en-de
    erya finetune runs/first/model --task summarize --languages en \\
        --train train.jsonl --validation val.jsonl training.max_epochs=3
    erya finetune runs/first/model --lora --task summarize --languages en \\
        --train train.jsonl --validation val.jsonl training.max_epochs=3
    erya finetune --resume --out runs/en-de
    """
    from erya.commands._finetuning import prepare, resolve_finetune, settle

    given = {"task": task, "train": list(train), "validation": list(validation), "languages": languages, "lora": lora}
    resolved = resolve_finetune(list(arguments), given, out if resume else None)
    if dry_run:
        click.echo(json.dumps(plan_json(resolved), ensure_ascii=False) if as_json else plan_text(resolved))
        return
    from erya.train.finetune import finetune

    result = finetune(resolved.config, partial(prepare, resolved.config), out, resume=resume)
    settle(resolved.config, result.model)
    if as_json:
        click.echo(json.dumps({**asdict(result), "model": str(result.model)}))
        return
    name = resolved.config.task["name"]
    click.echo(
        f"{result.model}: {result.parameters:,} parameters, {result.step:,} steps, {result.seconds:,.0f} seconds"
    )
    click.echo(f"next: erya {name} {result.model} < FILE · erya evaluate {result.model} --on FILE")
