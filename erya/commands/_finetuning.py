"""What `erya finetune` puts together: a task's records, a model for them, and a judge of its answers."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import torch

from erya.commands._languages import warn_of_languages
from erya.core import registry
from erya.core.config import Resolved, leaves, parse_overrides, read_toml, resolve
from erya.core.errors import UserError
from erya.core.progress import say
from erya.core.spread import spread
from erya.core.storage import read_json, sha256_file, write_json
from erya.corpus.examples import check_apart
from erya.dataset.examples import Epochs, Examples
from erya.evaluate.task import TaskMetric
from erya.model.architectures.base import Transformer
from erya.model.family import Vocabulary
from erya.model.files import PROVENANCE, WEIGHTS, LoadedModel, load_model
from erya.model.sizes import build_model
from erya.tasks.base.loaded import load, open_task
from erya.tasks.base.prediction import Prediction, Record
from erya.tasks.base.task import Settling, Task
from erya.tokenizer.tokenizer import Tokenizer, train_tokenizer
from erya.train.config import RunConfig
from erya.train.data import open_data
from erya.train.embedding import begin_counted
from erya.train.finetune import FinetuneConfig, FinetuneTraining, Prepared
from erya.train.loop import Batch
from erya.train.validation import Judge
from erya.train.weights import ADAPTER

METRICS = "erya.evaluate.metrics"
NEEDED = {
    "task.name": "--task translate, answer, summarize or classify",
    "data.train": "--train FILE",
    "data.validation": "--validation FILE",
    "training": "how long to train: training.max_epochs=3, training.max_steps=1000 or training.max_seconds=600",
}
"""What a run cannot be without, and how it is said."""
READ = ("source", "tokens")
"""What models read of an example."""
BASE_TEXT_TOKENS = 65_536  # enough to see what is forgotten, little enough to take seconds


def resolve_finetune(
    arguments: Sequence[str], given: Mapping[str, Any], resumed: Path | None
) -> Resolved[FinetuneConfig]:
    """The configuration of a run: a preset or file, then the command line; a model's directory is the base."""
    sources = [argument for argument in arguments if "=" not in argument]
    bases = [source for source in sources if Path(source).is_dir()]
    files = [source for source in sources if source not in bases] or ([str(resumed / "config.toml")] if resumed else [])
    if len(files) > 1 or len(bases) > 1:
        raise UserError(f"'{sources[-1]}': expected at most one model directory and one preset or file")
    layers = read_toml(files[0]) if files else []
    layers.append(("command line", parse_overrides([argument for argument in arguments if "=" in argument])))
    layers += [(f"--{name}", table) for name, table in _options(given).items()]
    if bases:
        layers.append(("command line", {"base": bases[0]}))
    said = [f"{key}." for _, table in layers for key in leaves(table)]
    for name, remedy in NEEDED.items():
        if not any(key.startswith(f"{name}.") for key in said):
            raise UserError(f"{name}: missing; say {remedy}")
    return resolve(FinetuneConfig, layers)


