"""The likelihood of a label is a sum by hand, batched = alone, and unseen labels are named."""

import pytest
import torch

from erya.core.errors import UserError
from erya.corpus.records import Labelled
from erya.model.heads import with_head
from erya.tasks.base import writing
from erya.tasks.base.prediction import Prediction
from erya.tasks.classify import TASK, ClassifyConfig, probabilities
from tests.tasks.small import CHINESE, WORDS, build, tokenizer

LABELS = ("bad", "good", "good enough")
SETTINGS = ClassifyConfig(language="en", labels=LABELS)
TOLERANCE = 1e-5  # float32 sums in batches of other shapes
TEXTS = ["Ada built a bridge", CHINESE, "x", " ".join(WORDS * 30)]


def model_of(family: str):
    return with_head(build(family), "label", LABELS) if family == "bert" else build(family)


def test_a_decoder_s_likelihood_is_the_sum_by_hand():
    model, own = build("qwen3"), tokenizer()
    nats = []
    for label in LABELS:
        before = writing.prompt(model, own, own.encode(TEXTS[0]))
        wanted = [*own.encode(label), own.end_of_text_id]
        with torch.no_grad():
            shares = model(torch.tensor([before + wanted[:-1]]))[0].log_softmax(-1)
        nats.append(sum(float(shares[len(before) - 1 + at, id_]) for at, id_ in enumerate(wanted)))
    by_hand = torch.tensor(nats).softmax(0)
    assert probabilities(model, own, TEXTS[:1], SETTINGS)[0] == pytest.approx(by_hand.numpy(), abs=TOLERANCE)


@pytest.mark.parametrize("family", ["bert", "qwen3", "marian"])
def test_batched_is_alone_and_a_long_text_is_cut(family):
    model = model_of(family)
    together = probabilities(model, tokenizer(), TEXTS, SETTINGS)
    assert together.sum(axis=1) == pytest.approx(1, abs=TOLERANCE)
    for text, row in zip(TEXTS, together, strict=True):
        assert probabilities(model, tokenizer(), [text], SETTINGS)[0] == pytest.approx(row, abs=TOLERANCE)
    system = TASK.system(model, tokenizer(), SETTINGS)
    empty, first = system([Labelled(" ", "", "1"), Labelled(TEXTS[0], "", "2")])
    assert empty == Prediction("")
    assert first.text == max(first.probabilities, key=first.probabilities.__getitem__)
    assert tuple(first.probabilities) == LABELS
    assert first.score == first.probabilities[first.text]
    learned = list(TASK.examples(model, tokenizer(), [Labelled(text, LABELS[2], text) for text in TEXTS], SETTINGS))
    assert len(learned) == len(TEXTS)
    longest = max(len(ids) for row in learned for ids in row.values())
    assert 48 < longest <= 64


def test_labels_are_learned_and_unseen_ones_named(capsys):
    records = [Labelled("a", label, label) for label in ("good", "bad", "good")]
    assert TASK.learned(records, ClassifyConfig(language="en")).labels == ("bad", "good")
    with pytest.raises(UserError, match="every label is 'good'"):
        TASK.learned(records[:1], ClassifyConfig(language="en"))
    unseen = [Labelled("a", "odd", "1"), Labelled("b", "bad", "2")]
    assert len(list(TASK.examples(model_of("bert"), tokenizer(), unseen, SETTINGS))) == 1
    assert "1 of 2 records have labels that were unseen in training (odd)" in capsys.readouterr().err


def test_an_encoder_gets_a_head_once_and_another_head_is_refused():
    model = TASK.adapt(build("bert"), SETTINGS, 0)
    assert model.config.labels == LABELS
    assert TASK.adapt(model, SETTINGS, 0) is model
    with pytest.raises(UserError, match="head is for masked_lm"):
        probabilities(build("bert"), tokenizer(), TEXTS, SETTINGS)
