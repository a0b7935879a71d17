"""The data card of a corpus: the facts of its manifest in, `corpus.md` and `card.json` out, as text.

The head is the YAML of a Hugging Face data card: with `corpus.md` as `README.md` a corpus folder is a data set of the
hub. The same facts give the same bytes: nothing here looks at the clock or at the machine.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

BAR = 40
SPLIT_NAMES = ("train", "validation", "test")
SIZES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B", "n>1B")
HUB_LICENCES = {
    **{name: name for name in ("mit", "apache-2.0", "cc0-1.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "gfdl")},
    "cc by 4.0": "cc-by-4.0",
    "cc by-sa 3.0": "cc-by-sa-3.0",
    "cc by-sa 4.0": "cc-by-sa-4.0",
}
Facts = Mapping[str, Any]


def write_card(facts: Facts) -> tuple[str, str]:
    """`corpus.md` and `card.json`. All facts but `steps` may be missing, and are then left out.

    name: what the corpus is called · inputs: {name: sha256} · steps: {step: {documents, text_bytes, characters}}, in
    order · removed: {rule: {documents, text_bytes, samples: [{id, detail, text}]}} · mended: {line rule: bytes} ·
    left_out: {reason: records} · sources: {source: {licence, documents, text_bytes}} · dates: {first, last} of the
    texts · languages: {code: {documents, text_bytes}} · lengths: {characters: documents} · splits: as steps · options:
    the configuration · files: {name: {size_bytes, sha256}} · samples: [{id, source, licence, language, text}].
    """
    sections = [part for write in SECTIONS if (part := write(facts))]
    return _head(facts) + "\n\n".join(sections) + "\n", json.dumps(facts, indent=2, ensure_ascii=False) + "\n"


def _head(facts: Facts) -> str:
    licences = sorted({_hub_licence(source["licence"]) for source in facts.get("sources", {}).values()})
    documents = _last(facts)["documents"]
    size = next((name for power, name in enumerate(SIZES[:-1], start=3) if documents < 10**power), SIZES[-1])
    head = {
        "pretty_name": "".join(filter(str.isprintable, facts.get("name", "corpus"))),
        "language": [language for language in facts.get("languages", {}) if language != "unknown"],
        "license": licences or ["unknown"],
        "size_categories": [size],
        "task_categories": ["text-generation"],
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items() if value]
    lines += ["configs:", "- config_name: default", "  data_files:"]
    for split in facts.get("splits", SPLIT_NAMES):
        lines += [f"  - split: {split}", f'    path: "{split}-*.parquet"']
    return "\n".join(["---", *lines, "---", "", ""])


def _hub_licence(licence: str) -> str:
    return HUB_LICENCES.get(licence.lower(), "unknown" if licence == "unknown" else "other")


def _last(facts: Facts) -> Mapping[str, int]:
    last: Mapping[str, int] = list(facts["steps"].values())[-1]
    return last


def _summary(facts: Facts) -> str:
    end = _last(facts)
    text = f"# {facts.get('name', 'corpus')}\n\n{end['documents']:,} documents, {end['text_bytes']:,} bytes of text"
    dates = facts.get("dates") or {}
    return text + (
        f", written or last changed from {dates['first']} to {dates['last']}." if dates.get("first") else "."
    )


def _sources(facts: Facts) -> str:
    rows = [
        (name, source["licence"], f"{source['documents']:,}", f"{source['text_bytes']:,}")
        for name, source in facts.get("sources", {}).items()
    ]
    inputs = [(name, digest) for name, digest in facts.get("inputs", {}).items()]
    return _section(
        "Sources",
        _table(("source", "licence", "documents", "bytes"), rows),
        _table(("input", "made from, sha256"), inputs),
    )


def _steps(facts: Facts) -> str:
    first = next(iter(facts["steps"].values()))
    rows = []
    for name, size in facts["steps"].items():
        share = size["text_bytes"] / first["text_bytes"] if first["text_bytes"] else 0.0
        rows.append((f"after {name}", f"{size['documents']:,}", f"{size['text_bytes']:,}", f"{share:.1%}"))
    left_out = [(reason, f"{count:,}") for reason, count in facts.get("left_out", {}).items()]
    return _section(
        "What was kept",
        _table(("", "documents", "bytes", "of the bytes read"), rows),
        _table(("left out while reading", "records"), left_out),
    )


def _removed(facts: Facts) -> str:
    rules = facts.get("removed", {})
    rows = [(rule, f"{it['documents']:,}", f"{it['text_bytes']:,}") for rule, it in rules.items()]
    mended = [(rule, f"{size:,}") for rule, size in facts.get("mended", {}).items()]
    samples = [
        f"- {_plain(rule)}: `{_code(sample['id'])}`: {_plain(sample['detail'])}\n\n  > {_plain(sample['text'])}"
        for rule, it in rules.items()
        for sample in it["samples"]
    ]
    return _section(
        "What went, by rule",
        _table(("rule", "documents", "bytes"), rows),
        _table(("rule on lines", "bytes"), mended),
        "\n".join(samples),
    )


def _languages(facts: Facts) -> str:
    rows = [(name, f"{it['documents']:,}", f"{it['text_bytes']:,}") for name, it in facts.get("languages", {}).items()]
    return _section("Languages", _table(("language", "documents", "bytes"), rows))


def _lengths(facts: Facts) -> str:
    lengths = {int(size): count for size, count in facts.get("lengths", {}).items()}
    most = max(lengths.values(), default=1)
    rows = [(f"{size:,}", f"{count:,}", "█" * round(BAR * count / most)) for size, count in sorted(lengths.items())]
    return _section("Lengths", _table(("characters up to", "documents", ""), rows))


def _splits(facts: Facts) -> str:
    rows = [(name, f"{it['documents']:,}", f"{it['text_bytes']:,}") for name, it in facts.get("splits", {}).items()]
    return _section("Splits", _table(("split", "documents", "bytes"), rows))


def _samples(facts: Facts) -> str:
    quoted = [
        f"`{_code(it['id'])}` ({_plain(it.get('language') or 'unknown')}, {_plain(it['licence'])})\n\n"
        f"> {_plain(it['text'])}"
        for it in facts.get("samples", [])
    ]
    return _section("Samples", "\n\n".join(quoted))


def _made(facts: Facts) -> str:
    options = facts.get("options")
    shown = json.dumps(options, indent=2, ensure_ascii=False, sort_keys=True).replace("`", "\\u0060")
    return _section("How it was made", f"```json\n{shown}\n```" if options else "")


def _files(facts: Facts) -> str:
    rows = [(name, f"{entry['size_bytes']:,}", entry["sha256"]) for name, entry in facts.get("files", {}).items()]
    return _section("Files", _table(("file", "bytes", "sha256"), rows))


SECTIONS = (_summary, _sources, _steps, _removed, _languages, _lengths, _splits, _samples, _made, _files)


def _section(title: str, *parts: str) -> str:
    filled = [part for part in parts if part]
    return "\n\n".join([f"## {title}", *filled]) if filled else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_row(map(_plain, row)) for row in rows]
    return "\n".join([_row(head), _row(["---"] * len(head)), *lines]) if lines else ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Any text as one line of Markdown that shows it as it is."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~$&])", r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    return " ".join(text.replace("`", "'").replace("|", "¦").split())
