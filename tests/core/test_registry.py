"""The folder is the registry: adding a file adds an entry, listing imports nothing, a wrong name is helped."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from erya.core import registry
from erya.core.errors import UserError


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    folder = tmp_path / "kinds_of_thing"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "beta.py").write_text("THING = 'b'\n")
    (folder / "alpha.py").write_text("THING = 'a'\n")
    (folder / "_hidden.py").write_text("raise AssertionError('imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder.name
    for name in [name for name in sys.modules if name.partition(".")[0] == folder.name]:
        del sys.modules[name]


def test_names_are_sorted_and_import_nothing(package: str) -> None:
    assert registry.names(package) == ["alpha", "beta"]
    assert f"{package}.alpha" not in sys.modules


def test_only_the_chosen_entry_is_imported(package: str) -> None:
    assert registry.pick(package, "THING", "beta") == "b"
    assert f"{package}.alpha" not in sys.modules


def test_discovery_gives_every_entry(package: str) -> None:
    assert registry.discover(package, "THING") == {"alpha": "a", "beta": "b"}


def test_a_new_file_is_a_new_entry(package: str, tmp_path: Path) -> None:
    (tmp_path / package / "gamma.py").write_text("THING = 'c'\n")
    assert registry.pick(package, "THING", "gamma") == "c"


def test_a_wrong_name_is_helped(package: str) -> None:
    with pytest.raises(UserError, match=r"^unknown thing 'alpa'; did you mean 'alpha'\?$"):
        registry.pick(package, "THING", "alpa")
    with pytest.raises(UserError, match="allowed: alpha, beta"):
        registry.pick(package, "THING", "_hidden")
