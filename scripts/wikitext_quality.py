"""How clean and whole the text of MediaWiki dumps is, beside mwparserfromhell's strip_code and gensim's filter_wiki.

    python scripts/wikitext_quality.py                         the dumps in ../shared/data/wiki_dumps
    python scripts/wikitext_quality.py DUMP... --samples 20    others; before and after of 20 random paragraphs first
    python scripts/wikitext_quality.py DUMP --whole hans       its first article whole before and after, in one script

All three get the markup of the same articles. Counted in what they give:

residual   characters of markup per million: `{{ }} [[ ]] {| |} '' == <tag> <!-- &name; __WORD__ -{ }-`, and any `|`
dangling   places per million characters where punctuation has lost its words: `( , x`, `()`, ` ,`, `,,`, `、）`
recall     the share of the article's prose words that are there, page by page, each as often as the article has it

Article prose is what mwparserfromhell's tree has as text outside headings, templates, tables, references, formulas,
galleries and other elements that are no text, files, categories and links to other languages; of a link its label,
else its target; the first choice of a language variant. Words are runs of letters and digits in one form (NFKC, small
letters); in scripts without spaces every character is one. What templates show is in no oracle and counts for nothing.

Formulas are dropped here, as both others do; the row `erya, formulas kept` shows the default beside it.
gensim is run by the interpreter of --peers, since it asks for other versions of what Erya needs.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mwparserfromhell
from mwparserfromhell.nodes import ExternalLink, HTMLEntity, Tag, Text, Wikilink
from rich.console import Console
from rich.table import Table

from erya.corpus.mediawiki.dump import Dump, Head
from erya.corpus.mediawiki.pages import Page
from erya.corpus.opening import InputFile
from erya.corpus.wikitext import Rendering, Site, to_text

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "wiki_dumps"
RESIDUAL = re.compile(
    r"\{\{|\}\}|\[\[|\]\]|\{\||\|\}|''+|==+|<!--|-->|</?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>\n]{0,300})?/?>|<ref\b"
    r"|&(?:[a-zA-Z]{2,8}|#\d{1,6});|__[A-Z]{3,}__|-\{|\}-|\|"
)
DANGLING = re.compile(
    r"[(（]\s*[,;:，；：、]|[(（]\s*[)）]|[,;:，；、]\s*[)）]|(?<=\w) ,(?=\s)|(?<=\w) \.(?=\s|$)|,\s*[,;.](?!\.)"
    r"|[，、；]\s*[，、；。]"
)
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
NO_TEXT = {"ref", "references", "gallery", "math", "chem", "ce", "table", "timeline", "imagemap", "score", "graph",
           "hiero", "mapframe", "maplink", "templatedata", "templatestyles", "indicator", "inputbox", "categorytree",
           "includeonly", "style"}  # fmt: skip
BREAKS = {"br", "hr", "p", "div", "li", "dd", "dt"}
VARIANT = re.compile(r"-\{(?:([^{}|]*)\|)?([^{}]*)\}-")
INTERLANGUAGE = re.compile(r"(?:[a-z]{2,3}|simple|zh-[a-z-]+|be-[a-z-]+|roa-[a-z]+|bat-smg|fiu-vro|nds-nl|map-bms):")
GENSIM = """
import json, sys, time
from gensim.corpora.wikicorpus import filter_wiki
pages = json.load(sys.stdin)
start = time.process_time()
texts = [filter_wiki(page) for page in pages]
json.dump({"texts": texts, "seconds": time.process_time() - start}, sys.stdout)
"""


@dataclass
class Articles:
    """The markup of a dump's articles and the wiki that they are from."""

    name: str
    site: Site
    markups: list[str]


