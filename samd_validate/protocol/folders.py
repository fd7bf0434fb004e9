"""Where the project's own data folders are: recipes, templates, requirements."""

from __future__ import annotations

import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]


def shipped(name: str) -> Path:
    """Return the folder ``name`` (``models``, ``templates``, ``traceability``, ``protocols``).

    From a checkout it is the top-level folder; from an installed wheel the copy under share/.
    """
    checkout = ROOT / name
    if (ROOT / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    return Path(sysconfig.get_path("data")) / "share" / "samd-validate" / name
