"""`erya finetune` for every task and architecture, then its model on lines; resume = never stopped, bit for bit."""

import json
import os
import signal
from functools import partial
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from erya.cli import cli
from erya.commands._finetuning import prepare, resolve_finetune
from erya.core.errors import RunStopped
from erya.core.storage import sha256_file
from erya.model.files import save_model
from erya.train.finetune import finetune
from tests.tasks.small import build, tokenizer

ROWS = {
    "translate": [{"en": f"bridge {n}", "zh": f"桥{n}"} for n in range(24)],
    "summarize": [{"text": f"Ada built bridge {n}. It stands.", "summary": f"bridge {n}"} for n in range(24)],
    "classify": [{"text": f"a film of {n} acts", "label": "good" if n % 2 else "bad"} for n in range(24)],
    "answer": [
        {"question": "How many?", "context": f"Tom sold {n} red apples.", "answers": [str(n)], "answer_start": [9]}
        for n in range(24)
    ],
}
LINES = dict.fromkeys(ROWS, "a bridge\n\n")
LINES["answer"] = '{"question": "How many?", "context": "Tom sold 9 apples."}\n\n'
SHAPES = {
    "marian": ["model.num_decoder_layers=1"],
    "bert": [],
    "qwen3": ["model.num_kv_heads=1", "model.head_dim=8"],
}
FAST = ["training.max_steps=4", "training.batch_tokens=256", "training.device=cpu", "validation.every_steps=2"]
CASES = [
    ("translate", "marian"),
    ("translate", "qwen3"),
    ("summarize", "marian"),
    ("summarize", "qwen3"),
    ("classify", "bert"),
    ("classify", "qwen3"),
    ("answer", "bert"),
    ("answer", "qwen3"),
    ("answer", "marian"),
]


def arguments(task: str, family: str, folder: Path, base: Path | None = None) -> list[str]:
    for name in ("train", "validation"):
        rows = ROWS[task][:20] if name == "train" else ROWS[task][20:]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    shape = [f"model.family={family}", "model.hidden_size=16", "model.num_layers=1", "model.num_heads=2"]
    shape += ["model.intermediate_size=32", "model.context_length=64", "tokenizer.vocab_size=262", *SHAPES[family]]
    return [*([str(base)] if base else shape), *FAST]


def options(task: str, folder: Path) -> dict[str, object]:
    files = {name: [str(folder / f"{name}.jsonl")] for name in ("train", "validation")}
    return {"task": task, **files, "languages": "en-zh" if task == "translate" else "en"}


def command(task: str, folder: Path, given: list[str]) -> list[str]:
    own = options(task, folder)
    flags = [f"--{name}={value[0] if isinstance(value, list) else value}" for name, value in own.items()]
    return ["finetune", *given, *flags, f"--out={folder / 'run'}"]


@pytest.mark.parametrize("based", [False, True], ids=["scratch", "base"])
@pytest.mark.parametrize(("task", "family"), CASES)
def test_every_task_is_learned_and_done(task, family, based, tmp_path):
    base = None
    if based:
        base = tmp_path / "base"
        save_model(base, build(family), tokenizer(), {})
    given = arguments(task, family, tmp_path, base)
    runner = CliRunner()
    done = runner.invoke(cli, command(task, tmp_path, given), catch_exceptions=False)
    assert "4 steps" in done.stdout
    model = str(tmp_path / "run" / "model")
    plain = runner.invoke(cli, [task, model], input=LINES[task], catch_exceptions=False)
    assert len(plain.stdout.split("\n")) == 3
    assert plain.stdout.split("\n")[1] == ""
    shown = runner.invoke(cli, [task, model, "--json"], input=LINES[task], catch_exceptions=False)
    first = json.loads(shown.stdout.splitlines()[0])
    assert first[task] == plain.stdout.split("\n")[0]
    assert isinstance(first["score"], float)
    assert ("probabilities" in first) == (task == "classify")


