"""SentencePiece tokenizers of imported models give the ids and texts that `transformers` gives, on both sides."""

import io
import json
import pydoc_data.topics
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sentencepiece
import tokenizers
import torch

from erya.commands._evaluating import chosen_task
from erya.core import registry
from erya.core.errors import UserError
from erya.generate.beam import BeamConfig
from erya.model.architectures.encoder_decoder import EncoderDecoder
from erya.model.files import save_model
from erya.tasks.base.loaded import load
from erya.tokenizer.files import has_tokenizer
from erya.tokenizer.imported import Pieces
from erya.tokenizer.sentencepiece import FILES, SentencePiece
from erya.tokenizer.tokenizer import Tokenizer
from tests.tokenizer.conftest import chinese

pytestmark = pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")
TEXTS = [
    "The cat sat on the mat, and the DOG didn't.",
    "naïve café — 3.14 € ﬁne! \t\n two\u00a0blanks",
    "猫坐在垫子上。English 混合 text ﷺ",
    ">>zho<< The statement is executed",
    ">>xyz<<nothing knows this code",
    "🙂 \ufffd unaffable supercalifragilistic",
    "",
    "  ",
]


def english() -> list[str]:
    lines = "\n".join(list(pydoc_data.topics.topics.values())[:40]).splitlines()
    return [line.strip() for line in lines if line.strip()]


def model_of(texts: Iterator[str] | list[str], size: int, kind: str) -> bytes:
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_writer=written, vocab_size=size, model_type=kind, minloglevel=2
    )
    return written.getvalue()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tokenizer of a small translation model, saved by `transformers` as the published ones are."""
    from transformers import MarianTokenizer

    raw, out = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("marian")
    sides = {"source": model_of(english(), 400, "unigram"), "target": model_of([chinese(900)] * 3, 600, "bpe")}
    pieces = dict.fromkeys(["</s>", "<unk>"])
    for name, content in sides.items():
        (raw / f"{name}.spm").write_bytes(content)
        processor = sentencepiece.SentencePieceProcessor(model_proto=content)
        pieces |= dict.fromkeys(processor.id_to_piece(id_) for id_ in range(3, processor.get_piece_size()))
    pieces |= dict.fromkeys([">>zho<<", "<pad>"])
    (raw / "vocab.json").write_text(json.dumps({piece: id_ for id_, piece in enumerate(pieces)}))
    names = {"source_spm": raw / "source.spm", "target_spm": raw / "target.spm", "vocab": raw / "vocab.json"}
    theirs = MarianTokenizer(**{k: str(v) for k, v in names.items()}, source_lang="en", target_lang="zh")
    theirs.save_pretrained(out)
    return out


@pytest.fixture(scope="module")
def translator(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole imported model: that tokenizer with a small model of random weights that writes lively texts."""
    from transformers import MarianMTModel

    own = Tokenizer.load(directory)
    family = registry.pick("erya.model.families", "FAMILY", "marian")
    shape = {"hidden_size": 32, "num_layers": 1, "num_decoder_layers": 1, "num_heads": 4, "intermediate_size": 40}
    ids = {"vocab_size": own.vocab_size, "pad_id": own.pad_id, "end_id": own.end_of_text_id}
    model: EncoderDecoder = family.new(family.configure({**shape, **ids, "context_length": 64}), 3)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in model.parameters():
            value += 0.1 * torch.randn(value.shape, generator=generator)
        model.head_bias[own.end_of_text_id] += 6
    made, out = tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("published")
    save_model(made, model, None, {})
    MarianMTModel.from_pretrained(made).save_pretrained(out)
    for path in directory.iterdir():
        (out / path.name).write_bytes(path.read_bytes())
    return out


def test_ids_and_texts_are_those_of_transformers(directory: Path) -> None:
    from transformers import MarianTokenizer

    theirs = MarianTokenizer.from_pretrained(directory)
    assert has_tokenizer(directory)
    ours = Tokenizer.load(directory)
    assert isinstance(ours, SentencePiece)
    assert (ours.vocab_size, ours.pad_id, ours.end_of_text_id) == (len(theirs), theirs.pad_token_id, 0)
    given, wanted = theirs(TEXTS)["input_ids"], theirs(text_target=TEXTS)["input_ids"]
    assert [[*ids, 0] for ids in ours.encode_batch(TEXTS)] == given
    assert [[*ids, 0] for ids in ours.encode_wanted(TEXTS)] == wanted
    assert given != wanted
    for ids in wanted:
        assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=True)
        assert ours.decode(ids, skip_special=False) == theirs.decode(ids)


