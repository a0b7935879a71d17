"""bench/deduplicate.py runs, ends with its JSON line, and finds what it planted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench" / "deduplicate.py"


@pytest.mark.slow
def test_the_benchmark_ends_with_one_json_object_with_every_row() -> None:
    pytest.importorskip("datasketch")
    command = [sys.executable, str(BENCH), "--documents", "2000", "--beside", "1000"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["bench"], result["peer"]) == ("deduplicate", "datasketch (one process)")
    ours = [row for row in result["rows"] if row["row"].startswith("erya")]
    assert [row["documents"] for row in ours][:2] == [1_000, 2_000]
    assert all(row["recall"] > 0.98 and row["precision"] == 1 for row in ours)
    assert result["ratio"] == round(min(row["ratio"] for row in result["rows"] if "ratio" in row), 3)
