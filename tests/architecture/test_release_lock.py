"""The lock of the release: all that pyproject asks for, within its ranges, by digest."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements" / "release.txt"
NOT_RELEASED = {"dev", "fuzz", "lock"}
PINNED = re.compile(r"([A-Za-z0-9_.-]+)==([^\s;]+)[^\\]*((?:\\\n +--hash=sha256:[0-9a-f]{64} ?)+)")


def locked() -> dict[str, list[tuple[str, str]]]:
    """Return versions and digests of each package; several where they differ by platform."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, version, hashes in PINNED.findall(LOCK.read_text()):
        found.setdefault(canonicalize_name(name), []).append((version, hashes))
    return found


def asked() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    own = [line for name in sorted(extras.keys() - NOT_RELEASED) for line in extras[name]]
    return [Requirement(line) for line in (*project["dependencies"], *own)]


@pytest.mark.parametrize("one", asked(), ids=str)
def test_dependency_is_locked_within_its_range(one: Requirement) -> None:
    versions = [version for version, _ in locked()[canonicalize_name(one.name)]]
    assert versions
    assert all(one.specifier.contains(version) for version in versions)


def test_every_line_of_the_lock_is_a_package_with_its_digests() -> None:
    text = LOCK.read_text()
    rest = PINNED.sub("", text).splitlines()
    assert [line for line in rest if line.strip() and not line.startswith("#")] == []
    assert len(locked()) > len(asked())


def test_lock_names_no_place_to_fetch_from() -> None:
    text = LOCK.read_text()
    assert "://" not in text
    assert not re.search(r"^-|--(index|find|extra)", text, re.MULTILINE)
