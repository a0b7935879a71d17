"""The fast encoder gives the ids of `tokenizers`, and is not used where it would not."""

import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest
import tiktoken
import tokenizers
from tokenizers import models, pre_tokenizers

from erya.tokenizer.encoder import ReferenceEncoder
from erya.tokenizer.files import byte_letters
from erya.tokenizer.pattern import GPT2_PATTERN, PATTERN, PROVEN_PATTERNS
from erya.tokenizer.tokenizer import Tokenizer
from tests.tokenizer.conftest import noise

# Four times the text may take four times as long; the rest is room for a busy machine. Quadratic would be sixteen.
MOST_TIMES_LONGER = 9.0


def reference_ids(directory: Path, text: str) -> list[int]:
    """The ids `tokenizers` gives to ordinary text."""
    reference = tokenizers.Tokenizer.from_file(str(directory / "tokenizer.json"))
    reference.encode_special_tokens = True
    return list(reference.encode(text, add_special_tokens=False).ids)


@pytest.mark.parametrize("kind", ["english", "chinese", "code", "noise"])
def test_ids_equal_those_of_tokenizers(kind: str, mix: dict[str, str], saved: Path, trained: Tokenizer) -> None:
    assert isinstance(trained._encoder, tiktoken.Encoding)
    assert trained.encode(mix[kind]) == reference_ids(saved, mix[kind])


def test_ids_equal_those_of_tokenizers_on_5_mb_of_real_text(shared_data: Path, saved: Path, trained: Tokenizer) -> None:
    english = _lines(shared_data / "books" / "books.jsonl.gz", 2_000_000)
    chinese = _lines(shared_data / "zh_laws" / "laws.jsonl.gz", 1_800_000)
    code = "".join(path.read_text() for path in sorted(Path(json.__file__).parent.parent.glob("[a-d]*.py")))[:700_000]
    text = english + chinese + code + noise(900_000, seed=1)
    assert len(text.encode()) > 5_000_000
    assert trained.encode(text) == reference_ids(saved, text)


def _lines(path: Path, size: int) -> str:
    parts: list[str] = []
    found = 0
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            # The longest field is the text, whatever its name.
            parts.append(max((value for value in json.loads(line).values() if isinstance(value, str)), key=len))
            found += len(parts[-1].encode())
            if found >= size:
                break
    return "".join(parts).encode()[:size].decode("utf-8", "ignore")


def cuts(pattern: str, characters: list[str]) -> tuple[list[list[int]], list[list[int]]]:
    """How the two regex engines cut pairs of each character with one of every class, seen in the ids of pairs."""
    letters = {byte: letter for letter, byte in byte_letters().items()}
    ranks = {bytes([byte]): byte for byte in range(256)}
    merges: list[tuple[bytes, bytes]] = []

    def learn(left: bytes, right: bytes) -> None:
        if left + right not in ranks:
            ranks[left + right] = len(ranks)
            merges.append((left, right))

    companions = ["a", "1", ".", " ", "中", "\n", "\u0301"]
    for data in (text.encode() for text in [*companions, *characters]):
        for end in range(1, len(data)):
            learn(data[:end], data[end : end + 1])
    pairs = [(character, character) for character in characters]
    pairs += [
        pair for character in characters for other in companions for pair in ((character, other), (other, character))
    ]
    for left, right in pairs:
        learn(left.encode(), right.encode())
    written = {data: "".join(letters[byte] for byte in data) for data in ranks}
    vocabulary = {written[data]: rank for data, rank in ranks.items()}
    model = tokenizers.Tokenizer(models.BPE(vocabulary, [(written[left], written[right]) for left, right in merges]))
    split = pre_tokenizers.Split(tokenizers.Regex(pattern), "isolated")
    model.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(False, use_regex=False)])
    fast = tiktoken.Encoding("cuts", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    texts = [left + right for left, right in pairs]
    slow_ids = [one.ids for one in model.encode_batch(texts, add_special_tokens=False)]
    return fast.encode_ordinary_batch(texts, num_threads=1), slow_ids


def blocks(codes: range) -> list[list[str]]:
    """The characters of some code points that are not surrogates, in blocks."""
    characters = [chr(code) for code in codes if not 0xD800 <= code < 0xE000]
    return [characters[start : start + 2_048] for start in range(0, len(characters), 2_048)]


@pytest.mark.parametrize(
    "pattern", sorted(PROVEN_PATTERNS), ids=lambda pattern: "own" if pattern == PATTERN else "gpt2"
)
def test_both_engines_put_characters_in_the_same_classes(pattern: str) -> None:
    for block in blocks(range(0x300)) + blocks(range(0, 0x110000, 1_021)):
        fast, slow = cuts(pattern, block)
        assert fast == slow


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "pattern", sorted(PROVEN_PATTERNS), ids=lambda pattern: "own" if pattern == PATTERN else "gpt2"
)
def test_both_engines_put_every_character_in_the_same_class(pattern: str) -> None:
    # Planes 4 to 13 hold nothing, 15 and 16 are for private use: the default test takes samples of them.
    for block in blocks(range(0x40000)) + blocks(range(0xE0000, 0xE1000)):
        fast, slow = cuts(pattern, block)
        assert fast == slow