def test_control_tokens_written_out_are_text(directory: Path) -> None:
    ours = Tokenizer.load(directory)
    assert not set(ours.encode("an end </s> and a <pad> written out")) & set(ours.special.values())


def test_what_is_saved_are_the_files_that_were_read(directory: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    ours = Tokenizer.load(directory)
    ours.save(tmp_path)
    assert all((tmp_path / name).read_bytes() == (directory / name).read_bytes() for name in FILES)
    assert Tokenizer.load(tmp_path).sha256 == ours.sha256
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "marian"}))
    assert AutoTokenizer.from_pretrained(tmp_path)(TEXTS)["input_ids"][0][:-1] == ours.encode(TEXTS[0])


def test_a_published_translator_writes_what_it_writes_in_transformers(translator: Path) -> None:
    from transformers import MarianMTModel, MarianTokenizer

    model, tokenizer = MarianMTModel.from_pretrained(translator).eval(), MarianTokenizer.from_pretrained(translator)
    texts = [line for line in english() if 10 < len(line) < 60][:12]
    given = [tokenizer(text, return_tensors="pt") for text in texts]
    written = [model.generate(**ids, num_beams=4, max_new_tokens=12)[0] for ids in given]
    expected = [tokenizer.decode(ids, skip_special_tokens=True) for ids in written]
    ours = load(translator)
    beams = BeamConfig(num_beams=4, max_new_tokens=12)
    brief = replace(ours, settings=ours.settings.model_copy(update={"beams": beams}))
    assert brief.translate(texts) == expected
    assert len({len(ids) for ids in written}) > 2, "the translations are too alike to show anything"
    assert chosen_task(translator, None) == "translate"
    assert (ours.settings.source_language, ours.settings.target_language) == ("en", "zh")


def test_without_the_package_one_line_names_the_remedy(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(UserError, match=r"sentencepiece is not installed: pip install 'erya\[sentencepiece\]'"):
        Tokenizer.load(directory)


def test_what_is_no_marian_tokenizer_is_refused_in_one_line(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "source.spm").write_bytes(b"no model")
    with pytest.raises(UserError, match=r"a Marian tokenizer without target.spm, vocab.json; copy the model again"):
        Tokenizer.load(tmp_path)
    (tmp_path / "target.spm").write_bytes((directory / "target.spm").read_bytes())
    (tmp_path / "vocab.json").write_text('{"</s>": 0, "<unk>": 1}')
    with pytest.raises(UserError, match="has no <pad>; expected the vocabulary of a Marian model"):
        Tokenizer.load(tmp_path)
    (tmp_path / "vocab.json").write_bytes((directory / "vocab.json").read_bytes())
    with pytest.raises(UserError, match=r"source.spm: not a SentencePiece model"):
        Tokenizer.load(tmp_path)
    (tmp_path / "source.spm").write_bytes((directory / "source.spm").read_bytes())
    (tmp_path / "tokenizer_config.json").write_text('{"separate_vocabs": true}')
    with pytest.raises(UserError, match="vocabularies of their own; only shared ones"):
        Tokenizer.load(tmp_path)


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_a_tokenizer_json_of_this_kind_gives_the_ids_of_transformers(kind: str, tmp_path: Path) -> None:
    from transformers import PreTrainedTokenizerFast

    maker = tokenizers.SentencePieceUnigramTokenizer if kind == "unigram" else tokenizers.SentencePieceBPETokenizer
    peer, controls = maker(), ["<pad>", "</s>", "<unk>"]
    unknown = {"unk_token": "<unk>"} if kind == "unigram" else {}
    texts = [*english(), chinese(900)]
    peer.train_from_iterator(texts, vocab_size=1000, special_tokens=controls, show_progress=False, **unknown)
    names = {"eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    theirs = PreTrainedTokenizerFast(tokenizer_object=peer._tokenizer, **names)
    theirs.save_pretrained(tmp_path)
    ours = Tokenizer.load(tmp_path)
    assert isinstance(ours, Pieces)
    assert (ours.vocab_size, ours.pad_id, ours.end_of_text_id) == (len(theirs), 0, 1)
    for text in TEXTS:
        ids = ours.encode(text)
        assert ids == theirs.encode(text, add_special_tokens=False)
        assert ours.decode([*ids, 1]) == theirs.decode(ids, skip_special_tokens=True)
    assert ours.token_bytes(ours.encode("the cat")[0]).startswith(b" ")
    assert ours.begins_word(ours.encode("the")[0])
    ours.save(tmp_path / "again")
    assert Tokenizer.load(tmp_path / "again").sha256 == ours.sha256