def main() -> None:
    """Print the samples, the table and the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dumps", nargs="*", type=Path, help="default: ../shared/data/wiki_dumps")
    parser.add_argument("--samples", type=int, default=0, help="print as many random paragraphs before and after")
    parser.add_argument("--whole", choices=["as-is", "hans", "hant"], help="print the first article before and after")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--peers", type=Path, default=ROOT / ".venv-peers/bin/python", help="an interpreter with gensim"
    )
    options = parser.parse_args()
    dumps = options.dumps or sorted(DATA.glob("*.xml*"))
    if not dumps:
        sys.exit(f"{DATA}: no dumps; give some as arguments")
    rows: list[dict[str, Any]] = []
    for path in dumps:
        articles = read(path)
        if options.samples:
            show_samples(articles, options.samples, options.seed)
        if options.whole:
            show_change(articles, articles.markups[0], Rendering(script=options.whole))
        rows += measure(articles, options.peers)
    show(rows)
    print(json.dumps({"script": "wikitext_quality", "rows": rows}))


def read(path: Path) -> Articles:
    """The articles of a dump. A file whose name says another language than its head is believed: `zhwiki-….xml.bz2`."""
    dump = Dump(InputFile(path, path.name))
    named = re.match(r"([a-z]{2,3})(?:wiki\b|[.-])", path.name)
    site = Site(dump.head.namespaces, named[1] if named else dump.head.language)
    return Articles(path.name, site, [page.text for page in dump.pages() if is_article(page, dump.head)])


def is_article(page: Page, head: Head) -> bool:
    """Whether a page is an article; old exports tell the namespace in the title only."""
    if page.namespace is None and page.title.partition(":")[0] in filter(None, head.namespaces.values()):
        return False
    return page.namespace in (0, None) and not page.is_redirect and not re.match(r"\s*#\w+\s*:?\s*\[\[", page.text)


def measure(articles: Articles, peers: Path) -> list[dict[str, Any]]:
    """One row for each way of rendering."""
    prose = prose_words(articles)
    dropped = Rendering(math="drop")
    ways: dict[str, Callable[[], list[str]]] = {
        "erya": lambda: [to_text(markup, articles.site, dropped) for markup in articles.markups],
        "erya, formulas kept": lambda: [to_text(markup, articles.site) for markup in articles.markups],
        "strip_code": lambda: [mwparserfromhell.parse(markup).strip_code() for markup in articles.markups],
    }
    rows = []
    for name, way in ways.items():
        start = time.process_time()
        texts = way()
        rows.append(row(articles, name, texts, prose, time.process_time() - start))
    if peers.exists():
        run = subprocess.run([peers, "-c", GENSIM], input=json.dumps(articles.markups), capture_output=True, text=True)
        if run.returncode:
            sys.exit(f"{peers}: gensim failed: {run.stderr.strip().splitlines()[-1]}")
        answer = json.loads(run.stdout)
        rows.append(row(articles, "filter_wiki", answer["texts"], prose, answer["seconds"]))
    else:
        print(f"{peers}: missing, so gensim is left out; make the environment or give --peers", file=sys.stderr)
    return rows


def row(articles: Articles, way: str, texts: list[str], prose: list[Counter[str]], seconds: float) -> dict[str, Any]:
    """The measures of one way on one dump."""
    characters = sum(map(len, texts)) or 1
    residual = sum(len(mark) for text in texts for mark in RESIDUAL.findall(text))
    dangling = sum(len(DANGLING.findall(text)) for text in texts)
    wanted = sum(map(Counter.total, prose)) or 1
    found = sum((expected & words(text)).total() for expected, text in zip(prose, texts, strict=True))
    return {
        "dump": articles.name.partition(".xml")[0],
        "way": way,
        "articles": len(texts),
        "characters": characters,
        "residual": round(residual / characters * 1e6, 1),
        "dangling": round(dangling / characters * 1e6, 1),
        "recall": round(found / wanted, 5),
        "seconds": round(seconds, 2),
    }


def prose_words(articles: Articles) -> list[Counter[str]]:
    """The words of each article's prose, counted."""
    trees = (mwparserfromhell.parse(markup) for markup in articles.markups)
    return [words("".join(prose_of(tree, articles.site))) for tree in trees]


def words(text: str) -> Counter[str]:
    """The words of a text, counted."""
    return Counter(WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def prose_of(tree: Any, site: Site) -> Iterator[str]:
    """The pieces of the article's prose in a tree, as the docstring of this script defines it."""
    for node in tree.nodes:
        if isinstance(node, Text):
            yield VARIANT.sub(variant, str(node))
        elif isinstance(node, HTMLEntity):
            yield node.normalize() or ""
        elif isinstance(node, Wikilink):
            yield from link_prose(node, site)
        elif isinstance(node, ExternalLink) and node.title is not None:
            yield from prose_of(node.title, site)
        elif isinstance(node, ExternalLink) and not node.brackets:
            yield str(node.url)
        elif isinstance(node, Tag):
            name = str(node.tag).strip().lower()
            if name in BREAKS:
                yield "\n"
            if name not in NO_TEXT and node.contents is not None:
                yield from prose_of(node.contents, site)


def link_prose(link: Wikilink, site: Site) -> Iterator[str]:
    """The label of a link, else its target; nothing of files, categories and links to other languages."""
    target = str(link.title).strip()
    if ":" in target and site.hides(target.partition(":")[0], link.text is not None):
        return
    if link.text is not None:
        yield from prose_of(link.text, site)
    elif not INTERLANGUAGE.match(target):
        yield target.removeprefix(":")


def variant(block: re.Match[str]) -> str:
    """What a language variant shows: nothing for a rule, else its choice for mainland Chinese, or its only text."""
    if set(block[1] or "") & set("HT-"):
        return ""
    choices = dict(re.findall(r"\s*(zh(?:-[a-z]+)?)\s*:([^;]*)", block[2]))
    return next(
        (choices[code] for code in ("zh-hans", "zh-cn", "zh-sg", "zh-my", "zh", *choices) if code in choices), block[2]
    )


def show_samples(articles: Articles, count: int, seed: int) -> None:
    """Random paragraphs with markup, before and after."""
    lines = [line for markup in articles.markups for line in markup.split("\n")]
    worth = [
        line
        for line in lines
        if 150 < len(line) < 2000 and re.match(r"[\w'\[{*-]", line) and re.search(r"[\[{<]", line)
    ]
    for line in random.Random(seed).sample(worth, min(count, len(worth))):
        show_change(articles, line, Rendering())


def show_change(articles: Articles, markup: str, rendering: Rendering) -> None:
    """Some markup and the text that it becomes."""
    print(f"--- {articles.name}\n{markup}\n>>>\n{to_text(markup, articles.site, rendering)}\n")


def show(rows: list[dict[str, Any]]) -> None:
    """The table for people."""
    table = Table(title="text of MediaWiki dumps: residual and dangling per million characters", title_justify="left")
    for number, name in enumerate(rows[0]):
        table.add_column(name, justify="left" if number < 2 else "right", no_wrap=True)
    for entry in rows:
        table.add_row(*(f"{value:,}" if isinstance(value, int) else str(value) for value in entry.values()))
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
