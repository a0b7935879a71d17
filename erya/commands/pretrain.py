"""Train a language model from tokens: start, resume or show the plan."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from erya.core.config import Resolved, leaves
from erya.core.errors import UserError

if TYPE_CHECKING:
    from erya.train.config import RunConfig
    from erya.train.loop import Hook


@click.command("pretrain")
@click.argument("arguments", nargs=-1, metavar="[PRESET|FILE.toml] [KEY=VALUE]...")
@click.option("--tokens", multiple=True, help="A tokens directory to learn from; may be given several times.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs/pretrain"),
    show_default=True,
    help="Directory of the run.",
)
@click.option("--resume", is_flag=True, help="Go on with the run in --out from its newest whole checkpoint.")
@click.option("--dry-run", is_flag=True, help="Print the configuration and where each value comes from; train nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def COMMAND(  # noqa: N802 - every command module offers COMMAND
    arguments: tuple[str, ...], tokens: tuple[str, ...], out: Path, resume: bool, dry_run: bool, as_json: bool
) -> None:
    """Train a language model from tokens.

    The model, its learning rate, batch and length all follow from one dial; every value can be set by itself.

    \b
    erya pretrain --tokens build/tokens model.size=3m --out runs/first
    erya pretrain small --tokens build/tokens training.max_seconds=600 --out runs/small
    erya pretrain --resume --out runs/first
    erya pretrain small --tokens build/tokens --dry-run
    """
    from erya.train.config import resolve_run

    source, overrides = _split(arguments)
    if resume and source is None:
        source = str(out / "config.toml")
    resolved = resolve_run(source, overrides, tokens)
    if dry_run:
        click.echo(json.dumps(plan_json(resolved), ensure_ascii=False) if as_json else plan_text(resolved))
        return
    from erya.train.pretrain import pretrain

    result = pretrain(resolved.config, out, resume=resume, hooks=_samples(resolved.config, out))
    if as_json:
        click.echo(json.dumps({**asdict(result), "model": str(result.model)}))
        return
    loss = f", validation loss {result.validation_loss:.4f}" if result.validation_loss is not None else ""
    click.echo(
        f"{result.model}: {result.parameters:,} parameters, {result.step:,} steps, {result.tokens:,} tokens{loss}"
    )
    model = result.model
    writing = f'erya generate {model} "The " · erya evaluate {model}'
    click.echo(f"next: {writing if _writes(resolved.config) else f'erya finetune {model}'} · erya runs {out}")


def _split(arguments: tuple[str, ...]) -> tuple[str | None, list[str]]:
    sources = [argument for argument in arguments if "=" not in argument]
    if len(sources) > 1:
        raise UserError(f"'{sources[1]}': expected one preset or file, then KEY=VALUE; got a second one")
    return (sources[0] if sources else None), [argument for argument in arguments if "=" in argument]


def _writes(config: "RunConfig") -> bool:
    """Whether the model will go on with a text."""
    from erya.core import registry
    from erya.model.sizes import FAMILIES

    objective: str = registry.pick(FAMILIES, "FAMILY", config.model.family).model_class.objective
    return objective == "next_token"


def _samples(config: "RunConfig", out: Path) -> list["Hook"]:
    """The hook that lets the model continue the configured prompts, if samples are wanted.

    Raises: UserError when the model is none that goes on with a text.
    """
    if config.log.samples_every_steps is None:
        return []
    if not _writes(config):
        raise UserError(
            f"log.samples_every_steps: a {config.model.family} model does not go on with a text; leave it out, "
            "or choose a decoder: model.family=qwen3"
        )
    from erya.core.runs import RunDirectory
    from erya.generate.engine import GenerationConfig
    from erya.generate.text import Writer
    from erya.tokenizer.tokenizer import Tokenizer
    from erya.train.hooks import Samples

    tokenizer = Tokenizer.load(Path(config.data.tokens[0]))

    def complete(model: Any, prompts: list[str], max_tokens: int) -> list[str]:
        greedy = GenerationConfig(temperature=0.0, max_new_tokens=max_tokens)
        return [completion.text for completion in Writer(model, tokenizer).complete(prompts, greedy)]

    return [Samples(RunDirectory(out), config.log, complete)]


def plan_json(resolved: "Resolved[Any]") -> dict[str, dict[str, object]]:
    """Every setting with its value and where it comes from."""
    flat = leaves(resolved.config.model_dump(mode="json"))
    return {key: {"value": value, "origin": resolved.origin(key)} for key, value in flat.items()}


def plan_text(resolved: "Resolved[Any]") -> str:
    """The configuration as TOML, each value with its origin as a comment."""
    lines: list[str] = []
    plan = plan_json(resolved)
    for key in sorted(plan, key=lambda key: "." in key):  # what stands in no table comes first in TOML
        value = plan[key]
        section, _, name = key.rpartition(".")
        if section and f"[{section}]" not in lines:
            lines += ["", f"[{section}]"]
        text = json.dumps(value["value"], ensure_ascii=False)
        setting = f"{name} = {text}" if value["value"] is not None else f"# {name} is not set"
        lines.append(f"{setting:<46} # {value['origin']}")
    return "\n".join(lines).lstrip("\n")
