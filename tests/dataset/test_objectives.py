"""What is hidden of a text, how much of it, and that it follows from the seed and the row alone."""

import numpy as np
import pytest
import torch

from erya.core import registry
from erya.core.errors import UserError
from erya.dataset.loader import Loader
from erya.dataset.objective import OBJECTIVES, ObjectiveConfig, Setting
from erya.dataset.objectives.denoise import span_lengths
from erya.dataset.rows import NOT_SCORED, Batch, MakeBatch, Rows, validation_rows
from erya.tokenizer.tokenizer import Tokenizer, train_tokenizer
from tests.dataset.conftest import Write, draw_documents

# Shares of about 20,000 draws: four standard deviations of the widest, sqrt(0.8 × 0.2 / 20,000), are 0.011.
SHARE = 0.012
LENGTH = 64
TEXT = "the cat sat on the mat and saw red birds fly over walls; unbelievably many 猫坐在垫子上。 cats purr, dogs bark "


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """A tokenizer small enough that most words are of several tokens."""
    return train_tokenizer([TEXT * 20], 320)


def prepared(
    name: str, tokenizer: Tokenizer, seed: int = 0, document_mask: bool = False, **config: object
) -> MakeBatch:
    setting = Setting(tokenizer, ObjectiveConfig(**config), seed, document_mask)
    make: MakeBatch = registry.pick(OBJECTIVES, "OBJECTIVE", name).prepare(setting)
    return make


def text_rows(tokenizer: Tokenizer, count: int = 400, first_id: int = 0) -> Rows:
    """Rows of real words, with ends of documents among them."""
    draw = np.random.default_rng(1)
    words = TEXT.split(" ")
    stream: list[int] = []
    while len(stream) < count * LENGTH + 1:
        stream += [*tokenizer.encode(" ".join(draw.choice(words, draw.integers(3, 60)))), tokenizer.end_of_text_id]
    flat = np.array(stream)
    documents = np.cumsum(np.concatenate([[0], flat[:-1] == tokenizer.end_of_text_id]))
    index = np.arange(count)[:, None] * LENGTH + np.arange(LENGTH + 1)
    numbers = documents[index]
    return Rows(np.arange(first_id, first_id + count), flat[index], numbers - numbers[:, :1])


def parts(rows: Rows, *which: int) -> Rows:
    return Rows(*(array[list(which)] for array in rows[:3]))


def equal(one: Batch, other: Batch) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("name", registry.names(OBJECTIVES))
def test_every_objective_gives_ids_tokens_and_targets_and_no_state(name: str, tokenizer: Tokenizer) -> None:
    objective = registry.pick(OBJECTIVES, "OBJECTIVE", name)
    assert objective.name == name
    make, rows = prepared(name, tokenizer), text_rows(tokenizer, 20)
    before = rows.tokens.copy()
    batch = make(rows)
    assert batch["ids"].tolist() == list(range(20))
    assert batch["tokens"].shape == batch["targets"].shape == (20, LENGTH)
    assert all(tensor.dtype == torch.int64 for tensor in batch.values())
    assert (rows.tokens == before).all()
    assert equal(make(rows), batch)
    assert equal(prepared(name, tokenizer)(rows), batch)


@pytest.mark.parametrize("name", ["masked", "denoise"])
def test_a_row_is_hidden_by_its_id_alone(name: str, tokenizer: Tokenizer) -> None:
    make, rows = prepared(name, tokenizer), text_rows(tokenizer, 20)
    together, alone = make(rows), make(parts(rows, 7))
    key = "source" if name == "denoise" else "tokens"
    width = alone[key].shape[1]
    assert torch.equal(alone[key][0], together[key][7, :width])
    assert torch.equal(alone["targets"][0], together["targets"][7])
    for other in (make(rows._replace(ids=rows.ids + 20)), prepared(name, tokenizer, seed=1)(rows)):
        same = [torch.equal(one, two) for one, two in zip(other[key], together[key], strict=False)]
        assert sum(same) <= 1


