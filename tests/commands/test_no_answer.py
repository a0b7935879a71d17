"""The no-answer threshold: chosen on the validation questions, stored with the model, and used by every command."""

import json
from pathlib import Path

import pytest

from erya.cli import run
from erya.evaluate.metrics.answer import f1
from erya.tasks.base.loaded import TaskModel, load
from tests.commands.test_finetune import FAST, arguments

# One answer in three is not in its context, as in SQuAD v2.0.
PLACES = ["Ada built bridge {n} in 18{n:02d}.", "Tom sold {n} red apples.", "Nine monks read book {n}."]


def squad(first: int, count: int) -> dict:
    """A set in the layout of SQuAD v2.0."""
    questions = []
    for n in range(first, first + count):
        context = PLACES[n % 3].format(n=n)
        asked = {"id": f"q{n}", "question": "Who built the bridge?", "is_impossible": n % 3 > 0, "answers": []}
        if not n % 3:
            asked["answers"] = [{"text": "Ada", "answer_start": 0}]
        questions.append({"context": context, "qas": [asked]})
    return {"version": "v2.0", "data": [{"title": "bridges", "paragraphs": questions}]}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("threshold")
    for name, (first, count) in {"train": (0, 30), "validation": (30, 24), "test": (54, 18)}.items():
        (folder / f"{name}.json").write_text(json.dumps(squad(first, count)), encoding="utf-8")
    return folder


def finetune(place: Path, name: str, *more: str) -> Path:
    files = [f"--{part}={place / part}.json" for part in ("train", "validation")]
    given = [*arguments("answer", "bert", place)[:-4], *FAST, "data.judged_records=0", *more]
    assert run(["finetune", *given, "--task=answer", "--languages=en", *files, f"--out={place / name}"]) == 0
    return place / name / "model"


@pytest.fixture(scope="module")
def model(place: Path) -> Path:
    return finetune(place, "run")


def figure(model: TaskModel, threshold: float | None, records: list) -> float:
    settings = model.settings.model_copy(update={"no_answer_threshold": threshold})
    found = f1.METRIC.measure(model.task.system(model.model, model.tokenizer, settings)(records), records, "en")
    return float(found.value(found.statistics.sum(axis=0)))


def test_it_is_the_best_on_the_validation_questions(place: Path, model: Path) -> None:
    stored = json.loads((model / "erya.json").read_text(encoding="utf-8"))["provenance"]["task"]["no_answer_threshold"]
    loaded = load(model)
    assert loaded.settings.no_answer_threshold == stored != 0
    records = loaded.task.read([place / "validation.json"], loaded.settings)
    margins = [it.score for it in loaded.predict(records)]
    best = figure(loaded, stored, records)
    assert best >= max(figure(loaded, threshold, records) for threshold in [None, 0.0, *margins])
    assert best >= 2 / 3 * 100, "to answer nothing at all is right that often"


def test_what_the_configuration_says_stays(place: Path) -> None:
    assert load(finetune(place, "said", "task.no_answer_threshold=1.5")).settings.no_answer_threshold == 1.5


def test_a_lora_knows_it_too(place: Path, model: Path) -> None:
    files = [f"--{part}={place / part}.json" for part in ("train", "validation")]
    command = ["finetune", str(model), "--lora", *FAST, "--task=answer", "--languages=en", *files]
    assert run([*command, f"--out={place / 'lora'}"]) == 0
    described = [json.loads((place / "lora" / it / "erya.json").read_text()) for it in ("model", "adapter")]
    both = [it["provenance"]["task"]["no_answer_threshold"] for it in described]
    assert both[0] == both[1] != 0


def test_the_report_says_it_and_the_commands_use_it(
    place: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = place / "report"
    assert run(["evaluate", str(model), "--on", str(place / "test.json"), f"--out={out}", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    threshold = load(model).settings.no_answer_threshold
    assert printed["no-answer threshold"] == f"{threshold:.3f} nats"
    assert f"no-answer threshold: {threshold:.3f} nats" in (out / "report.html").read_text(encoding="utf-8")
    assert printed["systems"]["model"]["signatures"]["F1"].startswith("metric:f1|definition:squad-v2.0")
    lines = [json.loads(line) for line in (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all((line["output"] == "") == (line["score"] <= threshold) for line in lines)
    context = place / "context.txt"
    context.write_text("Ada built bridge 60 in 1860.", encoding="utf-8")
    assert run(["answer", str(model), "--context", str(context), "Who built the bridge?", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["answer"] == "") == (found["score"] <= threshold)
