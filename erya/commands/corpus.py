"""Make a corpus from text, JSON Lines, Parquet, CSV or a Wikipedia dump, look at one, and get public sets."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from erya.core.errors import UserError

if TYPE_CHECKING:
    from erya.core.manifest import Manifest


@click.group()
def COMMAND() -> None:  # noqa: N802 - the name the command line looks for
    """Make a corpus from any text, and look at one.

    A corpus is a folder: cleaned, deduplicated documents in three splits (train, validation, test) as Parquet shards,
    and a manifest that says what they were made from.

    \b
    erya corpus build novel.txt --out data/novel
    erya corpus show data/novel
    """


@COMMAND.command()
@click.argument("inputs", nargs=-1, metavar="[RECIPE.toml] INPUT... [KEY=VALUE]...")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write.")
@click.option("--recipe", help="A recipe that comes with Erya, such as chinese-wikipedia, or a file of one.")
@click.option("--format", help="auto, text, jsonl, parquet, csv or mediawiki.  [default: auto]")
@click.option("--text-field", help="Field or column that holds the text; found by itself when its name is usual.")
@click.option("--licence", help="Licence of the text, kept with every document.")
@click.option("--source", help="Name of the text's origin, kept with every document.  [default: the file's name]")
@click.option("--title", help="What the corpus is called, on its data card.")
@click.option("--validation-fraction", type=float, help="Share kept for validation.  [default: 0.05]")
@click.option("--test-fraction", type=float, help="Share kept for the test.  [default: 0.05]")
@click.option("--seed", type=click.IntRange(min=0), help="Which documents those are.  [default: 0]")
@click.option(
    "--encoding-errors",
    type=click.Choice(["error", "skip", "replace"]),
    help="Bytes that are not UTF-8: stop, leave the line or page out, or put U+FFFD.  [default: error]",
)
@click.option("--script", type=click.Choice(["as-is", "hans", "hant"]), help="Of a dump in Chinese: all in one script.")
@click.option(
    "--math", type=click.Choice(["keep", "drop"]), help="Of a dump: formulas as TeX or none.  [default: keep]"
)
@click.option("--tables", type=click.Choice(["drop", "rows"]), help="Of a dump: no tables, or rows.  [default: drop]")
@click.option(
    "--templates",
    type=click.Choice(["rules", "dump"]),
    help="Of a dump: templates become text by Erya's rules, or by the dump's own simple definitions as well, which"
    " takes a first pass over it.  [default: rules]",
)
@click.option(
    "--rules",
    type=click.Choice(["none", "web", "wiki"]),
    help="Quality rules of C4, Gopher and FineWeb that documents must pass.  [default: none]",
)
@click.option("--against", multiple=True, help="An evaluation file, whose texts must not be in the corpus; repeatable.")
@click.option("--near-duplicates", is_flag=True, help="Leave out near-duplicates as well, not only equal texts.")
@click.option("--processes", type=click.IntRange(min=1), help="How many work at once.  [default: one for each core]")
@click.option("--cluster", metavar="auto|ADDRESS", help="Work on all nodes of a Ray cluster instead.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def build(
    inputs: tuple[str, ...],
    out: Path,
    recipe: str | None,
    processes: int | None,
    cluster: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Build a corpus from INPUTs: files, folders, or - for standard input.

    \b
    erya corpus build novel.txt --out data/novel
    erya corpus build books.jsonl.gz laws.jsonl.gz --out data/mixed --licence "public domain"
    erya corpus build enwiki-latest-pages-articles-multistream.xml.bz2 --out data/enwiki
    erya corpus build zhwiki-latest-pages-articles.xml.bz2 --script hans --near-duplicates --out data/zhwiki
    erya corpus build crawl/ --rules web --against squad.json --near-duplicates --out data/crawl near.threshold=0.7
    erya corpus build --recipe english-wikipedia --cluster auto --out /shared/enwiki
    zcat news.csv.gz | erya corpus build - --format csv --text-field body --out data/news

    Text, JSON Lines, CSV and dumps may be compressed (.gz .bz2 .xz .zst). A long text file is cut at paragraph ends
    into documents of about 16,000 characters. The same inputs and options give the same bytes, however many processes
    or nodes work, and a corpus that is already there is not built again. A build that was stopped or killed goes on
    where it was when the same command is run again. corpus.md in the folder is its data card; why a document is not
    in the corpus: erya corpus show CORPUS --explain ID.
    """
    from erya.commands._building import plan, runner_of
    from erya.corpus.build import build_corpus

    files, options = plan(inputs, recipe, given)
    _show_built(build_corpus(files, out, options, runner_of(files, processes, cluster)), out, as_json)


