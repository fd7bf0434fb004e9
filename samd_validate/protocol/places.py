"""Where data sets lie on this machine.

No place stands in a protocol, so that its digest is the same everywhere.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from samd_validate.core.errors import Problem, gather

PLACES_FILE = "datasets.toml"


def dataset_places(options: Sequence[str], folder: Path) -> dict[str, Path]:
    """Return logical name -> path, from ``name=path`` options over ``datasets.toml`` in a folder.

    ``datasets.toml`` holds a table ``[datasets]`` of ``name = "path"``; relative paths count
    from the folder of the file.

    Raises
    ------
    CannotRun
        With every option or entry that cannot be read.
    """
    places = _from_file(folder / PLACES_FILE)
    problems = []
    for option in options:
        name, sign, path = option.partition("=")
        if not sign or not name.strip() or not path.strip():
            problems.append(
                Problem(
                    where="--dataset",
                    found=f"{option!r}",
                    expected="NAME=PATH, for example physionet-2012=/data/challenge-2012",
                    todo="write the logical name, an equals sign and the path",
                )
            )
        places[name.strip()] = Path(path.strip()).expanduser()
    gather(problems)
    return places


def _from_file(path: Path) -> dict[str, Path]:
    if not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        gather([_bad_file(path, str(error))])
        return {}
    entries = content.get("datasets", {})
    if not isinstance(entries, Mapping) or not all(isinstance(v, str) for v in entries.values()):
        gather([_bad_file(path, "entries that are no paths")])
    return {name: path.parent / Path(entry).expanduser() for name, entry in entries.items()}


def _bad_file(path: Path, found: str) -> Problem:
    return Problem(
        where=path.name,
        found=found,
        expected='a table [datasets] with lines such as physionet-2012 = "/data/challenge-2012"',
        todo="correct the file",
    )
