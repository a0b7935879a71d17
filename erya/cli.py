"""The `erya` command: imports the chosen subcommand's module only, and turns errors into one line and an exit code."""

import importlib
import importlib.util
import os
import sys
from typing import Any

import click

from erya import __version__
from erya.core import registry
from erya.core.errors import UserError, did_you_mean


class LazyGroup(click.Group):
    """A group whose commands are the modules of a package, imported when asked for.

    The help text of each comes from the first line of its module docstring, read without importing it.
    """

    package = "erya.commands"

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Command names, sorted."""
        return [name.replace("_", "-") for name in registry.names(self.package)]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{self.package}.{name.replace('-', '_')}")
        command: click.Command = module.COMMAND
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        if args and args[0] not in self.list_commands(ctx) and not args[0].startswith("-"):
            raise UserError(f"unknown command '{args[0]}'{did_you_mean(args[0], self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List each command with the first line of its module docstring."""
        rows = [(name, _summary(self.package, name)) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def _summary(package: str, name: str) -> str:
    spec = importlib.util.find_spec(f"{package}.{name.replace('-', '_')}")
    assert spec is not None
    assert spec.origin is not None
    with open(spec.origin, encoding="utf-8") as stream:  # noqa: PTH123 - pathlib costs start-up time here
        return stream.readline().strip().strip('"').rstrip(".")


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="erya")
def cli() -> None:
    """From raw text to a language model you can trust.

    \b
    erya demo                       the whole way on text that is already here, in minutes
    erya COMMAND --help             what a command does, with examples
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; exit codes: 0 done, 1 the run failed, 2 usage or input error, 75 and 130 stopped."""
    # Threads of torch that wait for each other spin by default; with anything else to do on the machine, training then
    # becomes several times slower (LOG.md). It must be set before torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        result: Any = cli.main(args=arguments, prog_name="erya", standalone_mode=False)
    except UserError as error:
        return _fail(str(error), error.exit_code)
    except click.ClickException as error:
        return _fail(error.format_message(), 2)
    except (KeyboardInterrupt, click.Abort):
        return _fail("interrupted", 130)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return result if isinstance(result, int) else 0


def _fail(message: str, code: int) -> int:
    click.echo(f"erya: {' '.join(message.split())}", err=True)
    return code
