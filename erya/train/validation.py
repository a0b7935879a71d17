"""Validation: the loss on text the model does not learn from, the best so far, and the early end of a run."""

from collections.abc import Callable, Iterable

import torch
from pydantic import Field
from torch import Tensor

from erya.core.config import Section
from erya.core.progress import say
from erya.core.runs import RunDirectory
from erya.train.hooks import due
from erya.train.loop import Batch, Trainer

NATS_PER_BIT = 0.6931471805599453


class ValidationConfig(Section):
    """When the loss on unseen text is measured, and what follows from it."""

    every_steps: int | None = Field(
        default=200, ge=1, description="Measure each time this many steps are done, and at the end; none: never."
    )
    max_tokens: int | None = Field(
        default=131072,
        ge=1,
        description="Measure on this many tokens from the start of the validation split; none: on all.",
    )
    patience: int | None = Field(
        default=None,
        ge=1,
        description="End the run after this many measurements in a row without a new best; none: never.",
    )


class Validation:
    """Measures when due, remembers the best step, and ends the run when patience is used up."""

    def __init__(
        self,
        run: RunDirectory,
        config: ValidationConfig,
        batches: Callable[[], Iterable[Batch]],
        token_bytes: Tensor | None = None,
    ) -> None:
        self.run, self.config, self.batches, self.token_bytes = run, config, batches, token_bytes

    def __call__(self, trainer: Trainer) -> None:
        """Measure when it is due, or at the end of the horizon."""
        state = trainer.state
        if self.config.every_steps is None or state.validated_step == state.step:
            return
        if not due(trainer, self.config.every_steps) and trainer.ending != "done":
            return
        loss, bits_per_byte = self.measure(trainer)
        state.validated_step = state.step
        if state.best_loss is None or loss < state.best_loss:
            state.best_loss, state.best_step, state.validations_without_gain = loss, state.step, 0
        else:
            state.validations_without_gain += 1
        record = {"step": state.step, "validation_loss": loss, "seconds": round(state.seconds, 3)}
        if bits_per_byte is not None:
            record["validation_bits_per_byte"] = bits_per_byte
        self.run.append_metrics(record)
        say(
            f"  step {state.step:,}: validation loss {loss:.4f}"
            + (f", {bits_per_byte:.4f} bits per byte" if bits_per_byte else "")
        )
        if self.config.patience is not None and state.validations_without_gain >= self.config.patience:
            say(f"  no better validation loss for {state.validations_without_gain} measurements: the run ends early")
            trainer.end("early")

    def measure(self, trainer: Trainer) -> tuple[float, float | None]:
        """Nats per token, and bits per byte when the bytes of each token are known; no dropout, no gradient."""
        nats = torch.zeros((), dtype=torch.float64)
        tokens = total_bytes = 0
        trainer.model.eval()
        with torch.no_grad():
            for batch in self.batches():
                nats += float(trainer.nats(batch))
                targets = batch["targets"][batch["targets"] >= 0]
                tokens += targets.numel()
                if self.token_bytes is not None:
                    total_bytes += int(self.token_bytes[targets].sum())
        trainer.model.train()
        bits = float(nats) / NATS_PER_BIT / total_bytes if total_bytes else None
        return float(nats) / max(tokens, 1), bits
