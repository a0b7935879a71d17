"""What shares a run with an evaluation is found, wherever and however it is written; nothing else is."""

import gzip
import json
import pickle
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erya.core.errors import UserError
from erya.corpus import decontaminate
from erya.corpus.decontaminate import Evaluations
from erya.corpus.evaluation_texts import read_texts
from tests.corpus.real_texts import DATA, REAL, books, laws

RUN = "the quick brown fox jumps over the lazy dog and then it sleeps"  # 13 words
CHINESE = "".join(chr(0x4E00 + number) for number in range(60))
RECORDS = [
    {"question": "How many people have ever walked on the surface of the moon?", "answers": {"text": [RUN, "dog"]}}
]


def evaluations(*texts: str) -> Evaluations:
    return Evaluations([("set.jsonl", text) for text in texts])


def test_thirteen_words_in_a_row_are_found_and_twelve_are_not() -> None:
    known = evaluations(f"Once upon a time {RUN} for many hours.")
    assert known.overlap(f"before {RUN} after") == f"set.jsonl: '{RUN}'"
    assert known.overlap("before " + RUN.rpartition(" ")[0] + " after") is None
    assert known.overlap("before " + RUN.partition(" ")[2] + " after") is None


def test_case_punctuation_white_space_and_width_make_no_difference() -> None:
    known = evaluations("It's a well-known fact (see 3.2): the U.S. team didn't win “any” gold medal in １９９２!")
    assert known.overlap("ITS A WELL KNOWN FACT SEE 3 2\nTHE U S TEAM DIDN’T\tWIN — ANY GOLD MEDAL IN 1992") is not None


def test_the_whole_run_is_shown_but_not_a_page_of_it() -> None:
    known = evaluations("one two three " + RUN + " in the sun", " ".join(["many"] * 500))
    assert known.overlap("two three " + RUN + " in the rain") == f"set.jsonl: 'two three {RUN} in the'"
    shown = known.overlap(" ".join(["many"] * 400))
    assert shown is not None
    assert len(shown) < 200
    assert shown.endswith("…'")


def test_a_run_never_reaches_from_one_text_into_another() -> None:
    halves = RUN.split()[:6], RUN.split()[6:]
    assert evaluations(" ".join(halves[0]), " ".join(halves[1]), "x " * 20).overlap(RUN) is None


def test_fifty_characters_in_a_row_are_found_and_forty_nine_are_not() -> None:
    known = evaluations(CHINESE)
    assert known.overlap(f"前文 {CHINESE[5:55]} 后文") == f"set.jsonl: '{CHINESE[5:55]}'"
    assert known.overlap(f"前文{CHINESE[5:54]}后文") is None
    assert known.overlap("前文" + "、\n".join(CHINESE[5:55])) is not None


@pytest.mark.parametrize(
    ("short", "found"),
    [
        ("Who wrote the play about the prince of Denmark?", True),  # 9 words
        ("Who wrote the first ever play?", False),  # 6 words: said by chance
        (CHINESE[:30], True),
        (CHINESE[:29], False),
    ],
)
def test_a_short_text_is_found_only_as_a_whole_and_when_it_says_enough(short: str, found: bool) -> None:
    known = evaluations(short, RUN)
    assert (known.overlap(f"Yes, {short} He said.") is not None) == found
    assert known.overlap(short[:-12] + short[-4:]) is None


@given(st.data())
@settings(deadline=None)
def test_the_runs_found_are_those_of_a_plain_search(data: st.DataObject) -> None:
    word = st.sampled_from("ab")
    texts = data.draw(st.lists(st.lists(word, max_size=30), max_size=4))
    document = data.draw(st.lists(word, max_size=40) | st.sampled_from([*texts, []]))
    known = evaluations(*map(" ".join, texts))

    def holds(run: list[str]) -> bool:
        return any(document[place : place + len(run)] == run for place in range(len(document) - len(run) + 1))

    expected = any(
        holds(text) if 8 <= len(text) < 13 else any(holds(text[at : at + 13]) for at in range(len(text) - 12))
        for text in texts
    )
    assert (known.overlap(" ".join(document)) is not None) == expected


