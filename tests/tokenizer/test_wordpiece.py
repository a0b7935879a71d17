"""WordPiece tokenizers of imported models give the ids that `transformers` gives."""

import json
import pydoc_data.topics
from pathlib import Path

import pytest
import tokenizers
from tokenizers.implementations import BertWordPieceTokenizer

from erya.core.errors import UserError
from erya.tokenizer.files import has_tokenizer
from erya.tokenizer.tokenizer import Tokenizer
from erya.tokenizer.wordpiece import CONTROLS, WordPiece
from tests.tokenizer.conftest import chinese

TEXTS = [
    "The cat sat on the mat, and the DOG didn't.",
    "naïve café — 3.14 €! \t\n two\u00a0blanks",
    "猫坐在垫子上。English 混合 text",
    "unaffable supercalifragilistic " + "x" * 150,
    "日本語 カタカナ 한국어 🙂 \u0000\ufffd",
    "",
    "  ",
]


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the tokenizer.json and vocab.txt of a small WordPiece vocabulary."""
    out = tmp_path_factory.mktemp("wordpiece")
    peer = BertWordPieceTokenizer(lowercase=True)
    texts = [*list(pydoc_data.topics.topics.values())[:30], chinese(3_000)]
    peer.train_from_iterator(
        texts, vocab_size=2_000, show_progress=False, special_tokens=["[PAD]", *CONTROLS[:3], "[MASK]"]
    )
    peer.save_model(str(out))
    return out


@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize("form", ["vocab.txt", "tokenizer.json"])
def test_ids_are_those_of_transformers(form: str, lowercase: bool, directory: Path, tmp_path: Path) -> None:
    from transformers import BertTokenizerFast

    vocabulary = (directory / "vocab.txt").read_text(encoding="utf-8")
    (tmp_path / "vocab.txt").write_text(vocabulary, encoding="utf-8")
    config = {"do_lower_case": lowercase, "tokenizer_class": "BertTokenizer"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    theirs = BertTokenizerFast.from_pretrained(tmp_path)
    if form == "tokenizer.json":
        theirs.save_pretrained(tmp_path)
        (tmp_path / "vocab.txt").unlink(missing_ok=True)
    assert has_tokenizer(tmp_path)
    ours = Tokenizer.load(tmp_path)
    assert isinstance(ours, WordPiece)
    assert ours.vocab_size == len(theirs)
    for text in TEXTS:
        assert ours.encode(text) == theirs.encode(text, add_special_tokens=False)
        ids = theirs.encode(text, add_special_tokens=True)
        assert ids == [ours.cls_id, *ours.encode(text), ours.sep_id]
        assert ours.decode(ids) == ours.decode(ours.encode(text))
    assert ours.mask_id == theirs.mask_token_id
    assert ours.pad_id == theirs.pad_token_id
    assert ours.end_of_text_id == ours.sep_id
    assert ours.encode_batch(TEXTS) == [ours.encode(text) for text in TEXTS]
    assert ours.encode_bytes(b"cat \xff mat") == ours.encode("cat \ufffd mat")


def test_what_is_saved_is_what_was_read(directory: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    ours = Tokenizer.load(directory)
    ours.save(tmp_path)
    again = Tokenizer.load(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    assert again.sha256 == ours.sha256
    assert again.special == ours.special
    for text in TEXTS:
        assert again.encode(text) == ours.encode(text) == theirs.encode(text, add_special_tokens=False)


def test_words_are_joined_and_controls_stay_out(directory: Path) -> None:
    ours = Tokenizer.load(directory)
    ids = ours.encode("The functions of a module")
    assert ours.decode([ours.cls_id, *ids, ours.sep_id]) == "the functions of a module"
    assert ours.decode([ours.cls_id, *ids], skip_special=False) == "[CLS] the functions of a module"
    pieces = [ours.token_bytes(id_) for id_ in ids]
    assert b"".join(pieces) == b"thefunctionsofamodule"
    assert [ours.begins_word(id_) for id_ in ids].count(True) == 5
    assert not set(ours.encode("a [MASK] and [SEP] written out")) & {ours.mask_id, ours.sep_id}


def test_what_is_no_bert_vocabulary_is_refused_in_one_line(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[UNK]\nthe\n")
    with pytest.raises(UserError, match=r"has no \[CLS\], \[SEP\], \[PAD\], \[MASK\]; expected the vocab.txt"):
        Tokenizer.load(tmp_path)
    (tmp_path / "vocab.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="not UTF-8 text"):
        Tokenizer.load(tmp_path)
    bare = tokenizers.Tokenizer(tokenizers.models.WordPiece({"[UNK]": 0, "the": 1}, unk_token="[UNK]"))
    (tmp_path / "tokenizer.json").write_text(bare.to_str())
    with pytest.raises(UserError, match=r"a WordPiece tokenizer without \[CLS\]"):
        Tokenizer.load(tmp_path)
