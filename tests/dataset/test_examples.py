"""Supervised examples: each once an epoch, in batches no larger than asked, from a state of a few integers."""

import numpy as np
import pytest
import torch

from erya.core.errors import UserError
from erya.dataset.examples import ExampleLoader, Examples, bucketed
from erya.model.architectures.decoder import Decoder
from tests.model.conftest import build, disturbed

PAD = 1


def made(count: int, seed: int = 0) -> list[dict[str, list[int]]]:
    random = np.random.default_rng(seed)
    sizes = random.integers(1, 12, size=(count, 2)).tolist()
    return [
        {"source": list(range(2, 2 + read)), "tokens": [PAD, *range(wrote)], "targets": [*range(wrote), 0]}
        for read, wrote in sizes
    ]


def prompted(count: int) -> Examples:
    """Examples of a decoder: what is given is not scored."""
    random = np.random.default_rng(1)
    rows = [random.integers(5, 300, size=size).tolist() for size in random.integers(4, 14, size=count)]
    return Examples(({"tokens": row[:-1], "targets": [-100, *row[2:]]} for row in rows), PAD)


def test_a_batch_holds_the_examples_filled_up() -> None:
    examples = made(20)
    batch = Examples(examples, PAD).batch([[3], [7]])
    assert batch["ids"].tolist() == [3, 7]
    for row, place in enumerate((3, 7)):
        for name, filler in (("source", PAD), ("tokens", PAD), ("targets", -100)):
            ids = examples[place][name]
            assert batch[name][row].tolist() == ids + [filler] * (batch[name].shape[1] - len(ids))


@pytest.mark.parametrize("batch_tokens", [1, 30, 10_000])
def test_every_example_comes_once_an_epoch_in_batches_that_fit(batch_tokens: int) -> None:
    examples = Examples(made(200), PAD)
    loader = ExampleLoader(lambda _: examples, batch_tokens, seed=3)
    orders = []
    for _ in range(2):
        batches = [loader.next() for _ in range(loader.batches_per_epoch)]
        ids = [id_ for batch in batches for id_ in batch["ids"].tolist()]
        assert sorted(ids) == list(range(200))
        for batch in batches:
            rows = len(batch["ids"])
            longest = max(value.shape[1] for name, value in batch.items() if name != "ids")
            assert rows == 1 or rows * longest <= batch_tokens
        orders.append(ids)
    assert orders[0] != orders[1]


def test_little_of_a_batch_is_padding() -> None:
    examples = Examples(made(2000), PAD)
    loader = ExampleLoader(lambda _: examples, 400, seed=0)
    batches = [loader.next() for _ in range(loader.batches_per_epoch)]
    filled = sum(int((batch["targets"] >= 0).sum()) for batch in batches)
    assert filled / sum(batch["targets"].numel() for batch in batches) > 0.95


@pytest.mark.parametrize("row_tokens", [None, 24])
def test_a_loader_goes_on_from_where_another_stood(row_tokens: int | None) -> None:
    def epochs(epoch: int) -> Examples:
        return prompted(100 + epoch)  # each has other examples

    loader = ExampleLoader(epochs, 48, seed=5, row_tokens=row_tokens)
    for _ in range(loader.batches_per_epoch + 3):
        loader.next()
    state = loader.state()
    assert state["examples"] == 101
    other = ExampleLoader(epochs, 48, seed=5, row_tokens=row_tokens)
    other.load_state(state)
    for _ in range(5):
        ours, theirs = loader.next(), other.next()
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(value, theirs[name]) for name, value in ours.items())
    with pytest.raises(UserError, match="seed is 6, but the run stood at 5"):
        ExampleLoader(epochs, 48, seed=6, row_tokens=row_tokens).load_state(state)


@pytest.mark.parametrize("family", ["gpt2", "qwen3"])
def test_packed_is_unpacked(family: str) -> None:
    examples = prompted(40)
    model: Decoder = disturbed(build(family))
    loader = ExampleLoader(lambda _: examples, 96, seed=0, row_tokens=48)
    batches = [loader.next() for _ in range(loader.batches_per_epoch)]
    assert any("documents" in batch for batch in batches)
    assert all(batch["tokens"].shape[1] <= 48 for batch in batches)
    with torch.no_grad():
        packed = [model.loss(batch) for batch in batches]
        alone = [model.loss(examples.batch([[place]])) for place in range(40)]
    assert sum(int(it.tokens) for it in packed) == sum(int(it.tokens) for it in alone) == examples.supervised
    # The same sums in float32 in another order.
    assert sum(float(it.nats) for it in packed) == pytest.approx(sum(float(it.nats) for it in alone), rel=1e-5)


def test_buckets_hold_all_in_order() -> None:
    lengths = np.array([5, 3, 9, 1, 1, 1, 20])
    batches = list(bucketed(np.arange(7), lengths, 10))
    assert [one for batch in batches for (one,) in batch] == list(range(7))
    assert batches[-1] == [[6]]  # too long for any batch, so alone


def test_no_examples_are_refused() -> None:
    with pytest.raises(UserError, match="no example is left"):
        ExampleLoader(lambda _: Examples([], PAD), 10, seed=0)
