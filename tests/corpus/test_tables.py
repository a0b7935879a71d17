"""Pairs, summaries and labelled texts are read alike from every format; each wrong shape is refused by its line."""

import gzip
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from erya.core.errors import UserError
from erya.corpus.examples import check_apart, read_labelled, read_pairs, read_summaries
from erya.corpus.opening import DamagedInput
from erya.corpus.records import Labelled, Pair, Question, Summary
from erya.corpus.tables import read_rows

PAIRS = [('He said "hi", twice.', "他说了两次“你好”。"), ("A; B, C", "甲；乙，丙"), ("  spaces kept ", "空格")]


def csv_of(delimiter: str, quoted: bool) -> bytes:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if quoted else text

    return "".join(delimiter.join(map(cell, row)) + "\n" for row in [("source", "target"), *PAIRS]).encode()


def parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"source": [one for one, _ in PAIRS], "target": [other for _, other in PAIRS]}), buffer)
    return buffer.getvalue()


def json_lines() -> bytes:
    return "".join(json.dumps({"source": one, "target": other}) + "\n" for one, other in PAIRS).encode()


FORMATS = {
    "pairs.jsonl": json_lines(),
    "pairs.csv": b"\xef\xbb\xbf" + csv_of(",", quoted=True),
    "semicolon.csv": csv_of(";", quoted=True),
    "pairs.tsv": csv_of("\t", quoted=False),
    "pairs.parquet": parquet(),
}
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda data: data,
    ".gz": gzip.compress,
    ".zst": lambda data: zstandard.ZstdCompressor().compress(data),
}


def write(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_pairs(tmp_path: Path, name: str, compression: str) -> None:
    if name.endswith("parquet") and compression:
        pytest.skip("Parquet is compressed inside")
    path = write(tmp_path, name + compression, COMPRESSIONS[compression](FORMATS[name]))
    assert [(pair.source, pair.target) for pair in read_pairs([path])] == PAIRS


def test_aligned_text_files_are_a_table_of_two_columns(tmp_path: Path) -> None:
    sources = write(tmp_path, "train.en", "".join(f"{one}\n" for one, _ in PAIRS))
    targets = write(tmp_path, "train.zh.gz", gzip.compress("\r\n".join(other for _, other in PAIRS).encode()))
    pairs = read_pairs([sources, targets])
    assert [(pair.source, pair.target) for pair in pairs] == PAIRS
    assert pairs[1].id == "train.en:2"


def test_numbers_name_the_columns_of_a_table_without_a_header(tmp_path: Path) -> None:
    path = write(tmp_path, "cmn.txt", '"Hi," he said.\t嗨。\tlicence\nRun!\t跑！\tlicence\n')
    assert read_pairs([path], fields=("2", "1")) == [
        Pair("嗨。", '"Hi," he said.', "cmn.txt:1"),
        Pair("跑！", "Run!", "cmn.txt:2"),
    ]


def test_languages_name_the_fields_also_inside_translation(tmp_path: Path) -> None:
    flat = write(tmp_path, "flat.jsonl", '{"en": "one", "de": "eins", "id": "a"}\n')
    nested = write(tmp_path, "nested.jsonl", '{"translation": {"en": "one", "de": "eins"}, "id": "a"}\n')
    assert read_pairs([flat, nested], languages=("en", "de")) == [Pair("one", "eins", "a")] * 2
    assert read_pairs([flat], languages=("de", "en")) == [Pair("eins", "one", "a")]
    with pytest.raises(UserError, match=r"line 1: no field source, .* among en, de, id; give the field"):
        read_pairs([flat])


def test_a_row_is_named_by_the_line_it_begins_on(tmp_path: Path) -> None:
    path = write(tmp_path, "notes.csv", 'text,label\n"two\nlines",a\n\nthird,b\n')
    assert [row.where for row in read_rows(path)] == [f"{path}: line 2", f"{path}: line 5"]
    assert read_labelled([path]) == [Labelled("two\nlines", "a", "notes.csv:2"), Labelled("third", "b", "notes.csv:5")]


def test_labels_may_be_numbers_and_truth_values(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"text": "x", "label": 1}\n{"text": "y", "label": true}\n')
    assert [record.label for record in read_labelled([path])] == ["1", "true"]


def test_summaries_by_their_usual_names(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"Dialogue": "long", "Summary": "short"}\n')
    assert read_summaries([path]) == [Summary("long", "short", "a.jsonl:1")]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.jsonl", '{"source": "x", "target": "y"}\n{"source": "x"}\n', "line 2: no field 'target'"),
        ("a.jsonl", '{"source": "x", "target": " "}\n', "line 1: target is empty, expected text"),
        ("a.jsonl", '{"source": "x", "target": ["y"]}\n', r'line 1: target is \["y"\], expected a string'),
        ("a.jsonl", '{"source": 3, "target": "y"}\n', "line 1: source is 3, expected a string"),
        ("a.jsonl", '{"source": "x", "target": null}\n', "line 1: target is null, expected a string"),
        ("a.jsonl", '{"source": "x"\n', "line 1: not valid JSON"),
        ("a.jsonl", '{"source": "x", "target": "y"}\n[1]\n', "line 2: a JSON list, expected one object a line"),
        ("a.csv", "source,target\nx,y\nx,y,z\n", "line 3: 3 columns, expected 2 as in the header"),
        ("a.csv", 'source,target\nx,"y\n', "not valid CSV"),
        ("a.tsv", "source\ttarget\nx\n", "line 2: 1 columns, expected 2"),
        ("a.tsv", "source\ttarget\n", "no record in it"),
        ("a.tsv", "", "no record in it"),
        ("a.txt", "one\n", "two aligned text files"),
        ("a.csv", b"source,target\nx,\xff\n", "not UTF-8"),
        ("a.parquet", parquet()[:-9], "not a whole Parquet file"),
    ],
)
def test_a_wrong_shape_is_refused_with_its_line(tmp_path: Path, name: str, data: bytes | str, message: str) -> None:
    path = write(tmp_path, name, data)
    with pytest.raises(UserError, match=message) as caught:
        read_pairs([path])
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_field_that_is_not_there_is_refused_with_the_nearest(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"question": "x", "reply": "y"}\n')
    with pytest.raises(UserError, match="no field 'replay'; did you mean 'reply'"):
        read_pairs([path], fields=("question", "replay"))