def test_a_pattern_the_engines_read_differently_is_seen_and_not_trusted(saved: Path, tmp_path: Path) -> None:
    # `$` is the end of the text to one engine and of a line to the other.
    pattern = r"\p{L}+|\s+$|\s"
    fast, slow = cuts(pattern, [" "])
    assert fast != slow
    tokenizer = changed(saved, tmp_path, lambda content: split_of(content).update(pattern={"Regex": pattern}))
    assert isinstance(tokenizer._encoder, ReferenceEncoder)
    assert tokenizer.encode("one  \n two") == reference_ids(tmp_path, "one  \n two")


def split_of(content: dict[str, Any]) -> dict[str, Any]:
    step: dict[str, Any] = content["pre_tokenizer"]["pretokenizers"][0]
    return step


def changed(saved: Path, directory: Path, change: Any) -> Tokenizer:
    """A saved tokenizer with its tokenizer.json changed."""
    content = json.loads((saved / "tokenizer.json").read_text(encoding="utf-8"))
    change(content)
    (directory / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    return Tokenizer.load(directory)


def test_merges_tiktoken_would_do_otherwise_are_left_to_tokenizers(saved: Path, tmp_path: Path) -> None:
    # In "abc" the listed merges give a·bc and stop there; `tiktoken` would join the two, as abc is a token.
    def ambiguous(content: dict[str, Any]) -> None:
        letters = byte_letters()
        vocabulary = {letter: number for number, letter in enumerate(letters)} | {"bc": 256, "ab": 257, "abc": 258}
        content["model"] |= {"vocab": vocabulary, "merges": [["b", "c"], ["a", "b"], ["ab", "c"]]}

    tokenizer = changed(saved, tmp_path, ambiguous)
    assert isinstance(tokenizer._encoder, ReferenceEncoder)
    assert tokenizer.encode("abc") == reference_ids(tmp_path, "abc")
    assert [tokenizer.token_bytes(id_) for id_ in tokenizer.encode("abc")] == [b"a", b"bc"]


def test_ids_out_of_merge_order_are_left_to_tokenizers(saved: Path, tmp_path: Path, mix: dict[str, str]) -> None:
    def swap(content: dict[str, Any]) -> None:
        vocabulary = content["model"]["vocab"]
        (first, low), (second, high) = [item for item in vocabulary.items() if item[1] in (300, 3_000)]
        vocabulary |= {first: high, second: low}

    tokenizer = changed(saved, tmp_path, swap)
    assert isinstance(tokenizer._encoder, ReferenceEncoder)
    text = mix["english"][:20_000]
    assert tokenizer.encode(text) == reference_ids(tmp_path, text)
    assert tokenizer.encode_batch([text, "two"]) == [tokenizer.encode(text), tokenizer.encode("two")]
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update(normalizer={"type": "NFC"}),
        lambda content: content["model"].update(ignore_merges=True),
        lambda content: content["pre_tokenizer"]["pretokenizers"].insert(
            0, {"type": "Digits", "individual_digits": True}
        ),
        lambda content: content["added_tokens"][-1].update(special=False),
    ],
    ids=["normalizer", "ignore_merges", "third step", "added text"],
)
def test_what_only_tokenizers_can_do_is_left_to_it(change: Any, saved: Path, tmp_path: Path) -> None:
    tokenizer = changed(saved, tmp_path, change)
    text = "cafe\u0301 12345 \ud800 <|im_end|> 世界"
    assert isinstance(tokenizer._encoder, ReferenceEncoder)
    assert tokenizer.encode(text) == reference_ids(tmp_path, text.replace("\ud800", "\ufffd"))


def test_the_vocabulary_of_gpt2_is_read_and_encoded_fast(
    shared_data: Path, mix: dict[str, str], tmp_path: Path
) -> None:
    folder = shared_data / "gpt2_tokenizer"
    model = tokenizers.Tokenizer(models.BPE.from_file(str(folder / "encoder.json"), str(folder / "vocab.bpe")))
    model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    model.add_special_tokens(["<|endoftext|>"])
    model.save(str(tmp_path / "tokenizer.json"))
    tokenizer = Tokenizer.load(tmp_path)
    assert isinstance(tokenizer._encoder, tiktoken.Encoding)
    assert tokenizer.pattern == GPT2_PATTERN
    assert (tokenizer.vocab_size, tokenizer.end_of_text_id, tokenizer.pad_id) == (50_257, 50_256, 50_256)
    text = "".join(text[:50_000] for text in mix.values())
    assert tokenizer.encode(text) == reference_ids(tmp_path, text)


@pytest.mark.parametrize("letter", ["a", "中", " ", "😀"])
def test_a_million_times_one_character_takes_linear_time(letter: str, trained: Tokenizer) -> None:
    def seconds(count: int) -> float:
        text = letter * count
        start = time.process_time()
        trained.encode(text)
        return time.process_time() - start

    short = min(seconds(250_000) for _ in range(2))
    assert min(seconds(1_000_000) for _ in range(2)) < MOST_TIMES_LONGER * short
