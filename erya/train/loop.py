"""The training loop: micro-batches in, moved weights out. It knows of a model only `loss(batch)`.

All micro-batches of a step are fetched first, so that each is weighted by its share of the step's supervised tokens:
32 rows at once, 4 times 8 and 32 times 1 give the same step. After each step the hooks see the trainer and may read
its state or end the run.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from erya.core.errors import RunFailed
from erya.core.progress import warn
from erya.core.storage import write_json
from erya.train.guards import Guard
from erya.train.optimizer import Optimizer

Batch = dict[str, Tensor]
FAULTS_IN_A_ROW = 3


class Loss(Protocol):
    """A summed loss in nats and over how many targets."""

    @property
    def nats(self) -> Tensor:
        """The sum."""

    @property
    def tokens(self) -> Tensor:
        """The number of supervised targets."""


class Model(Protocol):
    """What training asks of a model: a torch module with a loss."""

    def loss(self, batch: Batch) -> Loss:
        """The summed loss of a batch."""

    def choices(self, batch: Batch) -> int:
        """Among how many a target of a batch is one."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """The weights."""

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """The weights by name."""

    def state_dict(self) -> dict[str, Any]:
        """All tensors by name."""

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> Any:
        """Take over tensors by name."""

    def train(self, mode: bool = True) -> Any:
        """Turn dropout on or off."""

    def eval(self) -> Any:
        """Turn dropout off."""


class Source(Protocol):
    """Where micro-batches come from, with a position that can be saved and restored exactly."""

    def next(self) -> Batch:
        """The next micro-batch."""

    def state(self) -> dict[str, int]:
        """The position as a few integers."""

    def load_state(self, state: dict[str, int]) -> None:
        """Go to a saved position."""


@dataclass(frozen=True)
class Horizon:
    """Where the run ends: the first of a number of steps and a number of wall-clock seconds."""

    steps: int | None = None
    seconds: float | None = None

    def fraction(self, step: float, seconds: float) -> float:
        """How much of the run is done, from 0 to 1."""
        by_steps = step / self.steps if self.steps else 0.0
        by_clock = seconds / self.seconds if self.seconds else 0.0
        return min(1.0, max(by_steps, by_clock))


@dataclass
class State:
    """What a checkpoint must remember of a run besides weights, moments, random numbers and data position."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    step_seconds: float = 0.0
    skipped: int = 0
    faults_in_a_row: int = 0
    interval_nats: float = 0.0
    interval_tokens: int = 0
    validated_step: int = 0
    best_loss: float | None = None
    best_cost: float | None = None
    best_step: int | None = None
    validations_without_gain: int = 0
    ended: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The state for a checkpoint."""
        return asdict(self)


@dataclass
class StepRecord:
    """What the latest step did; `loss` is in nats per supervised token."""

    loss: float = float("nan")
    gradient_norm: float = float("nan")
    rate_factor: float = 0.0
    tokens: int = 0
    seconds: float = 0.0
    data_wait_seconds: float = 0.0
    flops: int = 0
    fault: str | None = None


Hook = Callable[["Trainer"], None]


class Trainer:
    """One run: the model, what moves it, where its data comes from and how far it is."""

    def __init__(
        self,
        model: Model,
        optimizer: Optimizer,
        source: Source,
        horizon: Horizon,
        rate: Callable[[float, int], float],
        *,
        gradient_accumulation: int = 1,
        gradient_clip: float | None = 1.0,
        precision: torch.dtype = torch.float32,
        compiled: bool = False,
        dump: Path | None = None,
        flops: Callable[[Batch], int] = lambda _: 0,
    ) -> None:
        self.model, self.optimizer, self.source = model, optimizer, source
        self.horizon, self.rate = horizon, rate
        self.gradient_accumulation, self.gradient_clip = gradient_accumulation, gradient_clip
        self.precision, self.dump, self.flops = precision, dump, flops
        self.device = next(model.parameters()).device
        self.parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.guard, self.state, self.record = Guard(), State(), StepRecord()
        self.ending: str | None = None
        self._loss = torch.compile(model.loss) if compiled else model.loss

    def run(self, hooks: Sequence[Hook] = ()) -> str:
        """Step until the horizon or until a hook ends the run; how it ended.

        Raises: RunFailed after three faulty steps in a row.
        """
        start = time.monotonic() - self.state.seconds
        self.model.train()
        self.ending = self.state.ended
        while self.ending is None:
            self.step()
            now = time.monotonic() - start
            self.record.seconds = self.state.step_seconds = now - self.state.seconds
            self.state.seconds = now
            if self.horizon.fraction(self.state.step, now) >= 1:
                self.end("done")
            for hook in hooks:
                hook(self)
            if self.ending is None:
                self.state.seconds = time.monotonic() - start
        return self.ending

    def end(self, why: str) -> None:
        """End the run after this step, unless it ends already; after a `signal` it can go on."""
        if self.ending is None:
            self.ending = why
            self.state.ended = None if why == "signal" else why

    def step(self) -> None:
        """One optimizer step over one window of micro-batches; a faulty one leaves weights and moments as they were."""
        start = time.monotonic()
        batches = [self.source.next() for _ in range(self.gradient_accumulation)]
        waited = time.monotonic() - start
        supervised = sum(int((batch["targets"] >= 0).sum()) for batch in batches)
        nats = self.gradients(batches, supervised)
        norm = torch.nn.utils.get_total_norm([p.grad for p in self.parameters if p.grad is not None])
        loss, gradient_norm = float(nats) / max(supervised, 1), float(norm)
        factor = self._rate_factor()
        fault = self.guard.fault(loss, gradient_norm) if supervised else "no supervised token in the batch"
        flops = sum(map(self.flops, batches))
        self.record = StepRecord(
            loss, gradient_norm, factor, supervised, data_wait_seconds=waited, flops=flops, fault=fault
        )
        self.state.step += 1
        self.state.tokens += supervised
        if fault is None:
            if self.gradient_clip is not None:
                torch.nn.utils.clip_grads_with_norm_(self.parameters, self.gradient_clip, norm)
            self.optimizer.step(factor)
            self.state.faults_in_a_row = 0
            self.state.interval_nats += loss * supervised
            self.state.interval_tokens += supervised
        else:
            self._skip(fault, batches)
        self.optimizer.zero_grad()

    def gradients(self, batches: Sequence[Batch], supervised: int) -> Tensor:
        """Add up the gradient of the mean loss per supervised token; the sum of the losses in nats."""
        total = torch.zeros((), device=self.device)
        for batch in batches:
            nats = self.nats(batch)
            (nats / max(supervised, 1)).backward()
            total += nats.detach()
        return total

    def nats(self, batch: Batch) -> Tensor:
        """The summed loss of a batch, in the run's precision."""
        with torch.autocast(self.device.type, self.precision, enabled=self.precision != torch.float32):
            nats: Tensor = self._loss(self.place(batch)).nats
        return nats

    def place(self, batch: Batch) -> Batch:
        """The batch on the model's device."""
        if self.device.type == "cpu":
            return batch
        pinned = self.device.type == "cuda"
        return {
            name: (tensor.pin_memory() if pinned else tensor).to(self.device, non_blocking=True)
            for name, tensor in batch.items()
        }

    def _rate_factor(self) -> float:
        # a step is judged at its middle, so that neither the first nor the last one has a rate of zero
        done = self.horizon.fraction(self.state.step + 0.5, self.state.seconds + 0.5 * self.state.step_seconds)
        return self.rate(done, self.state.step)

    def _skip(self, fault: str, batches: Sequence[Batch]) -> None:
        self.state.skipped += 1
        self.state.faults_in_a_row += 1
        warn(f"step {self.state.step} skipped: {fault}")
        if self.state.faults_in_a_row < FAULTS_IN_A_ROW:
            return
        where = ""
        if self.dump is not None:
            write_json(self.dump, self._failure(fault, batches))
            where = f"; the state is in {self.dump}"
        raise RunFailed(
            f"step {self.state.step}: three faulty steps in a row ({fault}){where}; "
            "resume from the last checkpoint with a lower optimizer.learning_rate in a new run, or look at the data"
        )

    def _failure(self, fault: str, batches: Sequence[Batch]) -> dict[str, Any]:
        norms = {
            name: float(parameter.grad.norm())
            for name, parameter in self.model.named_parameters()
            if parameter.grad is not None
        }
        ids = [batch["ids"].tolist() for batch in batches if "ids" in batch]
        record = {
            "fault": fault,
            "state": self.state.as_json(),
            "record": asdict(self.record),
            "data": self.source.state(),
        }
        dump = {**record, "sample_ids": ids, "guard": self.guard.state(), "gradient_norms": norms}
        # JSON has no NaN: such numbers are written as words
        result: dict[str, Any] = json.loads(json.dumps(dump), parse_constant=str)
        return result
