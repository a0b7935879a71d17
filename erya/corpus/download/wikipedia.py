"""Which file a Wikipedia dump of a language and date is, and the digest that Wikimedia publishes beside it."""

import re
from dataclasses import replace

from erya.core.errors import UserError
from erya.corpus.download.fetch import fetch_text, mirrored
from erya.corpus.download.sets import WIKIPEDIA, PublicSet, RemoteFile

# https://dumps.wikimedia.org/LANGUAGEwiki/DATE/ holds LANGUAGEwiki-DATE-pages-articles.xml.bz2 and …-md5sums.txt;
# the folder `latest` holds a copy of the last finished dump's md5sums.txt, whose lines name the dated files.
HOST = "https://dumps.wikimedia.org"


def wikipedia(language: str, date: str, mirror: str | None, wait_seconds: float = 1.0) -> PublicSet:
    """The set that is one Wikipedia at one date (`20261101` or `latest`), with the published digest of its file.

    Raises: UserError when there is no finished dump of that language and date.
    """
    if not re.fullmatch(r"[a-z]{2,}(-[a-z]+)*", language):
        raise UserError(f"--language: got '{language}', expected a Wikipedia's code such as en, zh or zh-yue")
    if date != "latest" and not re.fullmatch(r"20\d{6}", date):
        raise UserError(f"--date: got '{date}', expected latest or YYYYMMDD, a folder of {HOST}/{_wiki(language)}/")
    wiki = _wiki(language)
    sums = fetch_text(mirrored(f"{HOST}/{wiki}/{date}/{wiki}-{date}-md5sums.txt", mirror), wait_seconds)
    digest, name, found = _articles(sums, wiki, date)
    file = RemoteFile(f"{HOST}/{wiki}/{found}/{name}", f"md5:{digest}")
    assert WIKIPEDIA.build is not None
    build = WIKIPEDIA.build.replace("{file}", name).replace("{wiki}", f"{wiki}-{found}")
    return replace(WIKIPEDIA, languages=language, files=(file,), build=build)


def _wiki(language: str) -> str:
    return f"{language.replace('-', '_')}wiki"


def _articles(sums: str, wiki: str, date: str) -> tuple[str, str, str]:
    found = re.search(rf"(?m)^([0-9a-f]{{32}}) [ *]({wiki}-(\d{{8}})-pages-articles\.xml\.bz2)$", sums)
    if not found:
        raise UserError(f"the {wiki} dump of {date} has no finished pages-articles file; choose another --date")
    return found.group(1), found.group(2), found.group(3)
