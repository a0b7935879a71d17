"""Learn a vocabulary from a corpus, and look at what a tokenizer does to text."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from erya.core.errors import UserError

if TYPE_CHECKING:
    from erya.tokenizer.stats import Figures

LONGEST = 12
COLOURS = ("blue", "magenta", "green", "yellow", "cyan")


@click.group()
def COMMAND() -> None:  # noqa: N802 - the name the command line looks for
    """Learn a byte-level BPE vocabulary from a corpus, and look at one.

    A tokenizer is a folder with tokenizer.json and tokenizer_config.json, which transformers, vLLM and others load
    as it is, and a manifest that says what it was learned from.

    \b
    erya tokenizer train data/novel --out data/novel-tokenizer
    erya tokenizer encode data/novel --tokenizer data/novel-tokenizer --out data/novel-tokens
    """


@COMMAND.command()
@click.argument("corpora", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="CORPUS...")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write.")
@click.option("--vocab-size", type=int, default=16_384, show_default=True, help="Ids, control tokens included.")
@click.option(
    "--max-bytes", type=click.IntRange(min=1), help="Most text to learn from, evenly spread.  [default: 64 MiB]"
)
@click.option("--weight", "weights", type=float, multiple=True, help="Share of a corpus; one for each, in order.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def train(
    corpora: tuple[Path, ...],
    out: Path,
    vocab_size: int,
    max_bytes: int | None,
    weights: tuple[float, ...],
    as_json: bool,
) -> None:
    """Learn a vocabulary from the training splits of CORPUS folders.

    \b
    erya tokenizer train data/novel --out data/novel-tokenizer
    erya tokenizer train data/mixed --out data/mixed-tokenizer --vocab-size 32768
    erya tokenizer train data/en data/zh --weight 0.5 --weight 0.5 --out data/en-zh-tokenizer --vocab-size 32768

    Without --weight, each corpus has the share that its text has of all. The same corpora and options give the same
    bytes, and a tokenizer that is already there is not learned again. Learning holds every different word in memory, up
    to 30 bytes for each byte of Chinese text: --max-bytes bounds it.
    """
    from erya.tokenizer.build import DEFAULT_MAX_BYTES, build_tokenizer

    manifest = build_tokenizer(corpora, out, vocab_size, max_bytes or DEFAULT_MAX_BYTES, weights or None)
    if as_json:
        click.echo(json.dumps(manifest.model_dump(), ensure_ascii=False))
        return
    counts = manifest.counts
    click.echo(f"{counts['vocab_size']:,} ids learned from {counts['text_bytes']:,} bytes in {manifest.seconds:.1f} s")
    click.echo(f"\n{out} is ready. Look at it: erya tokenizer show {out} --on {corpora[0]}")


@COMMAND.command()
@click.argument("corpus", type=click.Path(path_type=Path))
@click.option("--tokenizer", "directory", type=click.Path(path_type=Path), required=True, help="Its folder.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def encode(corpus: Path, directory: Path, out: Path, as_json: bool) -> None:
    """Encode the CORPUS folder's splits to a tokens folder, which `erya pretrain` learns from.

    \b
    erya tokenizer encode data/novel --tokenizer data/novel-tokenizer --out data/novel-tokens

    The tokens are memory-mapped, two bytes each up to 65,536 ids, and carry the tokenizer's identity, so that tokens
    and a model that do not belong together are refused.
    """
    from erya.dataset.build import build_tokens
    from erya.tokenizer.tokenizer import Tokenizer

    manifest = build_tokens(corpus, Tokenizer.load(directory), out)
    if as_json:
        click.echo(json.dumps(manifest.model_dump(), ensure_ascii=False))
        return
    click.echo(f"{'':<14}{'documents':>14}{'tokens':>16}{'bytes per token':>18}")
    for name, size in manifest.counts["splits"].items():
        ratio = size["text_bytes"] / max(size["tokens"], 1)
        click.echo(f"{name:<14}{size['documents']:>14,}{size['tokens']:>16,}{ratio:>18.2f}")
    click.echo(f"\n{out} is ready. Train on it: erya pretrain --tokens {out} model.size=3m --out runs/first")


@COMMAND.command()
@click.argument("directory", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--text", help="A sentence whose pieces to show; without it, sentences that come with Erya.")
@click.option(
    "--on",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A corpus folder whose validation split to measure on; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def show(directory: Path, text: str | None, on: tuple[Path, ...], as_json: bool) -> None:
    """Show what the tokenizer in DIR (a tokenizer or model folder) does: what a token holds by language, its pieces.

    \b
    erya tokenizer show data/novel-tokenizer
    erya tokenizer show data/novel-tokenizer --on data/novel
    erya tokenizer show data/novel-tokenizer --text "It was the best of times, 那是最好的时代"
    """
    from erya.tokenizer import stats
    from erya.tokenizer.tokenizer import Tokenizer

    tokenizer = Tokenizer.load(directory)
    figures = stats.measure(tokenizer, chain.from_iterable(map(_validation, on)) if on else stats.EXAMPLES.items())
    longest = {name: stats.longest_tokens(tokenizer, LONGEST, han) for name, han in (("other", False), ("han", True))}
    texts = [text] if text is not None else list(stats.EXAMPLES.values())
    pieces = [stats.pieces(tokenizer, one) for one in texts]
    if as_json:
        summary: dict[str, Any] = {"vocab_size": tokenizer.vocab_size, "sha256": tokenizer.sha256}
        summary |= {"special": tokenizer.special, "pattern": tokenizer.pattern, "languages": _table(figures)}
        click.echo(json.dumps(summary | {"longest": longest, "pieces": pieces}, ensure_ascii=False))
        return
    click.echo(f"{directory}  ({tokenizer.vocab_size:,} ids, sha256 {tokenizer.sha256[:12]}…)\n")
    titles = f"{'bytes/token':>14}{'tokens/character':>18}{'tokens/word':>13}"
    click.echo(f"{'language':<12}{'documents':>12}{'bytes':>14}{'tokens':>14}{titles}")
    for language, row in figures.items():
        counts = f"{row.documents:>12,}{row.text_bytes:>14,}{row.tokens:>14,}"
        of_word = "" if row.tokens_per_word is None else f"{row.tokens_per_word:.3f}"
        click.echo(f"{language:<12}{counts}{row.bytes_per_token:>14.3f}{row.tokens_per_character:>18.3f}{of_word:>13}")
    for title, tokens in (("longest tokens", longest["other"]), ("longest Chinese tokens", longest["han"])):
        click.echo(f"\n{title}: {' '.join(repr(token) for token in tokens) or 'none'}")
    for one in pieces:
        click.echo(f"\n{len(one)} tokens: {_coloured([shown for _, shown in one])}")


def _validation(corpus: Path) -> Iterator[tuple[str, str]]:
    from erya.core.progress import track
    from erya.corpus.store import open_corpus, read_documents

    count = open_corpus(corpus).counts["splits"]["validation"]["documents"]
    if not count:
        raise UserError(
            f"{corpus}: its validation split is empty; build the corpus with a --validation-fraction above 0"
        )
    for document in track(read_documents(corpus, "validation", ("text", "language")), "Measuring", count, "documents"):
        yield document.language or "unknown", document.text


def _table(figures: "dict[str, Figures]") -> dict[str, dict[str, float | None]]:
    return {
        language: asdict(row)
        | {
            "bytes_per_token": row.bytes_per_token,
            "tokens_per_character": row.tokens_per_character,
            "tokens_per_word": row.tokens_per_word,
        }
        for language, row in figures.items()
    }


def _coloured(pieces: list[str]) -> str:
    """Pieces told apart by colour and by a bar, which stays where colours are not shown."""
    styled = (click.style(piece, fg=COLOURS[number % len(COLOURS)]) for number, piece in enumerate(pieces))
    return "|".join(styled)
