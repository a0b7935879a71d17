"""The READMEs tell the truth: every command they show exists with its options, in both languages, and the walk runs."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from erya.cli import cli, run

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    "README.md",
    "README.zh.md",
    "docs/start.md",
    "docs/results.md",
    "docs/guides/tasks.md",
    "docs/guides/corpus.md",
    "docs/guides/cluster.md",
)


def blocks(page: str) -> list[list[str]]:
    """The `erya` commands of each shell block of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^```sh\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    kept = [[line for line in block.splitlines() if line.startswith("erya ")] for block in found]
    return [block for block in kept if block]


COMMANDS = sorted({line for page in PAGES for block in blocks(page) for line in block})


def parse(arguments: list[str]) -> None:
    """Let click take a command line apart, down to the last option, without running it."""
    command: click.Command | None = cli
    context = click.Context(cli, info_name="erya")
    while isinstance(command, click.Group):
        name, *arguments = arguments
        command = command.get_command(context, name)
        assert command is not None, name
    with command.make_context(name, arguments, parent=context):
        pass


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_shown_exists_with_its_options(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, _, _ = line.partition(" > ")  # where the answers go is the shell's affair
    arguments = shlex.split(command, comments=True)[1:]
    for name in (word for word in arguments if word.endswith((".txt", ".en", ".de")) and "/" not in word):
        (tmp_path / name).touch()  # a file that is read is opened while the command line is taken apart
    monkeypatch.chdir(tmp_path)
    parse(arguments)


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith(("erya finetune ", "erya pretrain "))])
def test_every_run_shown_has_a_whole_configuration(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = shlex.split(line, comments=True)[1:]
    if "--resume" in arguments:
        pytest.skip("goes on with a run that has its configuration")
    for name in (word for word in arguments if word.endswith("/model")):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path)
    assert run([*arguments, "--dry-run"]) == 0, capsys.readouterr().err


def test_both_readmes_show_the_same_commands() -> None:
    assert blocks("README.md") == blocks("README.zh.md")


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        folder = (ROOT / page).parent
        for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text(encoding="utf-8")):
            assert (folder / target).exists(), f"{page}: {target}"


@pytest.mark.slow
def test_the_walk_runs_as_it_stands(tmp_path: Path) -> None:
    walk = next(block for block in blocks("README.md") if block[0].startswith("erya corpus samples"))
    tasks = next(block for block in blocks("README.md") if block[0].startswith("erya finetune"))
    (tmp_path / "sentences.txt").write_text("The old teacher bought a blue book.\n", encoding="utf-8")
    for line in [*walk, *tasks]:
        if "runs/other" in line:  # a copy stands for the other model
            shutil.copytree(tmp_path / "runs/translate", tmp_path / "runs/other")
        command = [sys.executable, "-m", *shlex.split(line)]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "build/report/report.html").stat().st_size > 10**6
