"""bench/tokenize.py runs, ends with its JSON line, and does not hide the standard module of its name."""

import json
import subprocess
import sys
from pathlib import Path

from tests.tokenizer.conftest import chinese

BENCH = Path(__file__).resolve().parents[2] / "bench"


def test_the_benchmark_ends_with_one_json_object_with_every_row(tmp_path: Path, mix: dict[str, str]) -> None:
    (tmp_path / "en.txt").write_text(mix["english"], encoding="utf-8")
    (tmp_path / "zh.jsonl").write_text(
        "\n".join(json.dumps({"text": chinese(3_000, seed)}) for seed in range(30)), encoding="utf-8"
    )
    command = [sys.executable, str(BENCH / "tokenize.py"), "--vocab-size", "600", "--megabytes", "0.1", "--rounds", "1"]
    command += ["--text", str(tmp_path / "en.txt"), "--text", str(tmp_path / "zh.jsonl")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["bench"] == "tokenize"
    assert [row["row"] for row in result["rows"]] == [
        *("en.txt documents", "en.txt lines", "zh.jsonl documents", "zh.jsonl lines"),
        *(f"train {name}, {who}" for name in ("en.txt", "zh.jsonl") for who in ("erya", "tokenizers")),
    ]
    assert result["ratio"] == round(min(row["ratio"] for row in result["rows"] if "ratio" in row), 3)
    assert all(row["train MB"] > 1 for row in result["rows"] if "train MB" in row)


def test_a_script_of_the_folder_still_finds_the_standard_tokenize() -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); import inspect, tokenize; print(tokenize.TokenInfo.__module__)"
    done = subprocess.run([sys.executable, "-S", "-c", code, str(BENCH)], capture_output=True, text=True, check=True)
    assert done.stdout == "tokenize\n"
