"""English prose from the running interpreter's own documentation, which every Python carries.

In: the language reference that `help()` shows, the docstrings and block comments of the standard library (parsed, never
imported) and the docstrings of the modules built into the interpreter. Out: one document a topic or module, in the same
order every time, its text in paragraphs of one line each. What is code, a table or a repetition is left out.
"""

import ast
import importlib
import inspect
import os
import re
import sys
import sysconfig
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from erya.corpus.records import Document

SOURCE = "Python {}.{} documentation".format(*sys.version_info)
LICENCE = "PSF-2.0"
SKIPPED_FOLDERS = {
    "site-packages",
    "dist-packages",
    "encodings",
    "test",
    "tests",
    "idle_test",
    "pydoc_data",
    "turtledemo",
    "__pycache__",
}
MIN_CHARACTERS = 200  # a document shorter than this is a remark and no text
MIN_WORDS = 4
MAX_LEAD_WORDS = 10  # "Here is an example:" leads to what is left out
MIN_WORD_SHARE = 0.75
MAX_SYMBOL_SHARE = 0.09

_COMMENT = re.compile(r"(?m)(?:^[ \t]*#.*\n){3,}")
_ROLE = re.compile(r":[a-z:]+:`~?!?([^`]*)`")
_LITERAL = re.compile(r"``([^`]+)``|`([^`<]+)(?: <[^>]*>)?`_{0,2}")
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)])\s")
_RULE = re.compile(r"^\W*([=~^\-*_.+#])\1{2,}\W*$")
_WORD = re.compile(r"[\"'(]*[A-Za-z][a-z]*(?:['’-][A-Za-z]+)*[\"')]*[.,;:!?]*")
_SYMBOL = re.compile(r"[^\w\s.,;:!?'\"()\-]|_")


def english() -> Iterator[Document]:
    """The documentation of the running interpreter as documents, the language reference first."""
    seen: set[str] = set()
    for name, texts in _sections():
        paragraphs = [paragraph for text in texts for paragraph in prose(text) if not _repeated(paragraph, seen)]
        text = "\n\n".join(paragraphs)
        if len(text) >= MIN_CHARACTERS:
            yield Document(text, f"python/{name}", SOURCE, LICENCE, "en")


def _repeated(paragraph: str, seen: set[str]) -> bool:
    known = paragraph in seen
    seen.add(paragraph)
    return known


def _sections() -> Iterator[tuple[str, Iterable[str]]]:
    yield from _topics()
    library = Path(sysconfig.get_path("stdlib"))
    for folder, folders, files in os.walk(library):
        folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
        for file in sorted(file for file in files if file.endswith(".py")):
            path = Path(folder) / file
            yield path.relative_to(library).as_posix(), _file_texts(path)
    for module in sorted(sys.builtin_module_names):
        yield module, _module_texts(module)


def _topics() -> Iterator[tuple[str, Iterable[str]]]:
    try:
        topics = importlib.import_module("pydoc_data.topics").topics
    except ModuleNotFoundError:  # some systems ship Python without it
        return
    for name in sorted(topics):
        yield f"topic/{name}", [topics[name]]


def _file_texts(path: Path) -> Iterator[str]:
    """The docstrings and the block comments of a source file; nothing of a file that is not Python of today."""
    try:
        source = path.read_text(encoding="utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old code has odd escapes
            tree = ast.parse(source)
    except (OSError, UnicodeDecodeError, SyntaxError):
        return
    yield from _docstrings(tree)
    for block in _COMMENT.finditer(source):
        yield re.sub(r"(?m)^[ \t]*#+ ?", "", block.group())


def _docstrings(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    yield ast.get_docstring(node) or ""
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _docstrings(child)


def _module_texts(name: str) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some are on their way out
        module = importlib.import_module(name)
    yield inspect.cleandoc(module.__doc__ or "")
    for _, value in sorted(vars(module).items()):
        members = [entry for _, entry in sorted(vars(value).items())] if isinstance(value, type) else []
        for entry in [value, *members]:
            text = getattr(entry, "__doc__", None)
            if isinstance(text, str) and (
                isinstance(entry, type) or callable(entry) or inspect.isdatadescriptor(entry)
            ):
                yield inspect.cleandoc(text)


def prose(text: str) -> Iterator[str]:
    """The paragraphs of a reST-like text that read as sentences, each on one line, without its markup."""
    for block in re.split(r"\n[ \t]*\n", text.expandtabs()):
        lines: list[str] = []
        for line in block.splitlines():
            if _RULE.match(line) or line.lstrip().startswith((">>>", "...", "..")):
                continue
            if lines and not _BULLET.match(line):
                lines[-1] = f"{lines[-1]} {line.strip()}"
            else:
                lines.append(line.strip())
        for line in lines:
            plain = _plain(line)
            if _reads(plain):
                yield plain


def _plain(line: str) -> str:
    line = _ROLE.sub(r"\1", _BULLET.sub("", line, count=1))
    line = _LITERAL.sub(lambda match: match.group(1) or match.group(2), line)
    line = re.sub(r"(?<!\w)\*{1,2}([A-Za-z][\w ]*)\*{1,2}(?!\w)", r"\1", line)
    return re.sub(r"\s+", " ", line.replace("::", ":")).strip()


def _reads(line: str) -> bool:
    """Whether a line is made of words and ends like a sentence, and not code, a signature or a table."""
    words = line.split()
    ends_well = line.rstrip("\"')").endswith((".", "!", "?", ";")) or (
        line.endswith(":") and len(words) > MAX_LEAD_WORDS
    )
    if len(words) < MIN_WORDS or not ends_well:
        return False
    plain = sum(1 for word in words if _WORD.fullmatch(word))
    return plain >= MIN_WORD_SHARE * len(words) and len(_SYMBOL.findall(line)) <= MAX_SYMBOL_SHARE * len(line)
