"""Near-duplicates: a document goes when an earlier one shares enough of its shingles, however the work is cut."""

import json
import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from erya.corpus.near import find, stages
from erya.corpus.near.find import near_duplicates
from erya.corpus.near.shingles import shingle_set
from erya.corpus.near.signature import NearOptions, bands_and_rows, keys, scheme
from erya.corpus.near.stages import write_keys
from erya.corpus.near.tables import similar
from erya.corpus.runner import LocalRunner, Runner
from erya.corpus.work import Work

OPTIONS = NearOptions()
ONE_PROCESS = LocalRunner()
WORDS = [one + other + last for one in "bdklmnprst" for other in ("a", "ei", "o", "ur") for last in "bdklmnprst"]
HAN = [chr(code) for code in range(0x4E00, 0x5200)]


class Backwards(LocalRunner):
    """Runs the last item first."""

    def map(self, task, items, title, sizes, done=0):
        return reversed(list(super().map(task, items[::-1], title, sizes, done)))


def read_texts(folder: Path) -> list[str]:
    return json.loads((folder / "texts.json").read_text())


def pairs_of(
    folder: Path, parts: list[list[str]], options=OPTIONS, runner: Runner = ONE_PROCESS, kept: list[bool] | None = None
) -> dict[int, int]:
    """The documents that go, over all parts, each with the earlier one."""
    folder.mkdir(parents=True)
    folders = [folder / f"part{number}" for number in range(len(parts))]
    for part, texts in zip(folders, parts, strict=True):
        part.mkdir()
        (part / "texts.json").write_text(json.dumps(texts))
        write_keys(part, [keys(text, options) for text in texts])
    counts = [len(texts) for texts in parts]
    np.save(folder / "kept.npy", np.ones(sum(counts), dtype=np.bool_) if kept is None else np.array(kept))
    pairs = near_duplicates(Work(folder), runner, folders, counts, read_texts, folder / "kept.npy", options)
    return dict(pairs.tolist())


def jaccard(one: str, other: str) -> float:
    """By the definition, from shingles in plain Python."""
    sets = [{tuple(units[at : at + 5]) for at in range(len(units) - 4)} for units in map(plain_units, (one, other))]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def plain_units(text: str) -> list[str]:
    return text.split() if " " in text else list(text)


def written(chance: random.Random, language: str, units: int) -> list[str]:
    return chance.choices(WORDS if language == "en" else HAN, k=units)


def joined(units: list[str], language: str) -> str:
    return (" " if language == "en" else "").join(units)


def planted(chance: random.Random, language: str, similarity: float) -> tuple[str, str]:
    """A text and its variant of a similarity: the last words are others."""
    units = chance.randint(80, 200)
    count = units - 4
    changed = round(count * (1 - similarity) / (1 + similarity))
    text = written(chance, language, units)
    return joined(text, language), joined(text[: units - changed] + written(chance, language, changed), language)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_planted_variants_are_found_just_when_their_exact_similarity_reaches_the_threshold(
    tmp_path: Path, language: str
) -> None:
    chance = random.Random(language)
    grades = [0.5, 0.7, 0.76, 0.79, 0.81, 0.82, 0.85, 0.9, 0.97]
    pairs = [planted(chance, language, grade) for grade in grades for _ in range(40)]
    exact = [jaccard(*pair) >= OPTIONS.threshold for pair in pairs]
    assert 150 < sum(exact) < 230
    firsts, seconds = zip(*pairs, strict=True)
    gone = pairs_of(tmp_path / "near", [list(firsts), list(seconds)])
    expected = {len(pairs) + number: number for number, near in enumerate(exact) if near}
    assert gone.items() <= expected.items()  # each candidate is compared exactly: nothing goes that should not
    assert len(gone) >= 0.99 * len(expected)


def test_case_punctuation_and_white_space_make_no_difference() -> None:
    pairs = [
        ("The cat's hat is red, the dog's is not.", "the CAT s hat\nis red — the dog s is not"),
        ("第一条　为了保护公民的权利，制定本法。", "第一条 为了保护公民的权利 制定本法"),
        ("Straße nach Köln, im Jahr 1900", "STRASSE NACH KÖLN (IM JAHR 1900)"),
    ]
    for one, other in pairs:
        assert shingle_set(one).tolist() == shingle_set(other).tolist()
        assert keys(one, OPTIONS).tolist() == keys(other, OPTIONS).tolist()


def test_words_are_units_where_there_are_spaces_and_characters_where_there_are_none() -> None:
    def count(text: str) -> int:
        return len(shingle_set(text))

    assert count("one two three four five six seven") == 3
    assert count("保护公民的权利") == 3
    assert count("在 1998年 Erya 出版了") == 3  # 在 1998 年 Erya 出 版 了
    assert count("too few words") == count("") == count("…!") == 1
    different = ["too few words", "few too words", "toofewwords", "", "!", "!!", "?", "too few", "很少", "少很"]
    assert len({tuple(shingle_set(text)) for text in different}) == len(different)


