"""Print the script that completes `erya` commands and options in your shell."""

import click
from click.shell_completion import get_completion_class


@click.command(name="completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def COMMAND(context: click.Context, shell: str) -> None:  # noqa: N802 - every command module offers COMMAND
    """Print the completion script of a shell; load it from your shell's start-up file.

    \b
    bash   echo 'eval "$(erya completion bash)"' >> ~/.bashrc
    zsh    echo 'eval "$(erya completion zsh)"' >> ~/.zshrc
    fish   erya completion fish > ~/.config/fish/completions/erya.fish
    """
    maker = get_completion_class(shell)
    assert maker is not None
    root = context.find_root().command
    click.echo(maker(root, {}, "erya", "_ERYA_COMPLETE").source())
