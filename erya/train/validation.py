"""Validation: the loss on text the model does not learn from, the best so far, and the early end of a run."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from pydantic import Field
from torch import Tensor

from erya.core.config import Section
from erya.core.progress import say
from erya.core.runs import RunDirectory
from erya.train.hooks import due
from erya.train.loop import Batch, Model, Trainer

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


@dataclass(frozen=True)
class Judge:
    """A figure that decides in the place of the loss: its name, how a model gets it, and which way is better."""

    name: str
    score: Callable[[Model], float]
    higher_is_better: bool = True


class Validation:
    """Measures when due, remembers the best step, and ends the run when patience is used up.

    The best has the lowest cost: the loss, or what the judge says.
    """

    def __init__(
        self,
        run: RunDirectory,
        config: ValidationConfig,
        batches: Callable[[], Iterable[Batch]],
        token_bytes: Tensor | None = None,
        judge: Judge | None = None,
    ) -> None:
        self.run, self.config, self.batches, self.token_bytes = run, config, batches, token_bytes
        self.judge = judge

    def __call__(self, trainer: Trainer) -> None:
        """Measure when it is due, or at the end of the horizon."""
        state = trainer.state
        if self.config.every_steps is None or state.validated_step == state.step:
            return
        if not due(trainer, self.config.every_steps) and trainer.ending != "done":
            return
        loss, bits_per_byte = self.measure(trainer)
        figure = self._judged(trainer)
        cost = loss if self.judge is None else -figure if self.judge.higher_is_better else figure
        state.validated_step = state.step
        if state.best_cost is None or cost < state.best_cost:
            state.best_loss, state.best_cost, state.best_step = loss, cost, state.step
            state.validations_without_gain = 0
        else:
            state.validations_without_gain += 1
        record = {"step": state.step, "validation_loss": loss, "seconds": round(state.seconds, 3)}
        if bits_per_byte is not None:
            record["validation_bits_per_byte"] = bits_per_byte
        if self.judge is not None:
            record[f"validation_{self.judge.name}"] = figure
        self.run.append_metrics(record)
        say(
            f"  step {state.step:,}: validation loss {loss:.4f}"
            + (f", {bits_per_byte:.4f} bits per byte" if bits_per_byte else "")
            + (f", {self.judge.name} {figure:.2f}" if self.judge is not None else "")
        )
        if self.config.patience is not None and state.validations_without_gain >= self.config.patience:
            say(f"  nothing better in {state.validations_without_gain} measurements: the run ends early")
            trainer.end("early")

    def _judged(self, trainer: Trainer) -> float:
        if self.judge is None:
            return 0.0
        trainer.model.eval()
        figure = self.judge.score(trainer.model)
        trainer.model.train()
        return figure

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
