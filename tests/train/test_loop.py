"""The loop: accumulation changes nothing, faulty steps change nothing, and the run ends where it should."""

import math
from itertools import count

import pytest
import torch
from torch import Tensor

from erya.core.errors import RunFailed
from erya.model.architectures.decoder import Decoder
from erya.model.family import Vocabulary
from erya.model.sizes import ModelConfig, build_model
from erya.train.loop import Batch, Horizon, Trainer
from erya.train.optimizer import OptimizerConfig, build_optimizer

# float32 sums in another order: a few units in the last place, 2^-23 each, over a few hundred terms.
ACCUMULATION_TOLERANCE = 1e-5
VOCAB, LENGTH = 50, 12
SHAPE = {
    "hidden_size": 16,
    "num_layers": 2,
    "num_heads": 2,
    "num_kv_heads": 1,
    "head_dim": 8,
    "intermediate_size": 32,
}


def model(seed: int = 0) -> Decoder:
    built = build_model(ModelConfig(**SHAPE), Vocabulary(VOCAB, 1, 0), LENGTH, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():  # away from the zero-initialised residual outputs, so that every weight has a gradient
        for parameter in built.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.05)
    return built


class Rows:
    """Random rows of ragged length, in micro-batches of `rows`; the last window may be partial."""

    def __init__(self, rows: int, total: int = 10_000, seed: int = 0) -> None:
        self.rows, self.total, self.seed, self.at = rows, total, seed, 0

    def next(self) -> Batch:
        rows = [self.row(index) for index in range(self.at, self.at + self.rows)]
        self.at += self.rows
        return {name: torch.cat([row[name] for row in rows]) for name in rows[0]}

    def row(self, index: int) -> Batch:
        generator = torch.Generator().manual_seed(1000 * self.seed + index)
        tokens = torch.randint(VOCAB, (1, LENGTH + 1), generator=generator)
        targets = tokens[:, 1:].clone()
        length = int(torch.randint(1, LENGTH + 1, (), generator=generator)) if index < self.total else 0
        targets[:, length:] = -100
        return {"tokens": tokens[:, :-1], "targets": targets, "ids": torch.tensor([index])}

    def state(self) -> dict[str, int]:
        return {"at": self.at}

    def load_state(self, state: dict[str, int]) -> None:
        self.at = state["at"]


def trainer(source: Rows, accumulation: int, steps: int = 5, clip: float | None = None, **more) -> Trainer:
    net = model()
    optimizer = build_optimizer(net, net.matrix_parts(), OptimizerConfig(learning_rate=1e-3))
    return Trainer(
        net,
        optimizer,
        source,
        Horizon(steps=steps),
        lambda fraction, step: 1.0,
        gradient_accumulation=accumulation,
        gradient_clip=clip,
        **more,
    )


@pytest.mark.parametrize(("rows", "accumulation"), [(8, 4), (1, 32), (16, 2)])
@pytest.mark.parametrize("total", [10_000, 21])
def test_accumulation_gives_the_same_gradient(rows, accumulation, total):
    """32 rows at once, in groups and one by one; ragged lengths; with 21 scored rows the last window is partial."""
    whole, parts = trainer(Rows(32, total), 1), trainer(Rows(rows, total), accumulation)
    for run in (whole, parts):
        batches = [run.source.next() for _ in range(run.gradient_accumulation)]
        supervised = sum(int((batch["targets"] >= 0).sum()) for batch in batches)
        run.gradients(batches, supervised)
    for a, b in zip(whole.parameters, parts.parameters, strict=True):
        assert float((a.grad - b.grad).norm() / a.grad.norm()) < ACCUMULATION_TOLERANCE


