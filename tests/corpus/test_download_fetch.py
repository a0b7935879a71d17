"""Fetching one file: whole or not at all, resumed without joining two versions, told plainly when it fails."""

import hashlib
import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from erya.core.errors import UserError
from erya.corpus.download.fetch import TRIES, fetch, fetch_text, mirrored
from erya.corpus.download.sets import RemoteFile
from tests.corpus.local_server import Site, etag, serving

DATA = random.Random(0).randbytes(1_000_000)
OTHER = random.Random(1).randbytes(1_000_000)
SHA256 = f"sha256:{hashlib.sha256(DATA).hexdigest()}"
WAIT_SECONDS = 0.01


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        running.files["/file"] = DATA
        yield running


def get(site: Site, path: Path, digest: str | None = SHA256, size_bytes: int | None = None) -> None:
    url = f"{site.url}/file"
    fetch(RemoteFile(url, digest, size_bytes), path, url, WAIT_SECONDS)


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def test_a_file_arrives_whole_and_nothing_else_is_left(site: Site, tmp_path: Path) -> None:
    get(site, tmp_path / "a" / "file", size_bytes=len(DATA))
    assert (tmp_path / "a" / "file").read_bytes() == DATA
    assert hidden(tmp_path / "a") == []


def test_md5_is_a_digest_too(site: Site, tmp_path: Path) -> None:
    get(site, tmp_path / "file", f"md5:{hashlib.md5(DATA).hexdigest()}")
    with pytest.raises(UserError, match="its digest is md5:"):
        get(site, tmp_path / "again", f"md5:{'0' * 32}")


def test_a_cut_line_is_resumed_where_it_broke(site: Site, tmp_path: Path) -> None:
    site.cuts = [300_000, 100_000]
    get(site, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA
    assert [asked[1] for asked in site.asked] == [None, "bytes=300000-", "bytes=400000-"]
    assert site.asked[1][2] == etag(DATA)


def test_progress_renews_patience_and_no_progress_ends_it(site: Site, tmp_path: Path) -> None:
    site.cuts = [50_000] * 12
    get(site, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA
    site.cuts, site.asked = [0] * 50, []
    with pytest.raises(UserError, match="by hand"):
        get(site, tmp_path / "other")
    assert len(site.asked) == TRIES


def test_a_later_run_resumes(site: Site, tmp_path: Path) -> None:
    site.cuts = [600_000] + [0] * TRIES
    with pytest.raises(UserError, match="600,000 of 1,000,000"):
        get(site, tmp_path / "file")
    assert not (tmp_path / "file").exists()
    site.cuts, site.asked = [], []
    get(site, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA
    assert [asked[1] for asked in site.asked] == ["bytes=600000-"]


def test_a_server_without_ranges_sends_it_all_again(site: Site, tmp_path: Path) -> None:
    site.ranges, site.cuts = False, [700_000]
    get(site, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA


def test_without_a_validator_nothing_is_joined(site: Site, tmp_path: Path) -> None:
    site.tags, site.cuts = False, [700_000]
    get(site, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA
    assert [asked[1] for asked in site.asked] == [None, None]


def test_a_file_that_changed_meanwhile_is_not_joined(site: Site, tmp_path: Path) -> None:
    site.cuts = [600_000] + [0] * TRIES
    with pytest.raises(UserError):
        get(site, tmp_path / "file", None)
    site.cuts, site.files["/file"] = [], OTHER
    get(site, tmp_path / "file", None)
    assert (tmp_path / "file").read_bytes() == OTHER


def test_a_part_longer_than_the_file_is_dropped(site: Site, tmp_path: Path) -> None:
    (tmp_path / ".file.part").write_bytes(DATA + b"more")
    (tmp_path / ".file.part.json").write_text(json.dumps({"validator": etag(DATA), "total": None}))
    get(site, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA
    assert site.asked[0][1] == "bytes=1000004-"


def test_a_wrong_digest_or_size_leaves_nothing(site: Site, tmp_path: Path) -> None:
    site.files["/file"] = OTHER
    with pytest.raises(UserError, match=r"expected sha256:.*not kept"):
        get(site, tmp_path / "file")
    with pytest.raises(UserError, match="1,000,000 bytes long, expected 7"):
        get(site, tmp_path / "file", None, 7)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_said_at_once(site: Site, tmp_path: Path) -> None:
    del site.files["/file"]
    with pytest.raises(UserError, match="404 Not Found; check the address"):
        get(site, tmp_path / "file")
    assert len(site.asked) == 1


def test_a_busy_server_is_asked_again(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site.statuses = [503, 429]
    get(site, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA
    assert re.findall(r"answered (\d+)", capsys.readouterr().err) == ["503", "429"]


def test_bytes_changed_on_the_way_are_refused(site: Site, tmp_path: Path) -> None:
    site.encoding = "gzip"
    with pytest.raises(UserError, match="Content-Encoding"):
        get(site, tmp_path / "file")


def test_offline_says_what_to_do(tmp_path: Path) -> None:
    with serving() as gone:
        url = f"{gone.url}/file"
    with pytest.raises(UserError) as caught:
        fetch(RemoteFile(url), tmp_path / "file", url, WAIT_SECONDS)
    message = str(caught.value)
    assert "\n" not in message
    assert url in message
    assert f"put it at {tmp_path / 'file'}" in message
    assert "--mirror" in message


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/file", "nonsense"])
def test_only_http_is_fetched(url: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"http|address"):
        fetch(RemoteFile(url), tmp_path / "file", url, WAIT_SECONDS)


def test_a_full_disk_keeps_the_part_and_says_so(site: Site, tmp_path: Path) -> None:
    limited = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
from pathlib import Path
from erya.core.errors import RunFailed
from erya.corpus.download.fetch import fetch
from erya.corpus.download.sets import RemoteFile
try:
    fetch(RemoteFile({site.url + "/file"!r}), Path({str(tmp_path / "file")!r}), {site.url + "/file"!r}, 0.01)
except RunFailed as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True, check=True)
    assert re.search(r"disk full: 1,000,000 bytes needed, [\d,]+ free", ran.stdout)
    kept = (tmp_path / ".file.part").stat().st_size
    assert 0 < kept <= 400_000
    site.asked = []
    get(site, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA
    assert [asked[1] for asked in site.asked] == [f"bytes={kept}-"]


def test_small_texts(site: Site) -> None:
    site.files["/sums"] = "é 1\n".encode()
    site.statuses = [500]
    assert fetch_text(f"{site.url}/sums", WAIT_SECONDS) == "é 1\n"
    with pytest.raises(UserError, match="404"):
        fetch_text(f"{site.url}/none", WAIT_SECONDS)


def test_mirrors() -> None:
    url = "https://host.org/a/b.txt"
    assert mirrored(url, None) == url
    assert mirrored(url, "https://mirror.cn/wiki/") == "https://mirror.cn/wiki/a/b.txt"
    assert mirrored(url, "https://proxy.cn/{url}") == "https://proxy.cn/https://host.org/a/b.txt"