@given(st.sets(st.integers(0, 40), min_size=1), st.sets(st.integers(0, 40), min_size=1), st.integers(1, 20))
def test_similarity_is_that_of_the_definition(one: set[int], other: set[int], twentieths: int) -> None:
    sets = [np.array(sorted(numbers), dtype=np.uint64) for numbers in (one, other)]
    assert similar(*sets, twentieths / 20) == (len(one & other) / len(one | other) >= twentieths / 20)


@pytest.mark.parametrize("threshold", [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0])
def test_a_pair_at_the_threshold_is_a_candidate_with_probability_0999(threshold: float) -> None:
    bands, rows = bands_and_rows(threshold)
    assert (1 - threshold**rows) ** bands <= 0.001
    assert keys("some text", NearOptions(threshold=threshold)).shape == (bands,)


def test_keys_never_change_without_a_new_scheme() -> None:
    """Stored keys of another kind would find nothing, silently: who changes these numbers raises VERSION."""
    assert scheme(OPTIONS).startswith("near 1, 18 bands of 5, Unicode ")
    english = "In the spring the river rises by a metre or two, and the people bring their boats into the barn."
    chinese = "春天，河水会涨高一两米，住在岸边的人就把船搬进谷仓。"
    assert keys(english, OPTIONS)[:2].tolist() == [10723842113579408267, 6993650665141670855]
    assert keys(chinese, OPTIONS)[:2].tolist() == [6784304627472119791, 15190159219021949766]


def family(chance: random.Random) -> list[list[str]]:
    """Parts with unrelated texts, exact copies, variants, variants of variants and short texts among them."""
    texts = [joined(written(chance, language, 60), language) for language in ("en", "zh") for _ in range(8)]
    for _ in range(40):
        origin = chance.choice(texts)
        separator = " " if " " in origin else ""
        units = origin.split() if separator else list(origin)
        for _ in range(chance.randint(0, 2)):
            units[chance.choice([0, 1, len(units) // 2, -1])] = "新" if not separator else "new"
        texts.append(separator.join(units))
    texts += ["", "a", "A!", "b", "…"]
    chance.shuffle(texts)
    cuts = [0, *sorted(chance.sample(range(1, len(texts)), 3)), len(texts)]
    return [texts[begin:end] for begin, end in pairwise(cuts)]


@pytest.mark.parametrize("seed", range(5))
def test_a_document_goes_when_an_earlier_one_is_near_however_the_work_is_cut_and_ordered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    parts = family(random.Random(seed))
    texts = [text for part in parts for text in part]
    gone = pairs_of(tmp_path / "parts", parts)
    sets = [set(shingle_set(text).tolist()) for text in texts]
    near = {
        later: [at for at in range(later) if len(sets[at] & sets[later]) >= 0.8 * len(sets[at] | sets[later])]
        for later in range(len(texts))
    }
    assert set(gone) == {later for later, earlier in near.items() if earlier}
    assert all(earlier in near[later] for later, earlier in gone.items())
    assert pairs_of(tmp_path / "whole", [texts]) == gone
    assert pairs_of(tmp_path / "again", parts, runner=Backwards()) == gone
    monkeypatch.setattr(find, "SHARE_BYTES", 4_000)
    assert pairs_of(tmp_path / "shares", parts) == gone
    assert len(list((tmp_path / "shares").glob("*/*/buckets.npy"))) > 4


def test_what_does_not_count_neither_goes_nor_lets_others_go(tmp_path: Path) -> None:
    texts = ["one text that is here twice or so", "One text that is here twice, or so!", "another one", "Another one."]
    kept = [True, False, False, True]
    assert pairs_of(tmp_path / "all", [texts[:2], texts[2:]]) == {1: 0, 3: 2}
    assert pairs_of(tmp_path / "kept", [texts[:2], texts[2:]], kept=kept) == {}


@pytest.mark.parametrize("parts", [[[]], [[], ["one"], []], [["one", "two"]]])
def test_nothing_goes_where_there_is_nothing_twice(tmp_path: Path, parts: list[list[str]]) -> None:
    assert pairs_of(tmp_path / "near", parts) == {}


@pytest.mark.parametrize(("own", "similarity"), [(2, "high"), (30, "low")])
def test_a_large_bucket_costs_each_document_a_bounded_number_of_comparisons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: int, similarity: str
) -> None:
    """Variants of one page by the thousand: with hardly any text of their own all go, with much of it none does."""
    chance = random.Random(1)
    page = written(chance, "en", 200)
    texts = [joined(page[: 200 - own] + written(chance, "en", own), "en") for _ in range(1_000)]
    comparisons = []
    monkeypatch.setattr(stages, "similar", lambda *sets: comparisons.append(1) or similar(*sets))
    gone = pairs_of(tmp_path / "near", [texts])
    if similarity == "high":
        assert list(gone) == list(range(1, 1_000))
        assert len(comparisons) < 1.1 * len(texts)
    else:
        assert not gone
        assert len(comparisons) <= OPTIONS.comparisons * len(texts)
