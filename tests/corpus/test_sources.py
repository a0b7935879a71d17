"""Every source obeys one protocol; each format has its golden cases and its bad inputs."""

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from erya.core.errors import UserError
from erya.corpus.opening import InputFile
from erya.corpus.source import ReadOptions, choose_field, source_of, sources
from erya.corpus.sources.text import PIECE_CHARACTERS

TEXTS = ["First text, with a comma.", "第二篇文章。", "Third."]


def parquet(columns: dict[str, list[object]]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def dump(texts: list[str]) -> bytes:
    pages = "".join(
        f"<page><title>Title</title><ns>0</ns><id>{number}</id><revision><text>{text}</text></revision></page>"
        for number, text in enumerate(texts)
    )
    return f'<mediawiki xml:lang="en">{pages}</mediawiki>'.encode()


EXAMPLES = {
    "csv": b"id,text\n" + "".join(f'{n},"{text}"\n' for n, text in enumerate(TEXTS)).encode(),
    "jsonl": "".join(json.dumps({"id": n, "text": text}) + "\n" for n, text in enumerate(TEXTS)).encode(),
    "mediawiki": dump(TEXTS),
    "parquet": parquet({"id": [1, 2, 3], "text": list(TEXTS)}),
    "text": "\n\n".join(TEXTS).encode(),
}


def input_file(folder: Path, name: str, data: bytes) -> InputFile:
    (folder / name).write_bytes(data)
    return InputFile(folder / name, name)


def texts(folder: Path, name: str, data: bytes, **options: str) -> list[str]:
    file = input_file(folder, name, data)
    source = source_of(file)
    assert source is not None
    return [document.text for document in source.read(file, ReadOptions(**options))]


@pytest.mark.parametrize("name", sorted(sources()))
def test_protocol(tmp_path: Path, name: str) -> None:
    source = sources()[name]
    assert source.name == name
    assert all(suffix.startswith(".") for suffix in source.suffixes)
    file = input_file(tmp_path, f"example{source.suffixes[0]}", EXAMPLES[name])
    assert source_of(file) is source
    documents = list(source.read(file, ReadOptions(licence="CC0", source="here")))
    assert all(text in "".join(document.text for document in documents) for text in TEXTS)
    assert len({document.id for document in documents}) == len(documents)
    assert all((document.licence, document.source) == ("CC0", "here") for document in documents)
    assert file.position == len(EXAMPLES[name])


def test_suffixes_belong_to_one_source_each() -> None:
    suffixes = [suffix for source in sources().values() for suffix in source.suffixes]
    assert len(set(suffixes)) == len(suffixes)


@pytest.mark.parametrize("name", ["jsonl", "mediawiki", "parquet"])
def test_content_tells_more_than_the_name(tmp_path: Path, name: str) -> None:
    assert source_of(input_file(tmp_path, "misnamed.txt", EXAMPLES[name])) is sources()[name]


def test_ids_say_file_and_line(tmp_path: Path) -> None:
    file = input_file(tmp_path, "a.jsonl", b'{"text": "one"}\n\n{"text": "two"}\n')
    documents = list(sources()["jsonl"].read(file, ReadOptions()))
    assert [(document.id, document.source) for document in documents] == [
        ("a.jsonl:1", "a.jsonl"),
        ("a.jsonl:3", "a.jsonl"),
    ]


@pytest.mark.parametrize(
    ("fields", "wanted", "chosen"),
    [
        (["id", "text"], None, "text"),
        (["content", "text"], None, "text"),
        (["id", "TEXT"], None, "TEXT"),
        (["only"], None, "only"),
        (["text", "body"], "body", "body"),
    ],
)
def test_the_text_field(fields: list[str], wanted: str | None, chosen: str) -> None:
    assert choose_field(fields, wanted, "x") == chosen


def test_a_wrong_field_is_named_with_what_there_is() -> None:
    with pytest.raises(UserError, match="did you mean 'abstract'"):
        choose_field(["abstract", "title"], "abstrct", "x")
    with pytest.raises(UserError, match="--text-field NAME with one of: abstract, title"):
        choose_field(["abstract", "title"], None, "x")


# Plain text


def test_a_short_text_is_one_document(tmp_path: Path) -> None:
    assert texts(tmp_path, "a.txt", b"one\n\ntwo\n") == ["one\n\ntwo\n"]


def test_a_long_text_is_cut_at_blank_lines(tmp_path: Path) -> None:
    paragraphs = [f"Paragraph {number} " + "word " * 200 for number in range(100)]
    text = "\n\n".join(paragraphs)
    pieces = texts(tmp_path, "a.txt", text.encode())
    assert "".join(pieces) == text
    assert len(pieces) > 3
    assert all(piece.endswith("\n\n") for piece in pieces[:-1])
    assert all(PIECE_CHARACTERS <= len(piece) < 2 * PIECE_CHARACTERS for piece in pieces[:-1])


def test_a_text_without_blank_lines_is_cut_at_line_ends(tmp_path: Path) -> None:
    text = "line of verse\n" * 10_000
    pieces = texts(tmp_path, "a.txt", text.encode())
    assert "".join(pieces) == text
    assert all(piece.endswith("\n") and len(piece) < 3 * PIECE_CHARACTERS for piece in pieces)


def test_a_line_of_100_megabytes_is_read_in_bounded_pieces(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    with path.open("wb") as stream:
        for _ in range(100):
            stream.write(b"abcdefg " * 2**17)
    lengths = [len(document.text) for document in sources()["text"].read(InputFile(path, "long.txt"), ReadOptions())]
    assert sum(lengths) == 100 * 2**20
    assert max(lengths) <= 5 * PIECE_CHARACTERS


# JSON Lines


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('["text"]', r"a\.jsonl: line 2: a JSON list, expected one object a line"),
        ('{"text": "cut', r"a\.jsonl: line 2: not valid JSON \(Unterminated string.* at column 10\)"),
        ('{"text": 7}', r"line 2: field 'text' holds 7, expected a string; .*--text-field: text"),
        ('{"texts": "x"}', r"line 2: no field 'text'; did you mean 'texts'"),
        ("[" * 100_000, "line 2: JSON that cannot be read"),
    ],
)
def test_bad_json_lines_are_told_with_their_line(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        texts(tmp_path, "a.jsonl", b'{"text": "good"}\n' + line.encode() + b"\n")


def test_null_texts_are_counted(tmp_path: Path) -> None:
    file = input_file(tmp_path, "a.jsonl", b'{"text": null}\n{"text": "x"}\n')
    assert [document.text for document in sources()["jsonl"].read(file, ReadOptions())] == ["x"]
    assert file.left_out == {"text is null": 1}


# CSV and TSV


def test_quoted_fields_hold_delimiters_and_line_ends(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbfid;text\n1;"one; ""two""\nthree"\n\n2;four\n'
    assert texts(tmp_path, "a.csv", data) == ['one; "two"\nthree', "four"]


def test_quotation_marks_in_tab_separated_text_are_text(tmp_path: Path) -> None:
    assert texts(tmp_path, "a.tsv", b'id\ttext\n1\t"Hello, he said\n2\tbye"\n') == ['"Hello, he said', 'bye"']


def test_a_short_row_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.csv: line 3: 1 columns, expected 2"):
        texts(tmp_path, "a.csv", b"id,text\n1,good\n2\n")


# Parquet


def test_dictionary_and_large_string_columns_are_read(tmp_path: Path) -> None:
    column = pa.array(["a", "b", "a"]).dictionary_encode()
    assert texts(tmp_path, "a.parquet", parquet({"text": column})) == ["a", "b", "a"]
    assert texts(tmp_path, "b.parquet", parquet({"text": pa.array(["a"], pa.large_string())})) == ["a"]


def test_parquet_without_strings_says_what_it_has(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no column of strings; it has: number"):
        texts(tmp_path, "a.parquet", parquet({"number": [1]}))


@pytest.mark.parametrize("keep", [0.3, 0.99])
def test_truncated_parquet_is_told_by_name(tmp_path: Path, keep: float) -> None:
    data = EXAMPLES["parquet"]
    with pytest.raises(UserError, match=r"a\.parquet: not a whole Parquet file"):
        texts(tmp_path, "a.parquet", data[: int(len(data) * keep)])
