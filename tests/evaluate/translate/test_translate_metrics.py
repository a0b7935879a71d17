"""Each translation metric's sum of sentences is sacrebleu's corpus figure; the language must be what is said."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from erya.core import registry
from erya.core.errors import UserError
from erya.corpus.examples import read_pairs
from erya.corpus.records import Pair
from erya.evaluate.scoring.translations import looks_tokenized
from erya.evaluate.significance import bootstrap_value
from erya.evaluate.task import Measured, TaskMetric
from erya.tasks.base.prediction import Prediction

SAME = 1e-9  # both sides are float64 functions of the same few integers

METRICS: dict[str, TaskMetric] = registry.discover("erya.evaluate.metrics.translate", "METRIC")
ORACLES: dict[str, dict[str, Any]] = {
    "bleu": {"en": BLEU(), "zh": BLEU(trg_lang="zh")},
    "bleu_tokenized": {"en": BLEU(lowercase=True, tokenize="none", force=True)},
    "chrf": {"en": CHRF(), "zh": CHRF()},
    "ter": {"en": TER(), "zh": TER(normalized=True, asian_support=True)},
}
CASES = [(name, language) for name, oracles in ORACLES.items() for language in oracles]


def texts(seed: int, count: int, language: str, empty: bool) -> list[str]:
    random = np.random.default_rng(seed)
    words = (
        list("我你他们是在中国学习语言书人不")
        if language == "zh"
        else ["a", "The", "cat", "sat", "on", "Mats", "dog", "ran", "fast"]
    )
    low = 0 if empty else 1
    gap, stop = ("", "。") if language == "zh" else (" ", " .")
    sentences = [gap.join(random.choice(words, size=random.integers(low, 14))) for _ in range(count)]
    return [sentence + stop if sentence else "" for sentence in sentences]


def measured(name: str, hypotheses: Sequence[str], references: Sequence[str], language: str) -> Measured:
    pairs = [Pair("source", text, str(at)) for at, text in enumerate(references)]
    return METRICS[name].measure([Prediction(text) for text in hypotheses], pairs, language)


def figure(found: Measured) -> float:
    return float(found.value(found.statistics.sum(axis=0)))


def test_every_metric_has_its_oracle_and_the_protocol() -> None:
    assert METRICS.keys() == {*ORACLES, "markup_kept"}  # whose golden cases stand in a file of their own
    for metric in METRICS.values():
        assert metric.name
        assert metric.unit == "%"
        assert metric.higher_is_better == (metric.name != "TER")


@pytest.mark.parametrize(("name", "language"), CASES)
@pytest.mark.parametrize("seed", range(4))
def test_the_sum_gives_the_corpus_figure_of_sacrebleu(name: str, language: str, seed: int) -> None:
    hypotheses, references = texts(seed, 60, language, empty=True), texts(seed + 99, 60, language, empty=False)
    oracle = ORACLES[name][language]
    found = measured(name, hypotheses, references, language)
    wanted = oracle.corpus_score(hypotheses, [references])
    assert figure(found) == pytest.approx(wanted.score, abs=SAME)
    assert found.signature == str(oracle.get_signature())
    one_by_one = [figure(measured(name, hypotheses[at:], references[at:], language)) for at in (20, 57, 59)]
    assert one_by_one == pytest.approx(
        [oracle.corpus_score(hypotheses[at:], [references[at:]]).score for at in (20, 57, 59)], abs=SAME
    )
    random = np.random.default_rng(seed)
    chosen = random.integers(0, 60, size=60)
    sums = np.stack([found.statistics.sum(axis=0), found.statistics[chosen].sum(axis=0)])
    again = oracle.corpus_score([hypotheses[at] for at in chosen], [[references[at] for at in chosen]])
    assert found.value(sums) == pytest.approx([wanted.score, again.score], abs=SAME)


@pytest.mark.parametrize(("name", "language"), CASES)
def test_a_reference_scores_best_and_nothing_worst(name: str, language: str) -> None:
    references = texts(5, 20, language, empty=False)
    best, worst = (100.0, 0.0) if METRICS[name].higher_is_better else (0.0, 100.0)
    assert figure(measured(name, references, references, language)) == pytest.approx(best)
    assert figure(measured(name, [""] * 20, references, language)) == pytest.approx(worst)


@pytest.mark.parametrize(
    ("hypotheses", "references"), list(pairwise([["a"], ["a b"], ["a b c ."], ["x y z , ."], [""]]))
)
def test_short_texts_without_long_ngrams(hypotheses: list[str], references: list[str]) -> None:
    for name in ("bleu", "chrf", "ter"):
        if references != [""]:
            wanted = ORACLES[name]["en"].corpus_score(hypotheses, [references]).score
            assert figure(measured(name, hypotheses, references, "en")) == pytest.approx(wanted, abs=SAME)


def test_real_sentences(shared_data: Path) -> None:
    folder = shared_data / "multi30k"
    german = read_pairs([folder / "val.en.gz", folder / "val.de.gz"])[:200]
    chinese = read_pairs([shared_data / "tatoeba_cmn_eng/cmn.txt"], fields=("1", "2"))[10_000:10_200]
    for name in ("bleu", "chrf", "ter"):
        for pairs, language in ((german, "de"), (chinese, "zh")):
            references = [pair.target for pair in pairs]
            hypotheses = references[1:] + references[:1]
            oracle = ORACLES[name]["zh" if language == "zh" else "en"]
            found = measured(name, hypotheses, references, language)
            assert figure(found) == pytest.approx(oracle.corpus_score(hypotheses, [references]).score, abs=SAME)
            interval = bootstrap_value(found.statistics, found.value)
            assert interval.low is not None
            assert interval.high is not None
            assert interval.low <= interval.value <= interval.high


def test_which_text_is_tokenized(shared_data: Path) -> None:
    folder = shared_data / "multi30k"
    plain = read_pairs([folder / "val.en.gz", folder / "val.de.gz"])
    tokenized = read_pairs([folder / f"tok/val.lc.norm.tok.{side}.gz" for side in ("en", "de")])
    assert not looks_tokenized([pair.target for pair in plain])
    assert looks_tokenized([pair.target for pair in tokenized])


def test_the_tokenized_convention_refuses_plain_text() -> None:
    for references, language in ((["A dog."], "en"), (["一只狗。"], "zh")):
        with pytest.raises(UserError, match="not tokenized"):
            measured("bleu_tokenized", references, references, language)


@pytest.mark.parametrize("name", ["bleu", "chrf", "ter"])
def test_another_language_than_said_is_refused(name: str) -> None:
    with pytest.raises(UserError, match=r"0% of .* said to be zh"):
        measured(name, ["a dog"], ["A dog."], "zh")
    with pytest.raises(UserError, match=r"100% of .* said to be en; say zh"):
        measured(name, ["一只狗"], ["一只狗。"], "en")
    assert figure(measured(name, ["Python 狗"], ["Python 狗。"], "zh")) >= 0


def test_a_missing_segmenter_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise RuntimeError("\nJapanese tokenization requires extra dependencies")

    monkeypatch.setattr("sacrebleu.metrics.bleu.BLEU", missing)
    with pytest.raises(UserError, match=r"pip install 'sacrebleu\[ja\]'"):
        measured("bleu", ["犬"], ["犬です。"], "ja")


@pytest.mark.parametrize("name", METRICS)
def test_numbers_must_agree_and_references_not_be_empty(name: str) -> None:
    with pytest.raises(UserError, match="1 predictions for 2 pairs"):
        measured(name, ["a ."], ["a .", "b ."], "en")
    with pytest.raises(UserError, match=r"1 reference translations are empty \(the first: 1\)"):
        measured(name, ["a .", "b ."], ["a .", "  "], "en")
