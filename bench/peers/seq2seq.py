"""The peer of bench/finetune.py: MarianMTModel under Seq2SeqTrainer with its defaults, run in its own process.

In: a JSON file with the examples as ids, the shape, the wall-clock budget and the learning rate. Out: one JSON object
on the last line of stdout. What is not the trainer's default is said here: batches are grouped by length, and the
number of steps is what the budget allows, measured first, so that the default linear schedule ends with it. It imports
nothing of Erya.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from transformers import MarianConfig, MarianMTModel, Seq2SeqTrainer, Seq2SeqTrainingArguments

Example = dict[str, list[int]]
IGNORED = -100
CALIBRATION_STEPS = 40


def new_model(shape: dict[str, Any]) -> MarianMTModel:
    """The same shape as Erya's, dropout included."""
    size, layers, heads, inner = (shape[key] for key in ("hidden_size", "num_layers", "num_heads", "intermediate_size"))
    config = MarianConfig(
        vocab_size=shape["vocab_size"],
        d_model=size,
        encoder_layers=layers,
        decoder_layers=shape["num_decoder_layers"],
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_ffn_dim=inner,
        decoder_ffn_dim=inner,
        dropout=shape["dropout"],
        activation_function=shape["activation"],
        scale_embedding=True,
        pad_token_id=shape["pad_id"],
        eos_token_id=shape["end_id"],
        forced_eos_token_id=shape["end_id"],
        decoder_start_token_id=shape["pad_id"],
        max_position_embeddings=shape["context_length"],
    )
    return MarianMTModel(config)


def collate(pad_id: int, examples: list[Example]) -> dict[str, torch.Tensor]:
    """A padded batch as the model reads it; the model shifts the labels itself."""

    def padded(name: str, filler: int) -> torch.Tensor:
        longest = max(len(example[name]) for example in examples)
        return torch.tensor([example[name] + [filler] * (longest - len(example[name])) for example in examples])

    source = padded("input_ids", pad_id)
    return {"input_ids": source, "attention_mask": (source != pad_id).long(), "labels": padded("labels", IGNORED)}


@torch.no_grad()
def validation_loss(model: MarianMTModel, examples: list[Example], pad_id: int) -> float:
    """Nats per target over all validation examples, no smoothing, no dropout."""
    model.eval()
    nats, targets = 0.0, 0
    for start in range(0, len(examples), 64):
        batch = collate(pad_id, examples[start : start + 64])
        count = int((batch["labels"] != IGNORED).sum())
        nats += float(model(**batch).loss) * count
        targets += count
    model.train()
    return nats / targets


def trainer(model: MarianMTModel, settings: dict[str, Any], folder: str, steps: int) -> Seq2SeqTrainer:
    """The trainer with its defaults: batches of 8, AdamW, a linear schedule."""
    arguments = Seq2SeqTrainingArguments(
        output_dir=folder,
        max_steps=steps,
        learning_rate=settings["learning_rate"],
        seed=settings["seed"],
        train_sampling_strategy="group_by_length",
        report_to="none",
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
        use_cpu=True,
    )
    pad_id = settings["shape"]["pad_id"]
    return Seq2SeqTrainer(
        model=model, args=arguments, train_dataset=settings["train"], data_collator=lambda batch: collate(pad_id, batch)
    )


def main() -> None:
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    torch.set_num_threads(settings["num_threads"])
    torch.manual_seed(settings["seed"])
    with tempfile.TemporaryDirectory() as folder:
        calibrated = trainer(new_model(settings["shape"]), settings, folder, CALIBRATION_STEPS)
        start = time.perf_counter()
        calibrated.train()
        steps = int(settings["seconds"] * CALIBRATION_STEPS / (time.perf_counter() - start))
        model = new_model(settings["shape"])
        start = time.perf_counter()
        trainer(model, settings, folder, steps).train()
        seconds = time.perf_counter() - start
    result = {
        "seconds": seconds,
        "steps": steps,
        "loss": validation_loss(model, settings["validation"], settings["shape"]["pad_id"]),
        "parameters": sum(value.numel() for value in model.parameters() if value.requires_grad),
        "memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
