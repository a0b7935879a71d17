"""Real pages beside mwparserfromhell's tree: no prose is lost, hardly any markup is left."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from erya.corpus.wikitext import Rendering, to_text

ROOT = Path(__file__).resolve().parent.parent.parent
DUMPS = ROOT.parent / "shared" / "data" / "wiki_dumps"
NAMES = [
    "de.xml.bz2",
    "fr.xml.bz2",
    "bgwiki-utf16-sample.xml.bz2",
    "zhwiki-one-article.xml.bz2",
    "enwiki-table-markup.xml.bz2",
]
RECALL = 0.995  # of the oracle's words, page by page
RESIDUAL = 50.0  # characters of markup per million; strip_code leaves hundreds

pytestmark = pytest.mark.skipif(not DUMPS.is_dir(), reason="needs the dumps in ../shared/data")


@pytest.fixture(scope="module")
def quality() -> ModuleType:
    """The script that measures, which defines what prose and markup are."""
    pytest.importorskip("mwparserfromhell")
    spec = importlib.util.spec_from_file_location("wikitext_quality", ROOT / "scripts" / "wikitext_quality.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["wikitext_quality"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_prose_is_kept_and_markup_is_gone(quality: ModuleType, name: str) -> None:
    articles = quality.read(DUMPS / name)
    assert articles.markups
    prose = quality.prose_words(articles)
    texts = [to_text(markup, articles.site, Rendering(math="drop")) for markup in articles.markups]
    measured = quality.row(articles, "erya", texts, prose, 0.0)
    assert measured["recall"] >= RECALL
    assert measured["residual"] <= RESIDUAL


def test_the_measure_sees_what_is_missing_and_what_is_left(quality: ModuleType) -> None:
    articles = quality.read(DUMPS / "fr.xml.bz2")
    prose = quality.prose_words(articles)
    halves = [to_text(markup[: len(markup) // 2], articles.site) for markup in articles.markups]
    assert quality.row(articles, "half", halves, prose, 0.0)["recall"] < RECALL
    assert quality.row(articles, "raw", articles.markups, prose, 0.0)["residual"] > 1000 * RESIDUAL
