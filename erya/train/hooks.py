"""What happens between steps: signals, figures, samples, checkpoints, the bar. Each is called with the trainer."""

import json
import time
from collections.abc import Callable
from typing import Any

from pydantic import Field

from erya.core.config import Section
from erya.core.device import peak_memory_bytes
from erya.core.progress import Bar, say
from erya.core.runs import RunDirectory
from erya.train.checkpoint import CheckpointConfig, Checkpoints
from erya.train.loop import Model, Trainer
from erya.train.signals import Stop


class LogConfig(Section):
    """What a run tells while it goes on. Changing it never changes the numbers of a run."""

    every_steps: int = Field(
        default=10, ge=1, description="Write one line of metrics each time this many steps are done."
    )
    samples_every_steps: int | None = Field(
        default=None, ge=1, description="Let the model continue the prompts this often."
    )
    samples_max_tokens: int = Field(default=48, ge=1, description="Length of a sample.")
    prompts: list[str] = Field(default=["The ", "今天"], description="What the samples start with.")


Complete = Callable[[Model, list[str], int], list[str]]


def due(trainer: Trainer, every_steps: int | None) -> bool:
    """Whether something done each so many steps is due after this one."""
    return every_steps is not None and trainer.state.step % every_steps == 0


class Metrics:
    """One record per logged step: to metrics.jsonl, and to TensorBoard when it is given."""

    def __init__(self, run: RunDirectory, every_steps: int, peak_flops: float, learning_rate: float) -> None:
        self.run, self.every_steps = run, every_steps
        self.peak_flops, self.learning_rate = peak_flops, learning_rate
        self.seconds = self.waited = 0.0
        self.tokens = self.flops = 0

    def __call__(self, trainer: Trainer) -> None:
        """Add up the step, and write a line when it is due."""
        record, state = trainer.record, trainer.state
        self.seconds += record.seconds
        self.waited += record.data_wait_seconds
        self.tokens += record.tokens
        self.flops += record.flops
        if not due(trainer, self.every_steps) and trainer.ending != "done":
            return
        seconds = max(self.seconds, 1e-9)
        loss = state.interval_nats / state.interval_tokens if state.interval_tokens else None
        self.run.append_metrics(
            {
                "step": state.step,
                "tokens": state.tokens,
                "loss": loss,
                "learning_rate": self.learning_rate * record.rate_factor,
                "gradient_norm": record.gradient_norm if record.fault is None else None,
                "tokens_per_second": round(self.tokens / seconds, 1),
                "mfu": round(self.flops / seconds / self.peak_flops, 4),
                "memory_bytes": peak_memory_bytes(trainer.device),
                "data_wait_seconds": round(self.waited, 4),
                "skipped": state.skipped,
                "seconds": round(state.seconds, 3),
            }
        )
        self.seconds = self.waited = 0.0
        self.tokens = self.flops = 0
        state.interval_nats, state.interval_tokens = 0.0, 0


class TensorBoard:
    """Sends what metrics.jsonl says to TensorBoard."""

    def __init__(self, run: RunDirectory) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.run, self.sent = run, len(run.read_metrics())
        self.writer = SummaryWriter(str(run.path / "tensorboard"))

    def __call__(self, trainer: Trainer) -> None:
        """Send the records that are new."""
        if trainer.state.step % 50 and trainer.ending is None:
            return
        records = self.run.read_metrics()
        for record in records[self.sent :]:
            for name, value in record.items():
                if isinstance(value, (int, float)) and name != "step":
                    self.writer.add_scalar(name, value, record["step"])
        self.sent = len(records)
        if trainer.ending is not None:
            self.writer.close()


class Samples:
    """Shows how the model continues a few prompts; `complete` turns model and prompts into text."""

    def __init__(self, run: RunDirectory, config: LogConfig, complete: Complete) -> None:
        self.run, self.config, self.complete = run, config, complete

    def __call__(self, trainer: Trainer) -> None:
        """Write one sample for each prompt when it is due."""
        if not due(trainer, self.config.samples_every_steps):
            return
        trainer.model.eval()
        texts = self.complete(trainer.model, self.config.prompts, self.config.samples_max_tokens)
        for prompt, text in zip(self.config.prompts, texts, strict=True):
            say(f"  step {trainer.state.step} | {prompt}{text}".replace("\n", "⏎"))
            record = {"step": trainer.state.step, "prompt": prompt, "text": text}
            with (self.run.path / "samples.jsonl").open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")
        trainer.model.train()


class Saving:
    """Saves a checkpoint by steps, by the clock, at a new best and at the end, whatever ended the run."""

    def __init__(self, checkpoints: Checkpoints, config: CheckpointConfig, resolved: dict[str, Any]) -> None:
        self.checkpoints, self.config, self.resolved = checkpoints, config, resolved
        self.last = time.monotonic()

    def __call__(self, trainer: Trainer) -> None:
        """Save when it is due."""
        state, seconds = trainer.state, self.config.every_seconds
        by_clock = seconds is not None and time.monotonic() - self.last >= seconds
        best = state.best_step == state.step
        if by_clock or best or trainer.ending is not None or due(trainer, self.config.every_steps):
            self.checkpoints.save(trainer, self.resolved)
            self.last = time.monotonic()


class Signals:
    """Ends the run after the step in which a signal came."""

    def __init__(self, stop: Stop) -> None:
        self.stop = stop

    def __call__(self, trainer: Trainer) -> None:
        """Look whether a signal came."""
        if self.stop.signal is not None:
            trainer.end("signal")


class Running:
    """Moves the bar: by seconds when the run has a wall-clock budget, else by steps."""

    def __init__(self, bar: Bar, smoothing: float = 0.9) -> None:
        self.bar, self.smoothing = bar, smoothing
        self.loss: float | None = None

    def __call__(self, trainer: Trainer) -> None:
        """Show the step."""
        record = trainer.record
        if record.fault is None:
            old = record.loss if self.loss is None else self.loss
            self.loss = self.smoothing * old + (1 - self.smoothing) * record.loss
        speed = record.tokens / max(record.seconds, 1e-9)
        text = f"step {trainer.state.step:,} loss {self.loss or record.loss:.3f} {speed:,.0f} tokens/s"
        self.bar.advance(record.seconds if trainer.horizon.seconds else 1, text)