@pytest.mark.parametrize("fraction", [None, 0.4])
@pytest.mark.parametrize("whole_words", [False, True])
def test_fifteen_percent_are_hidden_in_three_ways(
    whole_words: bool, fraction: float | None, tokenizer: Tokenizer
) -> None:
    rows = text_rows(tokenizer, 1_500)
    batch = prepared("masked", tokenizer, whole_words=whole_words, hidden_fraction=fraction)(rows)
    tokens, targets = batch["tokens"], batch["targets"]
    original = torch.from_numpy(rows.tokens[:, :-1])
    told = targets != NOT_SCORED
    control = torch.isin(original, torch.tensor(list(tokenizer.special.values())))
    control[:, 0] = True
    assert not (told & control).any()
    assert abs(float(told.sum() / (~control).sum()) - (fraction or 0.15)) < SHARE
    assert torch.equal(targets[told], original[told])
    assert torch.equal(tokens[~told & ~control], original[~told & ~control])
    masked = tokens[told] == tokenizer.mask_id
    kept = tokens[told] == original[told]
    assert abs(float(masked.float().mean()) - 0.8) < SHARE
    assert abs(float(kept.float().mean()) - 0.1) < SHARE
    replaced = tokens[told][~masked & ~kept]
    assert not torch.isin(replaced, torch.tensor(list(tokenizer.special.values()))).any()
    assert len(replaced.unique()) > 200


def test_whole_words_are_hidden_whole(tokenizer: Tokenizer) -> None:
    rows = text_rows(tokenizer, 300)
    told = (prepared("masked", tokenizer, whole_words=True)(rows)["targets"] != NOT_SCORED).tolist()
    apart = (prepared("masked", tokenizer)(rows)["targets"] != NOT_SCORED).tolist()
    control = {*tokenizer.special.values()}

    def split_words(flags: list[list[bool]]) -> int:
        """How many neighbours of one word there are of which only one is hidden."""
        return sum(
            flags[row][at] != flags[row][at - 1]
            for row, tokens in enumerate(rows.tokens.tolist())
            for at in range(2, LENGTH)
            if not tokenizer.begins_word(tokens[at]) and not {tokens[at], tokens[at - 1]} & control
        )

    assert split_words(told) == 0
    assert split_words(apart) > 1_000


def test_each_row_and_each_document_is_opened(tokenizer: Tokenizer, write: Write) -> None:
    make = prepared("masked", tokenizer, document_mask=True)
    batch = make(text_rows(tokenizer, 50))
    opens = batch["tokens"] == tokenizer.cls_id
    steps = batch["documents"][:, 1:] - batch["documents"][:, :-1]
    assert opens[:, 0].all()
    assert torch.equal(steps, opens[:, 1:].long())
    assert (batch["documents"][:, 0] == 0).all()


def test_validation_hides_the_same_every_time_whatever_its_rows(tokenizer: Tokenizer, write: Write) -> None:
    shards = write(draw_documents(30, vocab_size=300), vocab_size=tokenizer.vocab_size)
    make = prepared("masked", tokenizer)
    first, again, apart = (list(map(make, validation_rows(shards, rows, 16))) for rows in (4, 4, 1))
    assert all(map(equal, first, again))
    whole = {key: torch.cat([batch[key] for batch in first]) for key in first[0]}
    assert equal(whole, {key: torch.cat([batch[key] for batch in apart]) for key in apart[0]})
    filled = 16 * len(whole["tokens"]) - shards.num_tokens
    assert filled > 0
    assert (whole["tokens"].flatten()[len(whole["tokens"]) * 16 - filled + 1 :] == tokenizer.pad_id).all()
    assert (whole["targets"].flatten()[-filled + 1 :] == NOT_SCORED).all()


