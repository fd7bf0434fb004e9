"""With what a run was made: versions and source revision; no host name, no clock."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from samd_validate import __version__
from samd_validate.protocol.folders import ROOT


@cache
def environment() -> Mapping[str, object]:
    """Return the software of this process as plain JSON; its hardware stands apart.

    It is looked at once: what is installed beside a process that runs is not what it runs with.
    """
    packages = {dist.metadata["Name"].lower(): dist.version for dist in distributions()}
    return {
        "samd_validate": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "source": source_revision(ROOT),
        "packages": dict(sorted(packages.items())),
    }


def source_revision(folder: Path) -> dict[str, object]:
    """Return commit and whether the working tree differs from it; null where that is not known."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return {"commit": None, "is_dirty": None}
    changes = _git(folder, "status", "--porcelain")
    return {"commit": commit, "is_dirty": None if changes is None else bool(changes)}


def _git(folder: Path, *arguments: str) -> str | None:
    if not (folder / ".git").exists():
        return None
    try:
        done = subprocess.run(  # noqa: S603  # a fixed command on our own folder
            ["git", "-C", str(folder), *arguments],  # noqa: S607  # git is found on the path
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
