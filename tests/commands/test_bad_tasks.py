"""What a person gets wrong with the tasks: one line that says what was got and what to type, and nothing is lost."""

import json
from pathlib import Path

import pytest

from erya.cli import run
from erya.model.files import save_model
from erya.model.lora.files import save_lora
from erya.model.lora.parts import LoRAConfig, add_lora
from tests.commands.test_finetune import ROWS
from tests.tasks.small import build, tokenizer

TRANSLATE = {"name": "translate", "source_language": "en", "target_language": "zh"}
TASKS = {
    "translate": ("marian", TRANSLATE, {}),
    "summarize": ("qwen3", {"name": "summarize", "language": "en"}, {}),
    "answer": ("bert", {"name": "answer", "language": "en"}, {"head": "span"}),
    "classify": (
        "bert",
        {"name": "classify", "language": "en", "labels": ["bad", "good"]},
        {"head": "label", "labels": ("bad", "good")},
    ),
}
SHORT = {"num_beams": 1, "max_new_tokens": 2}  # what an untrained model writes is of no interest
LENGTH = 100_000  # characters
CHINESE = "桥是谁建的？一八一五年，艾达在河边造了这座桥。"
MISPLACED = [
    {"id": "q1", "question": "Who?", "context": "Ada built it.", "answers": ["Ada"], "answer_start": [4]},
    {"id": "q2", "question": "What?", "context": "Ada built it.", "answers": ["it"], "answer_start": [10]},
]


def write_rows(path: Path, rows: list) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    for name, (family, task, more) in TASKS.items():
        brief = {"beams": SHORT} if name in ("translate", "summarize") else {}
        save_model(folder / name, build(family, **more), tokenizer(), {"task": {**task, **brief}})
        write_rows(folder / f"{name}.jsonl", ROWS[name])
    save_model(folder / "other", build("marian", seed=9), tokenizer(), {"task": TRANSLATE})
    save_model(folder / "encoder", build("bert"), tokenizer(), {})
    model = build("marian")
    add_lora(model, LoRAConfig(), seed=1)
    for name, base in (("lora", "translate"), ("astray", "other"), ("lost", "nowhere")):
        save_lora(folder / name, model, folder / base, {"task": {**TRANSLATE, "beams": SHORT}})
    write_rows(folder / "misplaced.jsonl", MISPLACED)
    write_rows(folder / "unseen.jsonl", [{"text": "a film", "label": "superb"}, {"text": "a play", "label": "good"}])
    write_rows(folder / "odd.jsonl", [{"foo": "a", "bar": "b"}])
    (folder / "three.en").write_text("one\ntwo\nthree\n", encoding="utf-8")
    (folder / "two.zh").write_text("一\n二\n", encoding="utf-8")
    (folder / "chinese.txt").write_text(f"{CHINESE}\n", encoding="utf-8")
    (folder / "empty.txt").write_text("", encoding="utf-8")
    (folder / "blank.txt").write_text("\na bridge\n\n", encoding="utf-8")
    (folder / "long.txt").write_text(("The bridge was built by Ada . " * LENGTH)[:LENGTH] + "\n", encoding="utf-8")
    (folder / "unbroken.txt").write_text("x" * LENGTH + "\n", encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def _there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)