def test_unequal_line_counts_are_refused_with_both(tmp_path: Path) -> None:
    one, other = write(tmp_path, "a.en", "x\ny\nz\n"), write(tmp_path, "a.de", "x\ny\n")
    with pytest.raises(UserError, match=r"a\.en has 3 lines, .*a\.de has 2"):
        read_pairs([one, other])


def test_an_empty_line_of_aligned_files_is_refused(tmp_path: Path) -> None:
    one, other = write(tmp_path, "a.en", "x\ny\n"), write(tmp_path, "a.de", "x\n \n")
    with pytest.raises(UserError, match=r"a\.de: line 2: is empty"):
        read_pairs([one, other])


def test_a_cut_off_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl.gz", gzip.compress(json_lines())[:-12])
    with pytest.raises(DamagedInput):
        read_pairs([path])
    with pytest.raises(UserError, match="is a folder"):
        read_pairs([tmp_path])


def test_test_items_in_training_are_counted_and_named() -> None:
    train = [Pair("A  dog.", "Ein Hund.", "train:1"), Pair("A cat.", "Eine Katze.", "train:2")]
    test = [Pair("a dog.", "Der Hund.", "test:1"), Pair("A cow.", "Eine Kuh.", "test:2")]
    with pytest.raises(UserError, match=r"1 of 2 test items are training items too \(test:1 = train:1\)"):
        check_apart(train, test)
    assert check_apart(train, test, allow=True) == test[:1]
    assert check_apart(train, test[1:]) == []


def test_a_question_is_another_on_another_context() -> None:
    first, other = Question("One.", "Which?", ("One",), "1"), Question("Two.", "Which?", ("Two",), "2")
    assert check_apart([first], [other]) == []
    assert check_apart([first], [first], allow=True) == [first]


def test_every_real_set_is_read_with_one_call(shared_data: Path) -> None:
    multi30k, aeslc, cold = shared_data / "multi30k", shared_data / "aeslc", shared_data / "cold_zh_offensive"
    assert len(read_pairs([multi30k / "val.en.gz", multi30k / "val.de.gz"])) == 1014
    assert len(read_pairs([multi30k / f"tok/val.lc.norm.tok.{side}.gz" for side in ("en", "de")])) == 1014
    assert len(read_pairs([shared_data / "tatoeba_cmn_eng/cmn.txt"], fields=("1", "2"))) == 29_155
    docs = read_pairs([shared_data / "python_docs_en_zh/pairs.jsonl.gz"], languages=("en", "zh"))
    assert (len(docs), docs[0].target) == (49_247, "关于本文档")
    assert len(read_summaries([aeslc / "dev.jsonl"])) == 1960
    assert len(read_summaries([shared_data / "dialogsum/dialogsum.dev.jsonl"])) == 500
    assert {record.label for record in read_labelled([cold / "dev.csv"])} == {"0", "1"}


def test_two_files_of_texts_are_one_table_once_their_label_stands_before_them(
    tmp_path: Path, shared_data: Path
) -> None:
    lines = []
    with zipfile.ZipFile(shared_data / "nltk_sentence_polarity/sentence_polarity.zip") as archive:
        for label in ("pos", "neg"):
            texts = archive.read(f"sentence_polarity/rt-polarity.{label}").decode().splitlines()
            lines += [f"{label}\t{text}\n" for text in texts]
    records = read_labelled([write(tmp_path, "polarity.tsv", "".join(lines))], fields=("2", "1"))
    assert Counter(record.label for record in records) == {"pos": 5331, "neg": 5331}
