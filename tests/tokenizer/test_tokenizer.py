"""Nothing is lost between text and ids, no text yields a control id, and `transformers` agrees."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erya.core.errors import UserError
from erya.tokenizer.special import END_OF_TEXT, MASK, PAD, SPECIAL_TOKENS
from erya.tokenizer.tokenizer import Tokenizer, train_tokenizer
from tests.tokenizer.conftest import VOCAB_SIZE


def test_ids_are_without_holes_and_controls_come_last(trained: Tokenizer) -> None:
    assert trained.vocab_size == VOCAB_SIZE
    assert trained.special == {
        name: VOCAB_SIZE - len(SPECIAL_TOKENS) + place for place, name in enumerate(SPECIAL_TOKENS)
    }
    assert (trained.end_of_text_id, trained.pad_id) == (trained.special[END_OF_TEXT], trained.special[PAD])
    assert (trained.mask_id, trained.cls_id, trained.sep_id) == (trained.special[MASK], *[trained.end_of_text_id] * 2)
    tokens = [trained.token_bytes(id_) for id_ in range(trained.vocab_size)]
    assert all(tokens)
    assert len(set(tokens)) == VOCAB_SIZE


@given(text=st.text() | st.text(alphabet=" \n\t中文aé'1.😀<|>") | st.sampled_from(SPECIAL_TOKENS))
def test_text_comes_back_and_holds_no_control(text: str, trained: Tokenizer) -> None:
    ids = trained.encode(text)
    assert trained.decode(ids) == text
    assert trained.decode_bytes(ids) == text.encode()
    assert not set(ids) & set(trained.special.values())


@given(data=st.binary() | st.text().map(lambda text: text.encode() + b"\xe4\xb8" + text.encode()))
def test_any_bytes_come_back(data: bytes, trained: Tokenizer) -> None:
    assert trained.decode_bytes(trained.encode_bytes(data)) == data


def test_bytes_that_are_text_are_encoded_as_text(trained: Tokenizer, mix: dict[str, str]) -> None:
    assert trained.encode_bytes(mix["noise"].encode()) == trained.encode(mix["noise"])


def test_controls_written_in_a_text_are_text(trained: Tokenizer) -> None:
    text = "before" + "".join(SPECIAL_TOKENS) + "after"
    assert not set(trained.encode(text)) & set(trained.special.values())
    assert not set(trained.encode_batch([text])[0]) & set(trained.special.values())
    assert not set(trained.encode_bytes(text.encode())) & set(trained.special.values())


def test_a_batch_is_its_texts_one_by_one(trained: Tokenizer, mix: dict[str, str]) -> None:
    texts = ["", *mix["english"].split("\n")[:200], mix["chinese"][:5_000], "\ud800 alone"]
    assert trained.encode_batch(texts, threads=2) == [trained.encode(text) for text in texts]


def test_a_lone_surrogate_becomes_the_replacement_character(trained: Tokenizer) -> None:
    assert trained.decode(trained.encode("a\ud800b")) == "a\ufffdb"


def test_decoding_shows_or_hides_controls_and_replaces_broken_characters(trained: Tokenizer) -> None:
    ids = [*trained.encode("你好"), trained.end_of_text_id]
    assert trained.decode(ids) == "你好"
    assert trained.decode(ids, skip_special=False) == f"你好{END_OF_TEXT}"
    assert trained.decode(trained.encode_bytes("你".encode()[:2])) == "\ufffd"


def test_transformers_loads_the_saved_directory(saved: Path, trained: Tokenizer, mix: dict[str, str]) -> None:
    from transformers import AutoTokenizer

    theirs = AutoTokenizer.from_pretrained(saved)
    assert len(theirs) == trained.vocab_size
    assert (theirs.eos_token_id, theirs.bos_token_id) == (trained.end_of_text_id, trained.end_of_text_id)
    assert (theirs.pad_token_id, theirs.mask_token_id) == (trained.pad_id, trained.mask_id)
    assert (theirs.cls_token_id, theirs.sep_token_id) == (trained.cls_id, trained.sep_id)
    assert theirs.convert_tokens_to_ids(list(SPECIAL_TOKENS)) == list(trained.special.values())
    for text in (whole[:50_000] for whole in mix.values()):
        ids = trained.encode(text)
        assert theirs.encode(text) == ids
        assert theirs.decode(ids) == trained.decode(ids) == text
    broken = trained.encode_bytes(b"a\xe4\xb8b\xff\xf0\x9f\x98c")
    assert theirs.decode(broken) == trained.decode(broken)


def test_a_file_from_before_there_was_a_mask_is_read_and_has_none(saved: Path, tmp_path: Path) -> None:
    content = json.loads((saved / "tokenizer.json").read_text(encoding="utf-8"))
    content["added_tokens"] = [token for token in content["added_tokens"] if token["content"] != MASK]
    (tmp_path / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    old = Tokenizer.load(tmp_path)
    assert old.vocab_size == VOCAB_SIZE - 1
    assert old.mask_id is None


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        (" the", True),
        ("猫", True),
        ("猫坐", True),
        ("\n", True),
        (" ", True),
        (",", True),
        ("ing", False),
        ("é", False),
    ],
)
def test_a_token_begins_a_word_or_goes_on_with_one(text: str, begins: bool, trained: Tokenizer) -> None:
    pieces = trained.encode(text)
    assert trained.begins_word(pieces[0]) == begins
    assert all(
        trained.begins_word(trained.encode_bytes(bytes([byte]))[0]) == (byte >= 0xE0) for byte in range(128, 256)
    )


def test_a_tokenizer_is_the_same_after_any_way_through_files(saved: Path, trained: Tokenizer, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    own = Tokenizer.load(saved)
    own.save(tmp_path / "own")
    AutoTokenizer.from_pretrained(saved).save_pretrained(tmp_path / "theirs")
    through = [own, Tokenizer.load(saved / "tokenizer.json"), *map(Tokenizer.load, tmp_path.iterdir())]
    assert len(through) == 4
    for tokenizer in through:
        assert tokenizer.sha256 == trained.sha256
        assert tokenizer.special == trained.special
        assert tokenizer.end_of_text_id == trained.end_of_text_id
        assert tokenizer.encode("Hello 世界 123") == trained.encode("Hello 世界 123")
    assert (tmp_path / "own" / "tokenizer.json").read_bytes() == (saved / "tokenizer.json").read_bytes()


def test_training_is_deterministic_whatever_the_threads(mix: dict[str, str], tmp_path: Path) -> None:
    texts = [mix["english"][:150_000], mix["chinese"][:30_000]]
    (tmp_path / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    code = (
        "import json, sys; from pathlib import Path; from erya.tokenizer.tokenizer import train_tokenizer;"
        "train_tokenizer(json.loads(Path(sys.argv[1]).read_text()), 2000).save(Path(sys.argv[2]))"
    )
    for threads in ("1", "2"):
        environment = os.environ | {"RAYON_NUM_THREADS": threads, "PYTHONHASHSEED": threads}
        environment["TOKENIZERS_PARALLELISM"] = "true"
        arguments = [sys.executable, "-c", code, str(tmp_path / "texts.json"), str(tmp_path / threads)]
        subprocess.run(arguments, check=True, env=environment)
    one, two = ((tmp_path / threads / "tokenizer.json").read_bytes() for threads in ("1", "2"))
    assert one == two
    assert Tokenizer.load(tmp_path / "1").sha256 == train_tokenizer(iter(texts), 2_000).sha256


def test_another_vocabulary_has_another_identity(trained: Tokenizer, mix: dict[str, str]) -> None:
    assert train_tokenizer([mix["english"]], 500).sha256 != train_tokenizer([mix["code"]], 500).sha256


def test_a_vocabulary_larger_than_the_text_supports_is_refused_with_the_largest_that_works() -> None:
    text = "the cat sat on the mat. " * 3
    with pytest.raises(UserError, match=r"got 10,000, but the text supports (\d+)") as caught:
        train_tokenizer([text], 10_000)
    supported = int(str(caught.value).split("supports ")[1].split(";")[0])
    assert 260 < supported < 300
    assert train_tokenizer([text], supported).vocab_size == supported


def test_a_vocabulary_below_the_bytes_is_refused() -> None:
    with pytest.raises(UserError, match="got 260; at least 261"):
        train_tokenizer(["text"], 260)
    assert train_tokenizer([], 261).decode(train_tokenizer([], 261).encode("尔雅")) == "尔雅"


def test_what_is_no_byte_level_tokenizer_is_refused_in_one_line(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no tokenizer\.json"):
        Tokenizer.load(tmp_path)
    file = tmp_path / "tokenizer.json"
    file.write_text('{"model": ', encoding="utf-8")
    with pytest.raises(UserError, match="not readable as JSON"):
        Tokenizer.load(tmp_path)
    file.write_text(json.dumps({"model": {"type": "WordLevel", "vocab": {}}}), encoding="utf-8")
    with pytest.raises(UserError, match="is a WordLevel tokenizer; BPE, Unigram and WordPiece are read"):
        Tokenizer.load(tmp_path)
    content = json.loads((saved / "tokenizer.json").read_text(encoding="utf-8"))
    file.write_text(json.dumps(content | {"added_tokens": []}), encoding="utf-8")
    with pytest.raises(UserError, match="has no end-of-text token; name one as eos_token"):
        Tokenizer.load(tmp_path)
    content["model"]["vocab"].pop("A")
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UserError, match="not every byte has a token"):
        Tokenizer.load(tmp_path)
    content["model"]["vocab"]["▁the"] = 9
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UserError, match="not made of bytes"):
        Tokenizer.load(tmp_path)
