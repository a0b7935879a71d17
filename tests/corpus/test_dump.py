"""The dump reader: pages, schemas, encodings, cuts, and what is refused."""

import bz2
from pathlib import Path

import pytest

from erya.core.errors import UserError
from erya.corpus.mediawiki.dump import Dump, Head
from erya.corpus.mediawiki.pages import Page
from erya.corpus.opening import InputFile
from erya.corpus.source import ReadOptions
from erya.corpus.sources.mediawiki import SOURCE

DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "wiki_dumps"
HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="de-AT">
<siteinfo><sitename>Wikipedia</sitename><dbname>dewiki</dbname><base>https://de.wikipedia.org/wiki/Hauptseite</base>
<namespaces><namespace key="0" case="first-letter" /><namespace key="1">Diskussion</namespace></namespaces></siteinfo>
"""


def page(number: int, title: str = "Ein Titel", text: str = "Text &amp; mehr", extra: str = "<ns>0</ns>") -> str:
    return (
        f"<page><title>{title}</title>{extra}<id>{number}</id><revision><id>9{number}</id><contributor><id>777</id>"
        f"</contributor><timestamp>2026-01-01T00:00:00Z</timestamp><text>{text}</text></revision></page>\n"
    )


def dump_of(folder: Path, content: str | bytes) -> Dump:
    path = folder / "d.xml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Dump(InputFile(path, "d.xml"))


def articles(folder: Path, content: str) -> tuple[list[str], dict[str, int]]:
    file = dump_of(folder, content).file
    return [document.id for document in SOURCE.read(file, ReadOptions())], file.left_out


def test_pages_keep_title_id_revision_and_time(tmp_path: Path) -> None:
    dump = dump_of(tmp_path, HEAD + page(1) + page(2, text="") + "</mediawiki>")
    first, second = dump.pages()
    assert first == Page("Ein Titel", 0, "1", "91", "2026-01-01T00:00:00Z", "", "Text & mehr")
    assert second.text == ""
    base = "https://de.wikipedia.org/wiki/Hauptseite"
    assert dump.head == Head("de", "dewiki", base, {0: "", 1: "Diskussion"})


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_encodings_with_a_byte_order_mark(tmp_path: Path, encoding: str) -> None:
    dump = dump_of(tmp_path, (HEAD + page(1, text="Ünï 汉字") + "</mediawiki>").encode(encoding))
    assert [found.text for found in dump.pages()] == ["Ünï 汉字"]
    assert SOURCE.recognises(dump.file.head())


def test_only_articles_are_read_and_the_rest_is_counted(tmp_path: Path) -> None:
    found, left_out = articles(
        tmp_path,
        HEAD
        + page(1)
        + page(2, extra="<ns>1</ns>")
        + page(3, extra='<ns>0</ns><redirect title="X" />')
        + page(4, text="#WEITERLEITUNG [[X]]", extra="")
        + page(5, title="Diskussion:Y", extra="")
        + page(6, title="Film: der Anfang", extra="")
        + page(7, text="")
        + "</mediawiki>",
    )
    assert found == ["dewiki:1", "dewiki:6"]
    assert left_out == {"page outside the article namespace": 2, "redirect": 2, "page without text": 1}


@pytest.mark.parametrize("pages", [1, 3])
def test_a_cut_dump_gives_its_whole_pages_and_a_note(tmp_path: Path, pages: int) -> None:
    whole = HEAD + "".join(page(number) for number in range(pages))
    file = dump_of(tmp_path, whole + page(99)[:-20]).file
    assert len(list(SOURCE.read(file, ReadOptions()))) == pages
    assert file.left_out == {"the rest of a cut-off dump": 1}
    assert file.notes == ["is cut off: it ends before its closing tag; its whole pages were read"]


def test_a_cut_compressed_dump_gives_its_whole_pages(tmp_path: Path) -> None:
    text = HEAD + "".join(page(number, text=f"{number * 7919} " * 500) for number in range(1000)) + "</mediawiki>"
    packed = bz2.compress(text.encode(), 1)
    file = dump_of(tmp_path, packed[: len(packed) // 2]).file
    found = [document.id for document in SOURCE.read(file, ReadOptions())]
    assert found == [f"dewiki:{number}" for number in range(len(found))]
    assert 300 < len(found) < 700


def test_garbage_after_the_end_loses_no_page(tmp_path: Path) -> None:
    found, left_out = articles(tmp_path, HEAD + page(1) + "</mediawiki>garbage")
    assert (len(found), left_out) == (1, {"stretch of bytes outside the pages": 1})


def test_a_document_type_is_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + HEAD + page(1, text="&b;") + "</mediawiki>"
    with pytest.raises(UserError, match=r"d\.xml: holds a document type declaration"):
        list(dump_of(tmp_path, bomb).pages())


@pytest.mark.parametrize("content", ["<html><body/></html>", "no XML at all", "<"])
def test_what_is_no_dump_says_so(tmp_path: Path, content: str) -> None:
    with pytest.raises(UserError, match=r"d\.xml: not a MediaWiki dump"):
        list(dump_of(tmp_path, content).pages())


@pytest.mark.skipif(not DATA.exists(), reason="real dumps are not here")
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("bgwiki-utf16-sample", 1),
        ("de", 2),
        ("enwiki-sample", 130),
        ("enwiki-table-markup", 5),
        ("fr", 3),
        ("zhwiki-one-article", 1),
    ],
)
def test_real_dumps(name: str, count: int) -> None:
    file = InputFile(DATA / f"{name}.xml.bz2", name)
    documents = list(SOURCE.read(file, ReadOptions()))
    assert len(documents) == count
    assert all(len(document.text) > len(document.id) for document in documents)
    text = "\n".join(document.text for document in documents)
    assert not [mark for mark in ("[[", "]]", "''", "<ref", "{|", "&nbsp;", "( ,", "()  ", "\x00") if mark in text]
