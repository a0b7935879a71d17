"""A loader restored at any point goes on exactly as the one that never stopped, and a mixture keeps its weights."""

import json

import numpy as np
import pytest
import torch

from erya.core.errors import UserError
from erya.dataset.loader import Loader, Mixture
from erya.dataset.objectives.next_token import NextToken
from erya.dataset.rows import Batch
from erya.dataset.shards import TokenShards
from tests.dataset.conftest import Write, draw_documents


def equal(one: Batch, other: Batch) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.fixture
def mixture(write: Write) -> Mixture:
    sources = {"books": write(draw_documents(40)), "laws": write(draw_documents(15, seed=1)), "code": write([[7] * 90])}
    return Mixture(sources, {"books": 5, "laws": 3.5, "code": 0.5})


@pytest.mark.parametrize("document_mask", [False, True])
@pytest.mark.parametrize("rows", [3, 200])
def test_a_restored_loader_goes_on_exactly(rows: int, document_mask: bool, write: Write, mixture: Mixture) -> None:
    for source in (write(draw_documents(40)), mixture):
        steps = 3 * Loader(source, rows, 8, seed=3).rows_per_epoch // rows + 4
        unbroken = Loader(source, rows, 8, seed=3, make=NextToken(document_mask))
        states, batches = [], []
        for _ in range(steps):
            states.append(json.loads(json.dumps(unbroken.state())))
            batches.append(unbroken.next())
        assert max(unbroken.epochs.values()) > 2
        for step in range(0, steps, 5):
            restored = Loader(source, rows, 8, seed=3, make=NextToken(document_mask))
            restored.load_state(states[step])
            assert all(equal(restored.next(), batch) for batch in batches[step : step + 12])


def test_the_micro_batch_size_does_not_change_the_rows(mixture: Mixture) -> None:
    one, eight = Loader(mixture, 1, 8, seed=3), Loader(mixture, 8, 8, seed=3)
    for _ in range(20):
        parts = [one.next() for _ in range(8)]
        assert equal(eight.next(), {key: torch.cat([part[key] for part in parts]) for key in parts[0]})


def test_every_row_comes_once_in_each_epoch(write: Write) -> None:
    loader = Loader(write(draw_documents(40)), 1, 8, seed=0)
    count = loader.rows_per_epoch
    assert loader.tokens_per_epoch == count * 8
    orders = []
    for epoch in range(3):
        assert loader.epochs == {"text": epoch}
        ids = [int(loader.next()["ids"]) for _ in range(count)]
        assert sorted(ids) == list(range(epoch * count, (epoch + 1) * count))
        orders.append([id_ - epoch * count for id_ in ids])
    assert orders[0] != orders[1] != orders[2]


def test_an_epoch_scores_every_token_but_the_first_and_a_tail(write: Write) -> None:
    shards = write(draw_documents(40))
    loader = Loader(shards, 1, 8, seed=0)
    targets = torch.cat([loader.next()["targets"].flatten() for _ in range(loader.rows_per_epoch)])
    missing = np.bincount(shards.tokens, minlength=1_000) - np.bincount(targets.numpy(), minlength=1_000)
    assert (missing >= 0).all()
    assert missing.sum() == shards.num_tokens - len(targets) <= 8


def test_a_mixture_keeps_its_weights_at_every_moment(mixture: Mixture) -> None:
    loader = Loader(mixture, 1, 8, seed=11)
    counts = np.zeros(3)
    ids: set[int] = set()
    for step in range(1, 2_001):
        ids.add(int(loader.next()["ids"]))
        counts = np.array([state for key, state in loader.state().items() if key.endswith(".taken")])
        assert np.abs(counts - step * np.array([5, 3.5, 0.5]) / 9).max() < 5
    assert len(ids) == 2_000
    sizes = [source.num_rows for source in loader.sources.values()]
    assert list(loader.epochs.values()) == [count / size for count, size in zip(counts, sizes, strict=True)]


def test_the_seed_decides_the_order(mixture: Mixture) -> None:
    first, again, other = (Loader(mixture, 16, 8, seed) for seed in (1, 1, 2))
    batch = first.next()
    assert equal(batch, again.next())
    assert not torch.equal(batch["ids"], other.next()["ids"])


def test_a_state_of_other_data_is_refused_by_the_key_that_differs(write: Write, mixture: Mixture) -> None:
    shards = write(draw_documents(40))
    state = Loader(shards, 4, 8, seed=0).state()
    for loader, key in (
        (Loader(shards, 4, 8, seed=1), "seed is 1, but the run stood at 0"),
        (Loader(shards, 4, 9, seed=0), "context_length is 9, but the run stood at 8"),
        (Loader(write(draw_documents(41)), 4, 8, seed=0), r"text\.num_rows is"),
        (Loader(mixture, 4, 8, seed=0), r"books\.num_rows is .* stood at None"),
    ):
        with pytest.raises(UserError, match=key):
            loader.load_state(state)
    Loader(shards, 16, 8, seed=0).load_state(state)


def test_a_mixture_that_makes_no_sense_is_refused(write: Write) -> None:
    one, other = write([[1, 2]]), write([[1, 2]], sha256="cd" * 32)
    sources: dict[str, TokenShards] = {"one": one}
    with pytest.raises(UserError, match="every source needs one weight"):
        Mixture(sources, {"two": 1})
    with pytest.raises(UserError, match="every source needs one weight"):
        Mixture({}, {})
    for weight in (0, -1, float("nan"), float("inf")):
        with pytest.raises(UserError, match=r"weight of one: got .*; expected a number above 0"):
            Mixture(sources, {"one": weight})
    with pytest.raises(UserError, match="made with tokenizer"):
        Mixture({"one": one, "other": other}, {"one": 1, "other": 1})
