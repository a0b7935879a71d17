"""The grammar: right forms, both languages in step, great variety, held-out word pairs that training never shows."""

import hashlib
import re
import subprocess
import sys
from itertools import islice

import pytest

from erya.corpus.samples import vocabulary
from erya.corpus.samples.grammar import PATTERNS, held_out, pairs, sentences
from erya.corpus.samples.phrases import article, comparative, superlative, with_ing, with_s

MANY = 6_000
AMBIGUOUS = ("watch", "cook", "orange", "cup", "bowl", "bottle")  # a verb, a colour or a measure as well
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def drawn() -> list[tuple[str, str]]:
    return [(sentence.english, sentence.chinese) for sentence in islice(sentences(5), MANY)]


def test_every_sentence_is_well_formed(drawn: list[tuple[str, str]]) -> None:
    for english, chinese in drawn:
        assert re.fullmatch(r"[A-Z][A-Za-z' ,]*[.?]", english), english
        assert not re.search(r"  | ,|\b(\w+) \1\b", english.replace("that that", "")), english
        assert re.fullmatch(r"[\u4e00-\u9fff，]+[。？]", chinese), chinese
        assert english.endswith("?") == chinese.endswith("？"), (english, chinese)
        assert "正在在" not in chinese
        assert "的的" not in chinese


def test_articles_and_agreement(drawn: list[tuple[str, str]]) -> None:
    text = "\n".join(english for english, _ in drawn)
    for word in set(re.findall(r"\b[Aa] (\w+)", text)):
        assert article(word) == "a", word
    for word in set(re.findall(r"\b[Aa]n (\w+)", text)):
        assert article(word) == "an", word
    told = "\n".join(english for english, _ in drawn if english.endswith("."))
    assert not re.search(r"(?<!help )(?<!let )\b(?:[Ii]t|[Hh]e|[Ss]he) (?:are|have|do|were|want|like|need)\b", told)
    assert not re.search(r"\bI (?:is|are|has|does)\b", text)
    assert not re.search(r"\b(?:We|They|You) (?:is|has|does|was|wants)\b", text)
    assert not re.search(r"\b(?:These|Those) \w+ (?:is|has|was|wants|likes)\b", text)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (article("useful"), "a"),
        (article("umbrella"), "an"),
        (article("honest"), "an"),
        (article("hot"), "a"),
        (with_s("watch"), "watches"),
        (with_s("carry"), "carries"),
        (with_s("play"), "plays"),
        (with_ing("run"), "running"),
        (with_ing("write"), "writing"),
        (with_ing("see"), "seeing"),
        (comparative("big"), "bigger"),
        (comparative("lazy"), "lazier"),
        (comparative("young"), "younger"),
        (comparative("famous"), "more famous"),
        (superlative("safe"), "safest"),
        (superlative("expensive"), "most expensive"),
        (vocabulary.plural("box"), "boxes"),
        (vocabulary.plural("lady"), "ladies"),
        (vocabulary.plural("toy"), "toys"),
    ],
)
def test_english_forms(made: str, expected: str) -> None:
    assert made == expected


def test_both_languages_say_the_same_words(drawn: list[tuple[str, str]]) -> None:
    nouns = [noun for kind in vocabulary.nouns().values() for noun in kind]
    for english, chinese in drawn:
        words = set(re.findall(r"[A-Za-z]+", english))
        for noun in nouns:
            if {noun.english, noun.plural} & words and noun.english not in AMBIGUOUS:
                assert noun.chinese in chinese, (english, chinese)
        for place in vocabulary.places():
            assert (place.english in words) == (place.chinese in chinese), (english, chinese)
        for name in vocabulary.names():
            if re.search(rf"\b{name.english}\b", english):
                assert name.chinese in chinese, (english, chinese)
        for number in vocabulary.numbers():
            if re.search(rf"\b{number.english}\b (?!days|weeks)", english) and " ago" not in english:
                assert number.chinese in chinese, (english, chinese)


def test_denial_and_its_absence_agree(drawn: list[tuple[str, str]]) -> None:
    for english, chinese in drawn:
        if re.search(r"\b(?:not|no|never|cannot)\b", english):
            assert re.search("不|没有", chinese), (english, chinese)
        else:
            assert not re.search("不|没有", chinese), (english, chinese)


def test_there_are_over_a_million_sentences() -> None:
    """By the birthday law: n draws of N equally likely sentences repeat about n²/2N times; unequal ones more often."""
    number = 20_000
    seen = [sentence.english for sentence in islice(sentences(11), number)]
    repeats = number - len(set(seen))
    assert number**2 / (2 * max(repeats, 1)) > 1e6 / 10  # all patterns, the short ones among them
    long = [english for english in seen if len(english.split()) >= 8]
    repeats = max(len(long) - len(set(long)), 1)
    assert len(long) ** 2 / (2 * repeats) > 1e6


def test_every_pattern_and_word_is_used() -> None:
    text = [(sentence.english, sentence.chinese) for sentence in islice(sentences(3), 20_000)]
    english, chinese = " ".join(e for e, _ in text), "".join(c for _, c in text)
    for mark in [
        "把",
        "被",
        "了",
        "过",
        "正在",
        "吗",
        "比",
        "因为",
        "虽然",
        "如果",
        "之前",
        "的时候",
        "请",
        "最",
        "都",
    ]:
        assert mark in chinese, mark
    words = set(re.findall(r"[A-Za-z]+", english))
    used = {noun.english for kind in vocabulary.nouns().values() for noun in kind}
    fitting = vocabulary.adjectives()
    used |= {word.english for kind in fitting if kind != "place" for word in fitting[kind]}
    used |= {place.english for place in vocabulary.places()}
    assert used <= words, used - words
    assert len(used) > 200
    assert len(PATTERNS) > 25


def test_test_compositions_never_occur_in_training() -> None:
    train, test = pairs(6_000, 1, "train"), pairs(600, 2, "test")
    parts = {sentence.english: sentence.parts for seed in (1, 2) for sentence in islice(sentences(seed), 14_000)}
    shown = {part for pair in train for part in parts[pair.source]}
    assert not any(held_out(part) for part in shown)
    assert all(any(held_out(part) for part in parts[pair.source]) for pair in test)
    assert not {pair.source for pair in train} & {pair.source for pair in test}
    known = {word for pair in train for word in re.findall(r"[A-Za-z]+", pair.source.lower())}
    asked = {word for pair in test for word in re.findall(r"[A-Za-z]+", pair.source.lower())}
    assert len(asked & known) > 0.97 * len(asked)  # the words are known, rare forms aside; their company is new


def test_same_seed_same_pairs_in_every_process() -> None:
    script = (
        "import hashlib; from erya.corpus.samples import pairs\n"
        "print(hashlib.sha256(repr(pairs(500, 9)).encode()).hexdigest())"
    )
    here = hashlib.sha256(repr(pairs(500, 9)).encode()).hexdigest()
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "5"}
    )
    assert ran.stdout.strip() == here
    assert pairs(500, 10) != pairs(500, 9)


def test_pairs_are_distinct_and_counted() -> None:
    found = pairs(3_000, 4)
    assert len(found) == len({pair.source for pair in found}) == len({pair.id for pair in found}) == 3_000
    assert pairs(0) == []
