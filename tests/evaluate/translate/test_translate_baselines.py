"""IBM Model 1 equals its definition, Viterbi equals trying all, and word by word beats copying where words tell."""

from collections import defaultdict
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from erya.core import registry
from erya.core.errors import UserError
from erya.corpus.examples import read_pairs
from erya.corpus.records import Pair
from erya.evaluate.baselines.translate import ibm1
from erya.evaluate.learners.segmentation import AtPunctuation, AtSpaces, ByLexicon, learn_segmenter
from erya.evaluate.metrics.translate.bleu import METRIC
from erya.evaluate.task import TaskBaseline
from erya.tasks.base.prediction import System

SAME = 1e-9  # float64 sums of the same terms in another order
BASELINES: dict[str, TaskBaseline] = registry.discover("erya.evaluate.baselines.translate", "BASELINE")

ENGLISH = ["the", "a", "dog", "cat", "house", "big", "small", "sees", "red"]
GERMAN = ["die", "ein", "hund", "katze", "haus", "groß", "klein", "sieht", "rot"]


def pairs(seed: int, count: int) -> list[Pair]:
    """Sentences of a language that German is word for word."""
    random = np.random.default_rng(seed)
    chosen = [random.integers(0, len(ENGLISH), size=random.integers(2, 8)) for _ in range(count)]
    made = []
    for number, words in enumerate(chosen):
        source, target = (" ".join(side[word] for word in words) + "." for side in (ENGLISH, GERMAN))
        made.append(Pair(source.capitalize(), target.capitalize(), str(number)))
    return made


def score(system: System, records: list[Pair], language: str) -> float:
    found = METRIC.measure(system(records), records, language)
    return float(found.value(found.statistics.sum(axis=0)))


def slow_model_1(sources: list[list[int]], targets: list[list[int]]) -> dict[tuple[int, int], float]:
    """t(target | source) with dictionaries, as the paper has it."""
    t: dict[tuple[int, int], float] = defaultdict(lambda: 1.0)
    for _ in range(ibm1.ITERATIONS):
        counts: dict[tuple[int, int], float] = defaultdict(float)
        totals: dict[int, float] = defaultdict(float)
        for source, target in zip(sources, targets, strict=True):
            for e in target:
                below = sum(t[f, e] for f in source)
                for f in source:
                    counts[f, e] += t[f, e] / below
                    totals[f] += t[f, e] / below
        t = defaultdict(float, {(f, e): count / totals[f] for (f, e), count in counts.items()})
    return t


