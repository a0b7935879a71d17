"""Pages that list the meanings of a title, in several languages, and those that only speak of them."""

import pytest

from erya.corpus.mediawiki.disambiguation import is_disambiguation

LISTS = [
    ("en", "Ada", "'''Ada''' may refer to:\n{{Disambiguation|geo}}"),
    ("en", "John Smith", "{{hndis|Smith, John}}"),
    ("en", "Station", "x\n{{ Station disambiguation }}"),
    ("en", "Aberdeen (disambiguation)", "no template"),
    ("de", "Bank", "{{Begriffsklärung}}"),
    ("fr", "Paris (homonymie)", "x"),
    ("zh", "柏林", "{{消歧义}}"),
    ("zh", "張偉", "{{人名消歧義|x}}"),
    ("ja", "東京 (曖昧さ回避)", "x"),
    ("xx", "Y", "{{disambig}}"),
    (None, "Y", "__DISAMBIG__"),
    ("en", "Long", f"{'* [[x]]' * 9_000}{{{{disambiguation}}}}{'[[fr:x]]' * 900}"),
]
ARTICLES = [
    ("en", "Anarchism", "{{About|a movement|others|Anarchism (disambiguation)}} [[b]]{{disambiguation needed|date=x}}"),
    ("en", "Disambiguation", "'''Word-sense disambiguation''' is {{lang|fr|x}}"),
    ("de", "Bank", "{{Begriffsklärungshinweis}} Text"),
    ("fr", "Paris", "{{Voir homonymes|Paris}}"),
    ("zh", "柏林", "{{消歧義鏈接|x}}"),
    ("en", "X", "{{Begriffsklärung}}"),
    ("en", "Long", f"{'word ' * 9_000}{{{{disambiguation}}}}{' word' * 9_000}"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "title", "markup"), LISTS)
def test_lists_of_meanings_are_known(language: str | None, title: str, markup: str) -> None:
    assert is_disambiguation(title, markup, language)


@pytest.mark.parametrize(("language", "title", "markup"), ARTICLES)
def test_articles_are_not_taken_for_lists(language: str | None, title: str, markup: str) -> None:
    assert not is_disambiguation(title, markup, language)
