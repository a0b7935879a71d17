"""Laws of the Kneser–Ney model, and its equality with a slow dictionary implementation written from the paper."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import pytest

from erya.evaluate.baseline import Corpus
from erya.evaluate.baselines.complete.kneser_ney import FALLBACK_DISCOUNTS, KneserNey, discounts
from erya.evaluate.baselines.complete.unigram import Unigram

SAME = 1e-12  # both sides are float64 sums of the same few terms in another order
ONE = 1e-9  # a sum over the vocabulary of float64 shares

VOCAB = 40
END = 39


def documents(seed: int, count: int = 60) -> list[np.ndarray]:
    """Texts of a random first-order process, so that longer n-grams do come again."""
    random = np.random.default_rng(seed)
    table = random.dirichlet(np.full(END, 0.08), size=VOCAB)
    texts = []
    for _ in range(count):
        text = [END]
        for _ in range(int(random.integers(0, 40))):
            text.append(int(random.choice(END, p=table[text[-1]])))
        texts.append(np.array(text[1:], dtype=np.int64))
    return texts


class SlowKneserNey:
    """The recursion as it stands in Chen & Goodman 1998, with dictionaries of tuples."""

    def __init__(self, texts: Sequence[Sequence[int]], order: int) -> None:
        raw: Counter[tuple[int, ...]] = Counter()
        for text in texts:
            padded = [END] * (order - 1) + [int(token) for token in text] + [END]
            for last in range(order - 1, len(padded)):
                raw[tuple(padded[last - order + 1 : last + 1])] += 1
        self.counts: list[dict[tuple[int, ...], int]] = [raw]
        for _ in range(order - 1):
            before: dict[tuple[int, ...], set[int]] = defaultdict(set)
            for gram in self.counts[0]:
                before[gram[1:]].add(gram[0])
            self.counts.insert(0, {gram: len(found) for gram, found in before.items()})

    def probability(self, context: tuple[int, ...], token: int) -> float:
        counts = self.counts[len(context)]
        lower = self.probability(context[1:], token) if context else 1 / VOCAB
        discount = (0.0, *discounts(np.array(list(counts.values()))))
        after = {gram: count for gram, count in counts.items() if gram[:-1] == context}
        if not after:
            return lower
        total = sum(after.values())
        own = after.get((*context, token), 0)
        left = sum(discount[min(count, 3)] for count in after.values()) / total
        return (own - discount[min(own, 3)]) / total + left * lower


def ignore(_: int) -> None:
    pass


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_equals_the_slow_implementation(order: int) -> None:
    train = documents(1)
    fast, slow = KneserNey(Corpus(train, VOCAB, END), order), SlowKneserNey(train, order)
    for text in documents(2, 6):
        padded = [END] * (order - 1) + [int(token) for token in text]
        wanted = [
            -math.log(slow.probability(tuple(padded[at : at + order - 1]), int(token))) for at, token in enumerate(text)
        ]
        assert fast.nats([text], ignore)[0] == pytest.approx(wanted, abs=SAME)


@pytest.mark.parametrize("seed", range(5))
def test_sums_to_one_after_any_context(seed: int) -> None:
    model = KneserNey(Corpus(documents(seed), VOCAB, END))
    random = np.random.default_rng(seed)
    for length in [0, 1, 2, 3, 4, 5, 9] * 10:
        found = model.distribution(random.integers(0, END, size=length).tolist())
        assert found.sum() == pytest.approx(1, abs=ONE)
        assert (found > 0).all()


def test_distribution_and_scores_agree() -> None:
    train = documents(3)
    model = KneserNey(Corpus(train, VOCAB, END))
    for text in [*documents(4, 5), *train[:5]]:
        nats = model.nats([text], ignore)[0]
        one_by_one = [-math.log(model.distribution(text[:at])[token]) for at, token in enumerate(text)]
        assert nats == pytest.approx(one_by_one, abs=SAME)


def test_a_text_is_scored_the_same_alone_and_among_others() -> None:
    model = KneserNey(Corpus(documents(5), VOCAB, END))
    texts = documents(6, 12)
    for text, nats in zip(texts, model.nats(texts, ignore), strict=True):
        assert np.array_equal(nats, model.nats([text], ignore)[0])


def test_beats_the_unigram_where_context_tells() -> None:
    train = documents(7, 200)
    corpus = Corpus(train[:-20], VOCAB, END)
    held_out = train[-20:]
    kneser_ney = np.concatenate(KneserNey(corpus).nats(held_out, ignore)).mean()
    unigram = np.concatenate(Unigram(corpus).nats(held_out, ignore)).mean()
    assert kneser_ney < 0.75 * unigram


def test_endings_are_the_argmax_and_the_nats_of_the_distribution() -> None:
    train = documents(8)
    model = KneserNey(Corpus(train, VOCAB, END))
    text = next(text for text in train if len(text) > 10)[:8]
    best = int(model.distribution(text).argmax())
    texts = [[*text, best], [*text, (best + 1) % VOCAB]]
    endings = model.endings(texts, [1, 2], ignore)
    assert [ending.likeliest for ending in endings] == [True, False]
    nats = model.nats(texts, ignore)
    assert [ending.nats for ending in endings] == pytest.approx([nats[0][-1], nats[1][-2:].sum()], abs=SAME)


def test_discounts_by_hand() -> None:
    counts = np.array([1] * 10 + [2] * 4 + [3] * 2 + [4] * 1)
    y = 10 / 18
    assert discounts(counts) == pytest.approx((1 - 2 * y * 0.4, 2 - 3 * y * 0.5, 3 - 4 * y * 0.5))
    assert discounts(np.array([1, 1, 5])) == FALLBACK_DISCOUNTS


def test_unigram_sums_to_one_and_knows_every_token() -> None:
    model = Unigram(Corpus(documents(9), VOCAB, END))
    assert model.probabilities.sum() == pytest.approx(1, abs=ONE)
    assert (model.probabilities > 0).all()
    assert model.nats([[3, 3]], ignore)[0] == pytest.approx([-math.log(model.probabilities[3])] * 2)


def test_nothing_to_score_is_no_error() -> None:
    model = KneserNey(Corpus(documents(10), VOCAB, END))
    assert [len(nats) for nats in model.nats([[], [1, 2], []], ignore)] == [0, 2, 0]