@pytest.mark.parametrize(("task", "family"), [("translate", "marian"), ("classify", "bert"), ("summarize", "qwen3")])
def test_a_model_from_scratch_begins_with_counted_token_vectors(task, family, tmp_path):
    begun = {}
    for begins in ("random", "cooccurrence"):
        given = [*arguments(task, family, tmp_path), f"model.embedding_init={begins}"]
        config = resolve_finetune(given, {**options(task, tmp_path), "lora": None}, None).config
        begun[begins] = prepare(config, torch.device("cpu"))
        if begins == "cooccurrence":
            begun[begins].begin()
    assert begun["random"].begin is None
    changed = {
        name
        for name, value in begun["random"].model.named_parameters()
        if not torch.equal(value, begun["cooccurrence"].model.state_dict()[name])
    }
    assert len(changed) == 1
    random, counted = (it.model.embedding_weight.detach() for it in begun.values())
    texts = begun["random"].train(0).texts(["source", "tokens"])
    seen = torch.zeros(len(random), dtype=torch.bool)
    seen[[int(token) for ids, _ in texts for token in ids]] = True
    assert torch.equal(random[~seen], counted[~seen])
    assert not torch.isclose(random[seen], counted[seen]).all(dim=1).any()
    assert counted[seen].norm(dim=1) == pytest.approx(0.7 * random.norm(dim=1).mean().item(), rel=1e-5)


@pytest.mark.parametrize(("task", "family"), [("translate", "marian"), ("classify", "bert"), ("summarize", "qwen3")])
def test_a_base_is_trained_with_another_dropout(task, family, tmp_path):
    save_model(tmp_path / "base", build(family), tokenizer(), {})
    given = [*arguments(task, family, tmp_path, tmp_path / "base"), "training.dropout=0.25"]
    config = resolve_finetune(given, {**options(task, tmp_path), "lora": None}, None).config
    model = prepare(config, torch.device("cpu")).model
    assert model.config.dropout == 0.25
    assert {module.dropout for module in model.modules() if hasattr(module, "dropout")} == {0.25}


def test_words_are_cut_anew_each_epoch_and_validation_never(tmp_path):
    given = [*arguments("translate", "marian", tmp_path), "training.bpe_dropout=0.3", "tokenizer.vocab_size=270"]
    config = resolve_finetune(given, {**options("translate", tmp_path), "lora": None}, None).config
    ready = prepare(config, torch.device("cpu"))
    first, second = (ready.train(epoch).texts(["source"])[0][0].tolist() for epoch in (0, 1))
    assert first != second
    assert ready.tokenizer.decode(first) == ready.tokenizer.decode(second)
    end = [ready.tokenizer.end_of_text_id]
    wanted = [ready.tokenizer.encode(row["en"]) + end for row in ROWS["translate"][20:]]
    assert ready.validation.texts(["source"])[0][0].tolist() == [id_ for ids in wanted for id_ in ids]


def stop_at(step: int):
    def hook(trainer) -> None:
        if trainer.state.step == step:
            os.kill(os.getpid(), signal.SIGTERM)

    return hook


@pytest.mark.parametrize(("task", "family"), [("translate", "marian"), ("answer", "bert")])
def test_resume_is_bit_identical(task, family, tmp_path):
    chance = ["model.dropout=0.1", "training.bpe_dropout=0.3", "tokenizer.vocab_size=270"]
    given = [*arguments(task, family, tmp_path), *chance]
    config = resolve_finetune(given, {**options(task, tmp_path), "lora": None}, None).config
    ready = partial(prepare, config)
    finetune(config, ready, tmp_path / "whole")
    for number, step in enumerate((1, 3)):
        with pytest.raises(RunStopped):
            finetune(config, ready, tmp_path / "stopped", resume=number > 0, hooks=[stop_at(step)])
        torch.manual_seed(99)
    finetune(config, ready, tmp_path / "stopped", resume=True)
    for name in ("model.safetensors", "training.safetensors"):
        last = f"checkpoints/step-{4:08d}/{name}"
        assert sha256_file(tmp_path / "whole" / last) == sha256_file(tmp_path / "stopped" / last)


def test_an_answer_from_documents_names_its_passage(tmp_path):
    base = tmp_path / "model"
    task = {"task": {"name": "answer", "language": "en"}}
    save_model(base, build("bert", head="span"), tokenizer(), task)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("Ada built the old bridge in 1815.", encoding="utf-8")
    (tmp_path / "notes" / "b.txt").write_text("Tom sold red apples.", encoding="utf-8")
    asked = ["answer", str(base), "--documents", str(tmp_path / "notes"), "Who built the bridge?", "--json"]
    found = json.loads(CliRunner().invoke(cli, asked, catch_exceptions=False).stdout)
    assert found["passage"].startswith("a.txt")
    assert found["answer"] in "Ada built the old bridge in 1815."
    context = ["answer", str(base), "--context", str(tmp_path / "notes" / "b.txt"), "Who?"]
    assert CliRunner().invoke(cli, context, catch_exceptions=False).stdout.strip() in "Tom sold red apples."