def _options(given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    tables: dict[str, dict[str, Any]] = {}
    if given["task"]:
        tables["task"] = {"task": {"name": given["task"]}}
    for name in ("train", "validation"):
        if given[name]:
            tables[name] = {"data": {name: given[name]}}
    if given["lora"]:
        tables["lora"] = {"lora": {}}
    if given["languages"]:
        source, _, target = given["languages"].partition("-")
        languages = {"source_language": source, "target_language": target} if target else {"language": source}
        tables["languages"] = {"task": languages}
    return tables


def prepare(config: FinetuneConfig, device: torch.device) -> Prepared:
    """Read the records, and make or open the model that learns from them."""
    task, settings = open_task(config.task)
    data = {name: [Path(path) for path in getattr(config.data, name)] for name in ("train", "validation")}
    train, validation = (task.read(data[name], settings) for name in ("train", "validation"))
    check_apart(train, validation, allow=True)
    for records in (train, validation):
        warn_of_languages(records, settings)
    settings = task.learned(train, settings)
    base = _base(config)
    tokenizer, inputs = _tokenizer(config, base, task.texts(train, settings))
    begun = _new_model(config, tokenizer) if base is None else base.model
    if config.training.dropout is not None:
        begun.set_dropout(config.training.dropout)
    model = task.adapt(begun, settings, config.training.seed).to(device)
    files = {f"{name}/{path.name}": sha256_file(path) for name, paths in data.items() for path in paths}
    counted = base is None and config.model.embedding_init == "cooccurrence"

    def examples(records: Sequence[Record], cutting: Tokenizer) -> Examples:
        return Examples(task.examples(model, cutting, records, settings), tokenizer.pad_id)

    epochs = _epochs(config.training, tokenizer, partial(examples, train))
    learned = epochs(0)
    if len(learned) < len(train):
        say(f"  {len(train) - len(learned):,} of {len(train):,} training records are left out: too long, or unusable")
    return Prepared(
        model,
        tokenizer,
        epochs,
        examples(validation, tokenizer),
        judge(task, tokenizer, validation, settings, config.data.judged_records),
        {**files, **inputs},
        {"task": {"name": task.name, **settings.model_dump(mode="json")}},
        _new_names(begun, model),
        _base_text(base, model),
        (lambda: begin_counted(model, learned.texts(READ), "the examples")) if counted else None,
    )


def _epochs(training: FinetuneTraining, tokenizer: Tokenizer, examples: Callable[[Tokenizer], Examples]) -> Epochs:
    """The examples of each time through the records: the same, or with BPE-dropout in other tokens each time."""
    if not training.bpe_dropout:
        same = examples(tokenizer)
        return lambda _: same
    of_epoch = tokenizer.with_dropout(training.bpe_dropout, training.seed)
    return lru_cache(maxsize=1)(lambda epoch: examples(of_epoch(epoch)))  # the first is also counted before training


def _base(config: FinetuneConfig) -> LoadedModel | None:
    return None if config.base is None else load_model(Path(config.base))


def _tokenizer(
    config: FinetuneConfig, base: LoadedModel | None, texts: Iterable[str]
) -> tuple[Tokenizer, dict[str, str]]:
    """The base's tokenizer, the one that is named, or one learned from the texts; and what it comes from."""
    if base is not None:
        if base.tokenizer is None:
            raise UserError(f"{base.path}: has no tokenizer; copy the tokenizer's files into it")
        return base.tokenizer, {"base": sha256_file(base.path / WEIGHTS)}
    if config.tokenizer.path is not None:
        tokenizer = Tokenizer.load(Path(config.tokenizer.path))
    else:
        try:
            tokenizer = train_tokenizer(texts, config.tokenizer.vocab_size)
        except UserError as error:
            raise UserError(f"tokenizer.{error}") from None
    return tokenizer, {"tokenizer": tokenizer.sha256}


def _new_model(config: FinetuneConfig, tokenizer: Tokenizer) -> Transformer:
    vocabulary = Vocabulary(tokenizer.vocab_size, tokenizer.pad_id, tokenizer.end_of_text_id)
    return build_model(config.model, vocabulary, config.model.context_length, config.training.seed)


def _new_names(base: Transformer, model: Transformer) -> frozenset[str]:
    """The parameters of the modules of a model that are not all its base's."""
    old, new = dict(base.named_parameters()), dict(model.named_parameters())
    other = {
        name.rpartition(".")[0]
        for name, value in new.items()
        if name not in old or old[name].shape != value.shape or not torch.equal(old[name].to(value.device), value)
    }
    return frozenset(name for name in new if name.rpartition(".")[0] in other)


def _base_text(base: LoadedModel | None, model: Transformer) -> Callable[[], Iterator[Batch]] | None:
    """The validation text a base was pretrained beside, when it is still there and the model can still score it."""
    if base is None or base.provenance.get("stage") != "pretrain" or base.model is not model:
        return None
    try:
        data = open_data(RunConfig.model_validate(base.provenance["config"]), rows=1)
    except UserError as error:
        say(f"  what is forgotten of the base's own text is not measured: {error}")
        return None
    return partial(data.validation, BASE_TEXT_TOKENS)


def settle(config: FinetuneConfig, model: Path) -> None:
    """Choose on the validation records what is best chosen once the model is trained, and store it with the model.

    What the configuration says stays as it is.
    """
    task, _ = open_task(config.task)
    if not isinstance(task, Settling):
        return
    loaded = load(model, config.training.device, packed=False)
    records = task.read([Path(path) for path in config.data.validation], loaded.settings)
    metric: TaskMetric = registry.pick(f"{METRICS}.{task.name}", "METRIC", task.metrics[0])

    def figures(predictions: Sequence[Prediction]) -> Sequence[float]:
        measured = metric.measure(predictions, records, loaded.settings.language)
        return [float(figure) for figure in measured.value(measured.statistics)]

    found = task.settle(loaded.model, loaded.tokenizer, records, loaded.settings, figures)
    chosen = {name: value for name, value in found.items() if name not in config.task}
    for path in (model / PROVENANCE, model.with_name(ADAPTER) / PROVENANCE):
        if chosen and path.is_file():
            described = read_json(path)
            described["provenance"]["task"] |= chosen
            write_json(path, described)


def judge(task: Task, tokenizer: Tokenizer, records: Sequence[Record], settings: Any, count: int) -> Judge | None:
    """The task's deciding metric on `count` of the records, as a validation in training asks for it."""
    if not count:
        return None
    metric: TaskMetric = registry.pick(f"{METRICS}.{task.name}", "METRIC", task.metrics[0])
    chosen = spread(records, count)
    blank = [task.blank(record) for record in chosen]

    def score(model: Any) -> float:
        with torch.no_grad():
            predictions = task.system(model, tokenizer, settings, quick=True)(blank)
        measured = metric.measure(predictions, chosen, settings.language)
        return float(measured.value(measured.statistics.sum(axis=0)))

    return Judge(metric.name, score, metric.higher_is_better)