def test_the_loss_is_the_mean_over_supervised_tokens():
    run = trainer(Rows(4), 2)
    batches = [run.source.next(), run.source.next()]
    run.source.at = 0
    losses = torch.cat([run.model.token_losses(batch).flatten() for batch in batches])
    scored = torch.cat([(batch["targets"] >= 0).flatten() for batch in batches])
    run.step()
    assert run.record.tokens == int(scored.sum())
    assert math.isclose(run.record.loss, float(losses[scored].mean()), rel_tol=ACCUMULATION_TOLERANCE)


def test_clipping_bounds_the_gradient_that_moves_the_weights():
    seen: list[float] = []
    run = trainer(Rows(8), 1, clip=0.01)
    step = run.optimizer.step

    def watch(factor: float) -> None:
        seen.append(float(torch.nn.utils.get_total_norm([p.grad for p in run.parameters])))
        step(factor)

    run.optimizer.step = watch
    run.step()
    assert run.record.gradient_norm > 0.1
    assert math.isclose(seen[0], 0.01, rel_tol=1e-3)


def scale_gradients(run: Trainer, when: set[int], by: float) -> None:
    """Multiply the loss, hence the gradient, in the given steps."""
    plain, calls = run.model.loss, count(1)

    def loss(batch: Batch):
        found = plain(batch)
        return found._replace(nats=found.nats * by) if next(calls) in when else found

    run._loss = loss


@pytest.mark.parametrize("by", [math.nan, math.inf])
def test_a_step_that_is_not_finite_changes_nothing_and_is_counted(by):
    run = trainer(Rows(8), 1, steps=4)
    scale_gradients(run, {3}, by)
    run.step()
    run.step()
    before = snapshot(run)
    run.step()
    assert run.record.fault
    assert equal(before, snapshot(run))
    run.step()
    assert run.record.fault is None
    assert (run.state.skipped, run.state.step, run.state.faults_in_a_row) == (1, 4, 0)
    assert not equal(before, snapshot(run))


def test_a_spike_of_fifty_times_the_gradient_is_skipped_once():
    run = trainer(Rows(8), 1, steps=90)
    scale_gradients(run, {80}, 50.0)
    for _ in range(79):
        run.step()
    before = snapshot(run)
    run.step()
    assert equal(before, snapshot(run))
    for _ in range(10):
        run.step()
    assert run.state.skipped == 1


def test_three_faulty_steps_in_a_row_end_the_run_with_a_dump(tmp_path):
    run = trainer(Rows(8), 1, steps=20, dump=tmp_path / "failure.json")
    scale_gradients(run, {2, 4, 5, 6}, math.nan)
    with pytest.raises(RunFailed, match=r"step 6: three faulty steps in a row.*failure\.json"):
        run.run()
    text = (tmp_path / "failure.json").read_text()
    assert '"sample_ids"' in text
    assert '"blocks.0.attention.qkv.weight": "NaN"' in text


def test_the_run_ends_by_steps_by_clock_or_by_a_hook():
    by_steps = trainer(Rows(2), 1, steps=3)
    assert by_steps.run() == "done"
    assert by_steps.state.step == 3
    by_clock = trainer(Rows(2), 1)
    by_clock.horizon = Horizon(seconds=0.2)
    assert by_clock.run() == "done"
    assert 0.2 <= by_clock.state.seconds < 2
    by_hook = trainer(Rows(2), 1, steps=100)
    assert by_hook.run([lambda run: run.end("early") if run.state.step == 2 else None]) == "early"
    assert by_hook.state.step == 2


def test_training_learns():
    run = trainer(Rows(8, seed=3), 1, steps=150)
    fixed = Rows(8, seed=3).next()
    run.source.next = lambda: fixed
    first = float(run.nats(fixed).detach())
    run.run()
    assert float(run.nats(fixed).detach()) < 0.5 * first


def snapshot(run: Trainer) -> list[Tensor]:
    moments = run.optimizer.state().values()
    return [tensor.detach().clone() for tensor in [*run.parameters, *moments]]


def equal(before: list[Tensor], after: list[Tensor]) -> bool:
    return len(before) == len(after) and all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