@pytest.mark.parametrize("fraction", [None, 0.1])
def test_the_target_is_the_row_and_the_source_the_row_with_spans_hidden(
    fraction: float | None, tokenizer: Tokenizer
) -> None:
    rows = text_rows(tokenizer, 800)
    batch = prepared("denoise", tokenizer, hidden_fraction=fraction)(rows)
    end, pad, mask = tokenizer.end_of_text_id, tokenizer.pad_id, tokenizer.mask_id
    assert batch["source"].shape[1] <= LENGTH
    hidden = spans = 0
    for row, source, tokens, targets in zip(
        rows.tokens.tolist(), *(batch[key].tolist() for key in ("source", "tokens", "targets")), strict=True
    ):
        text = row[1:LENGTH]
        assert targets == [*text, end]
        assert tokens == [pad, *text]
        read = source[: len(source) - source[::-1].index(end)]
        assert set(source[len(read) :]) <= {pad}
        assert read[-1] == end
        pieces = split(read[:-1], mask)
        assert contains_in_order(text, pieces)
        spans += len(pieces) - 1
        hidden += len(text) - (len(read) - 1 - (len(pieces) - 1))
    assert abs(hidden / (800 * (LENGTH - 1)) - (fraction or 0.3)) < SHARE
    # The last span is cut, which makes the mean a little less than 3.
    assert 2.2 < hidden / spans < 3


def split(ids: list[int], mask: int) -> list[list[int]]:
    pieces: list[list[int]] = [[]]
    for id_ in ids:
        if id_ == mask:
            pieces.append([])
        else:
            pieces[-1].append(id_)
    return pieces


def contains_in_order(text: list[int], pieces: list[list[int]]) -> bool:
    """Whether the text begins with the first piece, ends with the last, and holds the others between, in order."""
    at = 0
    for piece in pieces:
        while text[at : at + len(piece)] != piece:
            at += 1
            if at > len(text):
                return False
        at += len(piece)
    return text[: len(pieces[0])] == pieces[0] and (not pieces[-1] or text[-len(pieces[-1]) :] == pieces[-1])


def test_spans_are_never_more_than_their_tokens() -> None:
    random = np.random.default_rng(0)
    for total in range(40):
        lengths = span_lengths(total, random)
        assert len(lengths) <= lengths.sum() <= total
    many = np.concatenate([span_lengths(60, random) for _ in range(500)])
    assert abs(float((many == 0).mean()) - np.exp(-3)) < 0.02


def test_the_last_row_of_validation_is_shorter(tokenizer: Tokenizer, write: Write) -> None:
    for documents in (30, 31, 33, 35):
        shards = write(draw_documents(documents, vocab_size=300), vocab_size=tokenizer.vocab_size)
        last = list(map(prepared("denoise", tokenizer), validation_rows(shards, 1, 16)))[-1]
        real = (shards.num_tokens - 1) % 16 + 1
        assert int((last["targets"] != NOT_SCORED).sum()) == min(real + 1, 16)
        assert last["targets"].max() < tokenizer.vocab_size


def test_every_epoch_hides_otherwise_and_a_restored_loader_the_same(tokenizer: Tokenizer, write: Write) -> None:
    shards = write(draw_documents(150, vocab_size=300), vocab_size=tokenizer.vocab_size)
    loader = Loader(shards, 4, LENGTH, 0, prepared("masked", tokenizer))
    seen: dict[int, list[list[int]]] = {}
    for _ in range(3 * loader.rows_per_epoch // 4):
        state = loader.state()
        batch = loader.next()
        resumed = Loader(shards, 4, LENGTH, 0, prepared("masked", tokenizer))
        resumed.load_state(state)
        assert equal(resumed.next(), batch)
        for id_, targets in zip(batch["ids"].tolist(), batch["targets"], strict=True):
            seen.setdefault(id_ // loader.rows_per_epoch, []).append((targets != NOT_SCORED).nonzero().tolist())
    hidden = [str(places) for epoch in seen.values() for places in epoch]
    assert len(seen) >= 3
    assert len(set(hidden)) == len(hidden)


def test_what_an_objective_cannot_do_is_refused_in_one_line(tokenizer: Tokenizer) -> None:
    with pytest.raises(UserError, match="document_mask: an encoder–decoder cannot keep documents apart"):
        prepared("denoise", tokenizer, document_mask=True)
    old = train_tokenizer([TEXT], 262)
    old.mask_id = None
    for name in ("masked", "denoise"):
        with pytest.raises(UserError, match="the tokenizer has no mask token, and this model learns to tell hidden"):
            prepared(name, old)
