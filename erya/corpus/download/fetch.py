"""One file from the network to the disk: resumed after a cut line, tried again, checked, and put in place whole.

The bytes gather in `.NAME.part`; `.NAME.part.json` keeps what the server called that version of the file (its ETag or
date), so that a resume never joins the halves of two different files.
"""

import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from erya import __version__
from erya.core.errors import UserError
from erya.core.progress import Bar, bar, say
from erya.core.storage import disk_errors, fsync_path, read_json, require_space, write_json
from erya.corpus.download.sets import RemoteFile

T = TypeVar("T")
TRIES = 4  # in a row without a new byte
TIMEOUT_SECONDS = 30.0
CHUNK_BYTES = 1 << 18
AGENT = f"erya/{__version__} (corpus download; Python urllib)"
BUSY = {408, 425, 429, 500, 502, 503, 504}
# what a lost or slow line raises: refused, reset, timed out, no such host, an answer cut off
LINE_ERRORS = (OSError, http.client.HTTPException)


class _CutOffError(OSError):
    """The line ended before the file did, or the server asked to come again with an HTTP status."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


def mirrored(url: str, mirror: str | None) -> str:
    """The URL at a mirror: the mirror stands for scheme and host, or takes the whole URL at `{url}`."""
    if not mirror:
        return url
    return mirror.replace("{url}", url) if "{url}" in mirror else mirror.rstrip("/") + urlsplit(url).path


def fetch(remote: RemoteFile, path: Path, url: str, wait_seconds: float = 1.0, hint: str = "") -> None:
    """Put the file at `path`, all of it, checked against its known digest and size; `hint` is said when it differs.

    Raises: UserError when it is not to be had or is another file; RunFailed when the disk is full.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    part = Part(path)
    with bar(f"Fetching {path.name}", part.total, "bytes", part.size) as running:
        _until_whole(url, part, running, wait_seconds)
    problem = mismatch(part.path, remote)
    if problem:
        part.discard()
        raise UserError(f"{url}: {problem}; it was not kept; {hint or 'try another --mirror'}")
    with disk_errors(path):
        fsync_path(part.path)
        part.path.replace(path)
        part.notes.unlink(missing_ok=True)
        fsync_path(path.parent)


def fetch_text(url: str, wait_seconds: float = 1.0, limit: int = 1 << 20) -> str:
    """A small text file from the network.

    Raises: UserError when it is not to be had.
    """

    def read() -> str:
        with _open(url, {}) as answer:
            data: bytes = answer.read(limit)
            return data.decode("utf-8", errors="replace")

    return _retried(read, url, lambda: 0, wait_seconds, "")


def digest_of(path: Path, method: str = "sha256") -> str:
    """The digest of a file as `method:hexadecimal`."""
    with path.open("rb") as stream:
        return f"{method}:{hashlib.file_digest(stream, method).hexdigest()}"


def mismatch(path: Path, remote: RemoteFile) -> str | None:
    """How a file differs from what is known of it, in words; None when it does not."""
    size = path.stat().st_size
    if remote.size_bytes is not None and size != remote.size_bytes:
        return f"is {size:,} bytes long, expected {remote.size_bytes:,}"
    if remote.digest:
        got = digest_of(path, remote.digest.partition(":")[0])
        if got != remote.digest:
            return f"its digest is {got}, expected {remote.digest}"
    return None