PAIRS = ("--train=translate.jsonl", "--validation=translate.jsonl")
FINETUNE = {
    ("translate-tiny", "--task=translate", *PAIRS): "got none; say --languages en-zh, from the one to the other",
    ("translate-tiny", "--task=translate", "--languages=en", *PAIRS): "got language en; say --languages en-zh",
    ("encoder", "--task=classify", "--languages=en-zh", "training.max_steps=2", *PAIRS): "say --languages en",
    ("encoder", "training.max_steps=2", *PAIRS): "task.name: missing; say --task translate, answer, summarize or",
    ("encoder", "--task=classify", "--languages=en", "--train=a"): "data.validation: missing; say --validation FILE",
    ("encoder", "--task=classify", "--languages=en", *PAIRS): "training: missing; say how long to train: training.max_",
    ("translate-tiny", "--languages=en-zh", *PAIRS): "tokenizer.vocab_size: got 8,000, but the text supports",
    (
        *("translate-tiny", "--languages=en-zh", "--train=three.en", "--train=two.zh", "--validation=three.en"),
        "--validation=two.zh",
    ): "three.en has 3 lines, two.zh has 2; aligned files have as many",
    (
        "translate-tiny",
        "--languages=en-zh",
        "--train=three.en",
        "--validation=three.en",
    ): "got three.en; name both files",
    (
        *("encoder", "--task=classify", "--languages=en", "--train=odd.jsonl", "--validation=odd.jsonl"),
        "training.max_steps=2",
    ): "odd.jsonl: line 1: no field text, document",
    (
        *("encoder", "--task=answer", "--languages=en", "--train=misplaced.jsonl", "--validation=misplaced.jsonl"),
        "training.max_steps=2",
    ): "1 question has an answer that is not at its offset (q1), 0 of them nowhere in the context; leave them out",
    (
        "encoder",
        "--task=translate",
        "--languages=en-zh",
        "training.max_steps=2",
        *PAIRS,
    ): "is an encoder, which cannot; start from a decoder or an encoder–decoder",
}
OTHERS = {
    (
        "evaluate",
        "answer",
        "--on=misplaced.jsonl",
    ): "evaluate: --set task.offsets=skip) or take the nearest occurrence (repair)",
    ("evaluate", "translate", "--on=translate.jsonl", "--set=task.offsets=skip"): "--set task: offsets: unknown key",
    ("translate", "translate", "chinese.txt", "--set=task.target_language=de"): "is what the model was trained for",
    ("translate", "translate", "chinese.txt", "--set=task.markup=rst"): "is what the model was trained for",
    ("translate", "translate", "chinese.txt", "--set=device=cpu"): "a trained model has settings of its task only",
    ("evaluate", "translate", "--on=three.en", "--on=two.zh"): "three.en has 3 lines, two.zh has 2",
    ("evaluate", "translate", "--on=empty.txt", "--on=empty.txt"): "no record in it; nothing to read",
    (
        "evaluate",
        "encoder",
        "--task=answer",
        "--on=answer.jsonl",
    ): "was not trained for a task, so it cannot be measured",
    (
        "answer",
        "translate",
        "--context=long.txt",
        "Who?",
    ): "was trained to translate, not to answer; use erya translate",
    ("answer", "encoder", "--context=long.txt", "Who?"): "train it for one: erya finetune encoder --task TASK",
    ("translate", "astray", "chinese.txt"): "this LoRA was made for other weights (sha256",
    ("translate", "lost", "chinese.txt"): "nowhere: no such directory; expected a model directory",
}


@pytest.mark.parametrize(
    ("arguments", "message"), [*((("finetune", *given), said) for given, said in FINETUNE.items()), *OTHERS.items()]
)
def test_a_mistake_is_one_line_and_exit_2(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--out=run"] if arguments[0] == "finetune" else []
    assert run([*arguments, *more]) == 2
    said = capsys.readouterr()
    error = [line for line in said.err.splitlines() if line.startswith("erya: ")]
    assert len(error) == 1
    assert message in error[0]
    assert said.out == ""
    assert not Path("run").exists()


def test_misplaced_answers_are_skipped_or_repaired_by_choice(capsys: pytest.CaptureFixture[str]) -> None:
    for choice, items in (("skip", 1), ("repair", 2)):
        on = ["--on=misplaced.jsonl", f"--set=task.offsets={choice}", "--no-baselines", "--json"]
        assert run(["evaluate", "answer", *on]) == 0
        said = capsys.readouterr()
        report = json.loads(said.out)
        assert report["items"] == items
        assert report["set here"] == f"task.offsets={choice}"
        assert "1 questions with answers that are not at their offsets" in said.err


def test_unseen_labels_are_named_and_count_as_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "classify", "--on=unseen.jsonl", "--no-baselines", "--json"]) == 0
    said = capsys.readouterr()
    assert "1 of 2 records have labels that were unseen in training (superb)" in said.err
    assert json.loads(said.out)["items"] == 2


@pytest.mark.parametrize("model", ["translate", "lora"])
def test_another_language_is_warned_of_and_answered(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["translate", model, "chinese.txt"]) == 0
    said = capsys.readouterr()
    assert said.err.count("the source texts look like 'zh', the task says 'en'") == 1
    assert len(said.out.splitlines()) == 1
    assert run(["translate", model, "three.en"]) == 0
    assert "look like" not in capsys.readouterr().err


@pytest.mark.parametrize("task", ["translate", "summarize", "classify"])
@pytest.mark.parametrize(("file", "lines"), [("empty.txt", 0), ("blank.txt", 3), ("long.txt", 1), ("unbroken.txt", 1)])
def test_nothing_is_lost_of_odd_texts(task: str, file: str, lines: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([task, task, file]) == 0
    answers = capsys.readouterr().out.split("\n")
    assert len(answers) == lines + 1
    if file == "blank.txt":
        assert (answers[0], answers[2]) == ("", "")


@pytest.mark.parametrize("file", ["empty.txt", "long.txt", "unbroken.txt"])
def test_an_answer_is_sought_in_any_context(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["answer", "answer", f"--context={file}", "Who built the bridge?"]) == 0
    answer = capsys.readouterr().out.rstrip("\n")
    assert answer in Path(file).read_text(encoding="utf-8")