def test_expectation_maximization_equals_the_slow_one() -> None:
    random = np.random.default_rng(0)
    sources = [random.integers(2, 9, size=random.integers(1, 6)) for _ in range(40)]
    targets = [random.integers(2, 9, size=random.integers(1, 6)) for _ in range(40)]
    slow = slow_model_1([side.tolist() for side in sources], [side.tolist() for side in targets])
    source, target, _, place = ibm1._links(sources, targets)
    keys, pair = np.unique(source * 9 + target, return_inverse=True)
    found = ibm1.expectation_maximization(pair, place, keys // 9)
    assert found == pytest.approx([slow[int(key) // 9, int(key) % 9] for key in keys], abs=SAME)
    assert np.bincount(keys // 9, found)[2:] == pytest.approx(np.ones(7), abs=SAME)


def test_bigrams_sum_to_one_after_any_word() -> None:
    random = np.random.default_rng(1)
    model = ibm1.Bigrams([random.integers(2, 12, size=6) for _ in range(30)], 13)
    everything = np.arange(13)
    assert np.exp(model.log_probabilities(everything, everything)).sum(axis=1) == pytest.approx(np.ones(13), abs=SAME)


def test_viterbi_finds_what_trying_all_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ibm1, "CANDIDATES", 3)
    noisy = [Pair(one.source, other.target, one.id) for one, other in zip(pairs(2, 60), pairs(3, 60), strict=True)]
    system = ibm1.WordByWord(noisy)
    for record in noisy[:4]:
        words = system.source_segmenter.cut(record.source)
        options = [system.dictionary.candidates(int(word)) for word in system.source.numbers(words)]
        best, best_words = -np.inf, ()
        for choice in product(*(range(len(targets)) for targets, _ in options)):
            chosen = [int(targets[at]) for (targets, _), at in zip(options, choice, strict=True)]
            total = sum(float(scores[at]) for (_, scores), at in zip(options, choice, strict=True))
            steps = zip([ibm1.END, *chosen], [*chosen, ibm1.END], strict=True)
            total += sum(float(system.bigrams.log_probabilities(np.array([a]), np.array([b]))[0, 0]) for a, b in steps)
            if total > best:
                best, best_words = total, tuple(system.target.words[word] for word in chosen)
        assert system.translate(record.source) == system.target_segmenter.join(best_words)


def test_a_language_that_is_another_word_for_word_is_learned() -> None:
    system = BASELINES["ibm1"].train(pairs(4, 300), "de")
    assert score(system, pairs(5, 50), "de") > 99
    assert score(BASELINES["copy_source"].train([], "de"), pairs(5, 50), "de") < 10


def test_an_unknown_word_stays_and_nothing_gives_nothing() -> None:
    system = ibm1.WordByWord(pairs(4, 300))
    assert system.translate("The Xanadu sees.") == "Die Xanadu sieht."
    assert system.translate("") == ""


@pytest.mark.parametrize("name", BASELINES)
def test_the_same_records_give_the_same_system_and_references_are_not_looked_at(name: str) -> None:
    train, test = pairs(6, 100), pairs(7, 20)
    blind = [Pair(record.source, "", record.id) for record in test]
    predictions = BASELINES[name].train(train, "de")(test)
    assert len(predictions) == len(test)
    assert BASELINES[name].train(train, "de")(blind) == predictions
    assert BASELINES[name].train(train, "de")([]) == []


def test_the_shortest_pairs_fit_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ibm1, "MOST_LINKS", 12)
    sides = [np.arange(size) for size in (3, 9, 1, 0)]
    assert ibm1._within_budget(sides, sides) == [0, 2]


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(UserError, match="no pair with words"):
        BASELINES["ibm1"].train([Pair("", "x", "1")], "de")


def test_segmenters_are_told_from_the_text_and_join_what_they_cut() -> None:
    chinese = ["我们知道什么。", "什么时候我们走？", "他们不知道。", "我知道他们。", "我们什么也不说。"] * 2
    cases = {
        AtSpaces: ["a dog , you see .", "it 's me ."],
        AtPunctuation: ["A dog, you see.", "It's (well) me!"],
        ByLexicon: [*chinese, "Tom Smith 走。"],
    }
    for kind, texts in cases.items():
        segmenter = learn_segmenter(texts)
        assert isinstance(segmenter, kind)
        for text in texts:
            joined = segmenter.join(segmenter.cut(text))
            assert joined == (text.replace("Smith 走", "Smith走") if kind is ByLexicon else text)


def test_a_lexicon_holds_what_stands_together_more_than_by_chance() -> None:
    filler = [chr(0x4E00 + 50 + number) for number in range(400)]
    random = np.random.default_rng(8)
    texts = ["".join([*random.choice(filler, 12), "知道", *random.choice(filler, 12)]) for _ in range(60)]
    assert "知道" in ByLexicon(texts).cut(texts[0])
    assert len(ByLexicon(texts).cut(texts[0])) == 25


def test_real_pairs_beat_copying(shared_data: Path) -> None:
    folder = shared_data / "multi30k"
    train = read_pairs([folder / "train.en.gz", folder / "train.de.gz"])[:3000]
    held_out = read_pairs([folder / "val.en.gz", folder / "val.de.gz"])[:200]
    assert score(BASELINES["ibm1"].train(train, "de"), held_out, "de") > 10
    assert score(BASELINES["copy_source"].train(train, "de"), held_out, "de") < 3