@COMMAND.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write.")
@click.option("--tasks", type=click.Path(path_type=Path), help="Write the records of the tasks to this folder too.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def samples(out: Path, tasks: Path | None, as_json: bool) -> None:
    """Build a corpus from text that comes with Erya, to try things out without a network.

    \b
    erya corpus samples --out data/samples
    erya corpus samples --out data/samples --tasks data/tasks

    About 3 MB: English prose from the documentation inside this Python's standard library, and synthetic, seeded
    sentences, stories and reports in English and Chinese. It shows the way; it is too easy and too little to judge a
    model by.
    """
    import platform

    from erya import __version__
    from erya.core.progress import say
    from erya.corpus.build import write_corpus
    from erya.corpus.samples import documents
    from erya.corpus.samples.tasks import write_tasks

    if tasks is not None:
        for name, count in write_tasks(tasks).items():
            say(f"{tasks / name}: {count:,} records, synthetic")
    made_from = {"samples": f"erya {__version__}, python {platform.python_version()}"}
    _show_built(write_corpus(documents(), out, inputs=made_from), out, as_json)


@COMMAND.command()
@click.argument("corpus", type=click.Path(path_type=Path))
@click.option("--samples", type=click.IntRange(min=0), default=3, show_default=True, help="How many documents to show.")
@click.option("--explain", metavar="ID", help="Say what became of one document: its split, or why it went.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def show(corpus: Path, samples: int, explain: str | None, as_json: bool) -> None:
    """Show what the CORPUS folder holds: counts, bytes, languages, lengths and samples.

    \b
    erya corpus show data/novel
    erya corpus show data/novel --json
    erya corpus show data/enwiki --explain enwiki:12
    """
    from erya.corpus.summary import explained, summarise

    if explain is not None:
        fates = explained(corpus, explain)
        click.echo(json.dumps(fates, ensure_ascii=False) if as_json else "\n".join(map(_fate, fates)))
        return
    summary = summarise(corpus, samples)
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False))
        return
    click.echo(f"{corpus}  (sha256 {summary['sha256'][:12]}…, from {', '.join(summary['inputs']) or 'memory'})\n")
    click.echo(_steps(summary))
    languages = {name: share["documents"] for name, share in summary["languages"].items()}
    click.echo(_histogram("language", languages))
    click.echo(_histogram("characters up to", {f"{int(size):,}": count for size, count in summary["lengths"].items()}))
    for sample in summary["samples"]:
        click.echo(f"\n— {sample['id']} ({sample['language']}, {sample['licence']})\n{sample['text']}")


@COMMAND.command()
@click.argument("name", required=False)
@click.option("--list", "as_list", is_flag=True, help="List the public sets with their licences.")
@click.option("--out", type=click.Path(path_type=Path), help="The folder to fetch into.  [default: data/raw/NAME]")
@click.option(
    "--mirror", envvar="ERYA_MIRROR", help="Fetch from this URL in place of scheme and host; {url}: the whole."
)
@click.option("--language", help="Which Wikipedia, such as zh.  [default: en]")
@click.option("--date", help="Which dump of Wikipedia, YYYYMMDD.  [default: latest]")
@click.option("--json", "as_json", is_flag=True, help="Print what came, or the list, as JSON.")
def get(name: str | None, as_list: bool, as_json: bool, **options: Any) -> None:
    """Fetch the public set NAME, whole and checked.

    \b
    erya corpus get --list
    erya corpus get wikitext-2
    erya corpus get wikipedia --language zh --date latest --out data/raw/zhwiki
    erya corpus get squad --mirror https://mirror.example.org

    A cut download goes on where it stopped. Files whose digest is known are checked against it; the digests of others
    are kept in digests.json at the first download and checked from then on. The mirror may also be set as ERYA_MIRROR.
    """
    from erya.corpus.download import get as download
    from erya.corpus.download import sets

    if as_list:
        known = [*sets.SETS, sets.WIKIPEDIA]
        if as_json:
            click.echo(json.dumps([asdict(entry) for entry in known], ensure_ascii=False))
        else:
            click.echo("\n".join(f"{entry.name:<14}{entry.title}\n{'':<14}licence: {entry.licence}" for entry in known))
        return
    if name is None:
        raise UserError(f"which set? One of: {', '.join(sets.names())}; `erya corpus get --list` tells about them")
    received = download.get(name, **options).as_json()
    click.echo(json.dumps(received, ensure_ascii=False) if as_json else _received(received))


def _fate(fate: dict[str, str]) -> str:
    if "split" in fate:
        return f"{fate['id']}: in the {fate['split']} split"
    return f"{fate['id']}: left out by {fate['rule']}: {fate['detail']}\n\n{fate['sample']}"


def _received(received: dict[str, Any]) -> str:
    lines = [f"\n{received['title']}", f"licence: {received['licence']}", f"cite: {received['citation']}"]
    for name, entry in received["files"].items():
        lines.append(f"{name:<40}{entry['size_bytes']:>16,} bytes  sha256 {entry['sha256'][:12]}…")
    lines.append(f"{received['folder']}: {received['format']}")
    if received["next"]:
        lines.append(f"next: {received['next']}")
    return "\n".join(lines)


def _show_built(manifest: "Manifest", out: Path, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(manifest.model_dump(), ensure_ascii=False))
    else:
        click.echo(_steps(manifest.counts))
        click.echo(f"\n{out} is ready. Look at it: erya corpus show {out}")


def _steps(counts: dict[str, Any]) -> str:
    lines = [f"{'':<20}{'documents':>14}{'bytes':>18}{'characters':>18}"]
    for name, size in (counts["steps"] | counts["splits"]).items():
        lines.append(f"{name:<20}{size['documents']:>14,}{size['text_bytes']:>18,}{size['characters']:>18,}")
    lines += [f"left out: {reason}: {count:,}" for reason, count in counts["left_out"].items()]
    lines += [f"{rule:<32}{it['documents']:>10,} gone" for rule, it in counts.get("removed", {}).items()]
    return "\n".join(lines)


def _histogram(title: str, counts: dict[str, int]) -> str:
    most = max(counts.values(), default=1)
    lines = [f"\n{title:<20}{'documents':>14}"]
    lines += [f"{name:<20}{count:>14,}  {'█' * round(40 * count / most)}" for name, count in counts.items()]
    return "\n".join(lines)
