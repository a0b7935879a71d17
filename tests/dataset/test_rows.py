"""Rows are the documents of an epoch joined and cut, as the plainest code would do it."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erya.core.errors import UserError
from erya.dataset.objectives.next_token import NextToken
from erya.dataset.rows import NOT_SCORED, EpochRows, Rows, validation_rows
from erya.dataset.shards import TokenShards
from tests.dataset.conftest import END, Write, draw_documents

lengths = st.lists(st.integers(0, 12), min_size=1, max_size=12)
plain = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def joined(shards: TokenShards, order: list[int]) -> tuple[list[int], list[int]]:
    """The documents in an order as one list of tokens, and the place in the order each token comes from."""
    tokens: list[int] = []
    places: list[int] = []
    for place, document in enumerate(order):
        tokens += shards.document(document).tolist()
        places += [place] * len(shards.document(document))
    return tokens, places


@plain
@given(sizes=lengths, context_length=st.integers(1, 20), epoch=st.integers(0, 3), seed=st.integers(0, 9))
def test_rows_are_the_shuffled_documents_joined_and_cut(
    sizes: list[int], context_length: int, epoch: int, seed: int, write: Write
) -> None:
    shards = write([list(range(1 + 20 * place, 1 + 20 * place + size)) for place, size in enumerate(sizes)])
    if shards.num_tokens <= context_length:
        return
    rows = EpochRows(shards, context_length, seed)
    assert rows.num_rows == (shards.num_tokens - 1) // context_length
    ids, tokens, documents = rows.take(epoch * rows.num_rows, rows.num_rows)
    assert sorted(ids.tolist()) == list(range(epoch * rows.num_rows, (epoch + 1) * rows.num_rows))
    order = rows._epoch(epoch)[0].documents.tolist()
    assert sorted(order) == list(range(len(sizes)))
    stream, places = joined(shards, order)
    for id_, row, numbers in zip(ids.tolist(), tokens.tolist(), documents.tolist(), strict=True):
        start = (id_ - epoch * rows.num_rows) * context_length
        stop = start + context_length + 1
        assert row == stream[start:stop]
        assert numbers == [place - places[start] for place in places[start:stop]]


def test_epochs_and_seeds_have_their_own_order(write: Write) -> None:
    shards = write(draw_documents(200))
    first, second = EpochRows(shards, 8, seed=1), EpochRows(shards, 8, seed=2)
    orders = [rows._epoch(epoch) for rows in (first, second) for epoch in (0, 1)]
    assert len({tuple(order.documents.tolist()) for order, _ in orders}) == 4
    assert len({tuple(shuffled.tolist()) for _, shuffled in orders}) == 4


def test_targets_are_the_next_tokens_and_a_mask_opens_each_document_with_the_end_of_text(write: Write) -> None:
    shards = write(draw_documents(60, longest=9))
    rows = Rows(*EpochRows(shards, 16, seed=0).take(0, 12))
    free, masked = NextToken()(rows), NextToken(document_mask=True)(rows)
    assert set(free) == {"ids", "tokens", "targets"}
    assert all(tensor.dtype == torch.int64 for tensor in masked.values())
    assert torch.equal(free["targets"][:, :-1], free["tokens"][:, 1:])
    assert torch.equal(free["tokens"], masked["tokens"])
    assert torch.equal(free["targets"], masked["targets"])
    # The end-of-text is a target of the document it ends and the first input of the next one.
    opens = masked["tokens"] == END
    assert opens.any()
    assert (masked["documents"][:, 0] == 0).all()
    steps = masked["documents"][:, 1:] - masked["documents"][:, :-1]
    assert torch.equal(steps, opens[:, 1:].long())


def test_a_context_longer_than_the_corpus_is_refused_with_the_longest_that_works(write: Write) -> None:
    shards = write([[1, 2, 3], [4, 5]])
    with pytest.raises(UserError, match=r"context_length: got 7, but .* has only 7 tokens; use at most 6"):
        EpochRows(shards, 7, seed=0)
    assert EpochRows(shards, 6, seed=0).num_rows == 1


@plain
@given(
    sizes=lengths,
    context_length=st.integers(1, 9),
    rows=st.integers(1, 4),
    most=st.none() | st.integers(1, 60),
    masked=st.booleans(),
)
def test_validation_scores_every_token_once_in_order(
    sizes: list[int], context_length: int, rows: int, most: int | None, masked: bool, write: Write
) -> None:
    shards = write([list(range(1 + 20 * place, 1 + 20 * place + size)) for place, size in enumerate(sizes)])
    batches = list(map(NextToken(masked), validation_rows(shards, rows, context_length, most)))
    assert all(batch["tokens"].shape == batch["targets"].shape for batch in batches)
    assert all(batch["tokens"].shape[1] == context_length and len(batch["tokens"]) <= rows for batch in batches)
    tokens = torch.cat([batch["tokens"].flatten() for batch in batches])
    targets = torch.cat([batch["targets"].flatten() for batch in batches])
    stream = joined(shards, list(range(len(sizes))))[0][: most or shards.num_tokens]
    assert tokens[: len(stream)].tolist() == [END, *stream[:-1]]
    assert targets[: len(stream)].tolist() == stream
    assert (targets[len(stream) :] == NOT_SCORED).all()
    assert torch.cat([batch["ids"] for batch in batches]).tolist() == list(range(sum(len(b["ids"]) for b in batches)))
