"""The command line: quick help without torch, one-line errors, exit codes, completion."""

import json
import subprocess
import sys
import time

import pytest

from erya import cli
from erya.core import registry

HELP_SECONDS = 0.3  # the bound; the best of five keeps a busy machine from deciding it


def erya(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "erya", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_help_is_quick() -> None:
    times = []
    for _ in range(5):
        start = time.perf_counter()
        assert erya("--help").returncode == 0
        times.append(time.perf_counter() - start)
    assert min(times) < HELP_SECONDS


def test_help_imports_no_torch() -> None:
    code = (
        "import sys; from erya.cli import run; run(['--help']); print('torch' in sys.modules, 'numpy' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "False False"


def test_help_lists_every_command() -> None:
    text = erya("--help").stdout
    for name in registry.names("erya.commands"):
        assert f"  {name.replace('_', '-')} " in text


@pytest.mark.parametrize("name", registry.names("erya.commands"))
def test_every_command_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([name.replace("_", "-"), "--help"]) == 0
    assert f"erya {name.replace('_', '-')}" in capsys.readouterr().out.split("\n", 1)[1]


def test_unknown_command_suggests_the_closest() -> None:
    result = erya("pretrian")
    assert result.returncode == 2
    assert result.stderr == "erya: unknown command 'pretrian'; did you mean 'pretrain'?\n"


def test_unknown_option_is_a_usage_error() -> None:
    result = erya("doctor", "--jsn")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "--json" in result.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script_names_the_command(shell: str) -> None:
    assert "_ERYA_COMPLETE" in erya("completion", shell).stdout


def test_completion_completes_a_command() -> None:
    environment = {
        "_ERYA_COMPLETE": "bash_complete",
        "COMP_WORDS": "erya doc",
        "COMP_CWORD": "1",
        "PATH": "/usr/bin:/bin",
    }
    result = subprocess.run(
        [sys.executable, "-c", "from erya.cli import main; main([])"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert "doctor" in result.stdout


def test_doctor_reports_this_machine() -> None:
    result = erya("doctor", "--json")
    report = json.loads(result.stdout)
    names = {item["name"] for item in report["findings"]}
    assert {"python", "torch", "cores", "memory", "disk here", "precision", "cache", "threads", "gpu"} <= names
    assert result.returncode == (0 if report["ok"] else 1)
