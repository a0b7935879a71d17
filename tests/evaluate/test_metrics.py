"""What every metric gives, and each metric's figures against hand computation with a scorer that is told its nats."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from erya.core import registry
from erya.core.errors import UserError
from erya.evaluate.metric import Metric, Result
from erya.evaluate.metrics.complete.blimp import PHENOMENA, phenomenon
from erya.evaluate.scorer import Advance, Ending, Ids, Nats
from erya.evaluate.sets import METRICS
from tests.generate.small import ByteTokenizer

ENTRIES: dict[str, Metric] = registry.discover(METRICS, "METRIC")
RECORDS = {
    "language_model": [{"id": "a", "text": "one two"}, {"id": "b", "text": "三 four five"}],
    "lambada": [{"text": "he was the king"}, {"text": "she was the queen"}],
    "blimp": [
        {"sentence_good": "it is", "sentence_bad": "it are", "UID": "passive_1"},
        {"sentence_good": "a b", "sentence_bad": "b a", "UID": "wh_island"},
    ],
}


class Told:
    """A scorer that gives each token the nats it is told."""

    name, signature = "told", "told:so"

    def __init__(self, cost: Callable[[int], float]) -> None:
        self.cost = cost

    def nats(self, texts: Sequence[Ids], advance: Advance) -> list[Nats]:
        advance(sum(map(len, texts)))
        return [np.array([self.cost(int(token)) for token in text]) for text in texts]

    def endings(self, texts: Sequence[Ids], last: Sequence[int], advance: Advance) -> list[Ending]:
        costs = [sum(map(self.cost, text[len(text) - count :])) for text, count in zip(texts, last, strict=True)]
        return [Ending(cost, text[-1] == ord("g")) for cost, text in zip(costs, texts, strict=True)]


def measure(name: str, scorer: Told, records: list[dict[str, str]] | None = None) -> Result:
    metric = ENTRIES[name]
    items = metric.items(records or RECORDS[name], "here")
    return metric.measure(scorer, metric.prepare(items, ByteTokenizer()), lambda _: None)


@pytest.mark.parametrize("name", ENTRIES)
def test_every_metric_keeps_the_protocol(name: str) -> None:
    metric, result = ENTRIES[name], measure(name, Told(lambda token: token / 100))
    assert metric.name == name
    assert metric.headline in result.figures
    assert len(result.costs) == len(RECORDS[name])
    for part in (f"metric:{name}|", "items:2|", "items-sha256:", "tokenizer:", "bootstrap:", "erya:", "told:so"):
        assert part in result.signature
    for figure in result.figures.values():
        assert figure.unit
        if figure.low is not None and figure.high is not None:
            assert figure.low <= figure.value <= figure.high


@pytest.mark.parametrize("name", ENTRIES)
def test_other_items_have_another_signature(name: str) -> None:
    scorer = Told(lambda _: 1.0)
    assert measure(name, scorer).signature != measure(name, scorer, RECORDS[name][:1]).signature


def test_language_model_by_hand() -> None:
    result = measure("language_model", Told(lambda _: 0.5))
    size = len("one two") + len("三 four five".encode())
    assert result.figures["loss"].value == pytest.approx(0.5)
    assert result.figures["token_perplexity"].value == pytest.approx(math.exp(0.5))
    assert result.figures["bits_per_byte"].value == pytest.approx(0.5 / math.log(2))
    assert result.figures["word_perplexity"].value == pytest.approx(math.exp(0.5 * size / 5))


def test_the_curve_by_position_holds_every_token() -> None:
    records = [{"id": str(n), "text": "ab" * n} for n in (1, 3, 40, 700)]
    tokens = iter(range(10**6))
    result = measure("language_model", Told(lambda _: float(next(tokens) % 7)), records)
    curve = result.curves["Loss by position"]
    assert len(curve.x) == len(curve.y)
    assert list(curve.x) == sorted(curve.x)
    constant = measure("language_model", Told(lambda _: 0.25), records).curves["Loss by position"]
    assert constant.y == pytest.approx([0.25] * len(constant.y))


def test_text_without_words_is_no_document() -> None:
    with pytest.raises(UserError, match="here: holds no text"):
        ENTRIES["language_model"].items([{"id": "a", "text": " \n"}], "here")


def test_lambada_counts_the_last_word_only() -> None:
    result = measure("lambada", Told(lambda token: 1.0 if token == ord(" ") else 0.1))
    assert result.figures["accuracy"].value == 0.5
    assert result.figures["perplexity"].value == pytest.approx(math.exp((1.4 + 1.5) / 2))


@pytest.mark.parametrize("text", ["one", "", " one", None])
def test_lambada_refuses_what_has_no_last_word(text: str | None) -> None:
    with pytest.raises(UserError, match="here: record 1: expected `text` with at least two words"):
        ENTRIES["lambada"].items([{"text": text}], "here")


def test_blimp_counts_a_tie_half_and_says_what_others_count() -> None:
    figures = measure("blimp", Told(lambda _: 1.0)).figures
    assert figures["ties"].value == 0.5
    assert figures["accuracy"].value == 0.75
    assert figures["accuracy_lm_eval"].value == 1.0
    longer_wins = measure("blimp", Told(lambda _: -1.0)).figures
    assert longer_wins["accuracy"].value == 0.25


def test_blimp_scores_with_a_leading_space() -> None:
    prepared = ENTRIES["blimp"].prepare(ENTRIES["blimp"].items(RECORDS["blimp"], "here"), ByteTokenizer())
    assert [bytes(text) for text in prepared.texts] == [b" it is", b" a b", b" it are", b" b a"]


def test_blimp_needs_its_fields() -> None:
    with pytest.raises(UserError, match="record 1: expected text in sentence_good"):
        ENTRIES["blimp"].items([{"sentence_good": "a"}], "here")


def test_blimp_phenomena_are_those_of_the_paper(shared_data: Path) -> None:
    from erya.evaluate.sets import read_json_lines

    paradigms = {record["UID"] for record in read_json_lines(shared_data / "blimp" / "blimp.jsonl.gz")}
    counts = {name: sum(phenomenon(it) == name for it in paradigms) for name in PHENOMENA}
    assert counts == {  # Warstadt et al. 2020, table 4
        "anaphor agreement": 2,
        "argument structure": 9,
        "binding": 7,
        "control/raising": 5,
        "determiner-noun agreement": 8,
        "ellipsis": 2,
        "filler-gap dependency": 7,
        "irregular forms": 2,
        "island effects": 8,
        "NPI licensing": 7,
        "quantifiers": 4,
        "subject-verb agreement": 6,
    }