class Part:
    """The part of a file that is already here, and the version of the file that it belongs to."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f".{target.name}.part")
        self.notes = target.with_name(f".{target.name}.part.json")
        self.validator: str | None = None
        self.total: int | None = None
        if self.path.is_file() and self.notes.is_file():
            known = read_json(self.notes)
            self.validator, self.total = known["validator"], known["total"]
        if self.validator is None:
            self.discard()

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def begin(self, headers: Message, total: int | None) -> None:
        """Note a new version of the file, of which nothing is here yet."""
        tag = headers.get("ETag") or ""
        self.validator = headers.get("Last-Modified") if tag.startswith("W/") or not tag else tag
        self.total = total
        self.path.unlink(missing_ok=True)
        with disk_errors(self.target):
            write_json(self.notes, {"validator": self.validator, "total": total})

    def discard(self) -> None:
        """Forget what is here."""
        self.path.unlink(missing_ok=True)
        self.notes.unlink(missing_ok=True)
        self.validator = self.total = None


def _until_whole(url: str, part: Part, running: Bar, wait_seconds: float) -> None:
    def go_on() -> None:
        if part.total is None or part.size < part.total:
            try:
                _continue(url, part, running)
            except _CutOffError as error:
                if error.status == 416:  # the file has no such byte: what is here is not its beginning
                    part.discard()
                raise

    by_hand = f"fetch it by hand and put it at {part.target}, or name a mirror with --mirror URL (or ERYA_MIRROR)"
    _retried(go_on, url, lambda: part.size, wait_seconds, by_hand)


def _continue(url: str, part: Part, running: Bar) -> None:
    """Ask for what is missing and append it; a server that cannot go on from there sends all of it."""
    headers = {"Range": f"bytes={part.size}-", "If-Range": part.validator} if part.size and part.validator else {}
    with _open(url, headers) as answer:
        length = answer.headers.get("Content-Length")
        expected = int(length) if length and length.isdigit() else None
        goes_on = answer.status == 206 and (answer.headers.get("Content-Range") or "").startswith(f"bytes {part.size}-")
        if not goes_on:
            if answer.status == 206:
                part.discard()
                raise _CutOffError("the server sent another part than the one asked for")
            running.advance(-part.size)
            part.begin(answer.headers, expected)
        require_space(part.path, expected or 0)
        _append(answer, part, running)
    if part.total is not None and part.size != part.total:
        raise _CutOffError(f"the line ended after {part.size:,} of {part.total:,} bytes")


def _append(answer: Any, part: Part, running: Bar) -> None:
    with disk_errors(part.target):
        stream = part.path.open("ab", buffering=0)
    with stream:
        while chunk := answer.read(CHUNK_BYTES):
            with disk_errors(part.target, part.total):
                stream.write(chunk)
            running.advance(len(chunk))


def _open(url: str, headers: dict[str, str]) -> Any:
    """The answer to a request, its headers read.

    Raises: UserError when the server has no such file; _CutOffError when it asks to come again.
    """
    try:
        request = urllib.request.Request(url, headers={"User-Agent": AGENT, "Accept-Encoding": "identity", **headers})
        if request.type not in ("http", "https"):
            raise UserError(f"{url}: only http and https are fetched")
        answer = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 or error.code in BUSY:
            raise _CutOffError(f"the server answered {error.code} {error.reason}", error.code) from None
        raise UserError(
            f"{url}: the server answered {error.code} {error.reason}; check the address, or name a mirror with --mirror"
        ) from None
    except ValueError as error:
        raise UserError(f"{url}: not an address ({error}); check --mirror and ERYA_MIRROR") from None
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        answer.close()
        raise UserError(f"{url}: the server changes the bytes on the way (Content-Encoding); name another --mirror")
    return answer


def _retried(action: Callable[[], T], url: str, progress: Callable[[], int], wait_seconds: float, by_hand: str) -> T:
    """Do it until it succeeds or fails TRIES times in a row without a new byte, waiting longer each time."""
    failures, before = 0, progress()
    while True:
        try:
            return action()
        except LINE_ERRORS as error:
            reason = str(getattr(error, "reason", None) or error) or type(error).__name__
            failures = 1 if progress() > before else failures + 1
            before = max(before, progress())
            if failures >= TRIES:
                host = urlsplit(url).hostname
                hint = by_hand or "check the network, or name a mirror with --mirror URL (or ERYA_MIRROR)"
                raise UserError(f"{url}: cannot be fetched from {host} ({reason}); {hint}") from None
            wait = wait_seconds * 2 ** (failures - 1)
            say(f"{urlsplit(url).hostname}: {reason}; trying again in {wait:.0f} s")
            time.sleep(wait)
