"""The report of a task as a browser shows it: the score in the page, and every chart drawn with no network."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from erya.cli import run
from erya.model.files import save_model
from tests.commands.test_finetune import ROWS
from tests.tasks.small import build, tokenizer

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_the_page_shows_the_score_and_draws_its_charts(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in ROWS["classify"]), encoding="utf-8")
    task = {"name": "classify", "language": "en", "labels": ["bad", "good"]}
    model = build("bert", head="label", labels=("bad", "good"))
    save_model(tmp_path / "model", model, tokenizer(), {"task": task, "config": {"data": {"train": [str(rows)]}}})
    out = tmp_path / "report"
    assert run(["evaluate", str(tmp_path / "model"), f"--on={rows}", f"--out={out}"]) == 0
    written = json.loads((out / "report.json").read_text(encoding="utf-8"))
    command = [
        str(CHROMIUM),
        *FLAGS,
        f"--user-data-dir={tmp_path / 'profile'}",
        "--dump-dom",
        f"file://{out}/report.html",
    ]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    score = f"{written['systems']['model']['figures']['macro-F1']['value']:.2f}"
    assert re.search(rf"<td[^>]*>model</td><td[^>]*>{re.escape(score)}</td>", dom)
    assert written["verdict"].split(":")[0] in dom
    charts = dom.count('class="plotly-graph-div')
    assert charts >= 1
    assert dom.count('<svg class="main-svg"') >= charts