def test_collisions_of_hashes_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decontaminate, "_hashes", lambda numbers, width: numbers[: len(numbers) - width + 1] * 0)
    known = evaluations("a b c d e f g h i j k l m n o p", RUN, "nine words that are looked for as a whole")
    assert known.overlap(f"x {RUN} y") == f"set.jsonl: '{RUN}'"
    assert known.overlap("b a c d e f g h i j k l m o n p " * 3) is None
    assert known.overlap("say nine words that are looked for as a whole now") is not None


def test_evaluations_travel_to_other_processes() -> None:
    known = pickle.loads(pickle.dumps(evaluations(RUN, CHINESE)))
    assert known.overlap(RUN) == f"set.jsonl: '{RUN}'"
    assert known.overlap(CHINESE) is not None


SQUAD = {"data": [{"paragraphs": [{"context": RUN, "qas": [{"question": "Who?", "id": "1", "answers": []}]}]}]}
FILES: dict[str, Callable[[Path], object]] = {
    "a.jsonl": lambda path: path.write_text("".join(json.dumps(record) + "\n" for record in [*RECORDS, *RECORDS])),
    "squad.json": lambda path: path.write_text(json.dumps(SQUAD, indent=1)),
    "one-line.json": lambda path: path.write_text(json.dumps(SQUAD)),
    "list.json.gz": lambda path: path.write_bytes(gzip.compress(json.dumps(RECORDS).encode())),
    "a.csv": lambda path: path.write_text(f'text,label\n"yes, {RUN}",1\n'),
    "a.tsv": lambda path: path.write_text(f"{RUN}\t1\n"),
    "a.parquet": lambda path: pq.write_table(pa.table({"x": [[RUN, "b"]], "n": [1]}), path),
    "lines.txt": lambda path: path.write_text(f"some other line\n{RUN}\n"),
    "wrapped.txt": lambda path: path.write_text(f"\ufeffA\n\n{RUN[:30]}\n{RUN[31:]}\n\nB\n", encoding="utf-8"),
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_and_shape_is_read(tmp_path: Path, name: str) -> None:
    FILES[name](tmp_path / name)
    found = Evaluations.read([tmp_path / name]).overlap(f"I say {RUN} now")
    assert found is not None
    assert found.startswith(f"{name}: '")
    assert RUN[31:] in found


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for folder, text in (("a", RUN), ("b", CHINESE)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "test.txt").write_text(text, encoding="utf-8")
    known = Evaluations.read([tmp_path / "a" / "test.txt", tmp_path / "b" / "test.txt"])
    assert str(known.overlap(CHINESE)).startswith((tmp_path / "b" / "test.txt").as_posix())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "cannot be read"),
        (b"a short line\n", "holds no text of 8 words or 30 Chinese characters"),
        (b"\x00\x01\x02" * 9, "of no known format, expected text, JSON"),
        (b"caf\xe9 " * 20, "not UTF-8"),
        (b'{"a": "b"\n', "not valid JSON"),
        (b"\x1f\x8b\x08", "cut off"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, data: bytes | None, message: str) -> None:
    path = tmp_path / "set"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(UserError, match=message):
        Evaluations.read([path])
    with pytest.raises(UserError, match="is a folder"):
        Evaluations.read([tmp_path])


def test_strings_are_found_at_any_depth(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 900 + json.dumps(RUN) + "]" * 900)
    assert list(read_texts(path)) == [RUN]


@pytest.mark.skipif(not REAL, reason="the shared data is not here")
def test_all_that_is_planted_in_real_text_is_found_and_nothing_else() -> None:
    files = [DATA / "squad_v1_dev" / "dev-v1.1.json", DATA / "cmrc2018" / "cmrc2018_trial.json"]
    known = Evaluations.read(files)
    english, chinese = books(30), laws(30)
    assert not [found for text in english + chinese if (found := known.overlap(text))]
    chance = random.Random(1)
    for file, hosts in zip(files, (english, chinese), strict=True):
        texts = [text for text in dict.fromkeys(read_texts(file)) if len(text) > 300]
        for text in chance.sample(texts, 60):
            host = chance.choice(hosts)
            start = chance.randrange(len(text) - 250)
            place = chance.randrange(len(host))
            found = known.overlap(f"{host[:place]} {text[start : start + 250]} {host[place:]}")
            assert found is not None
            assert found.startswith(file.name)
