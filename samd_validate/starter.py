"""A starter protocol: the commented file that ``init`` writes."""

from __future__ import annotations

from pathlib import Path

from samd_validate.core.errors import CannotRun, Problem
from samd_validate.protocol.folders import shipped

STARTER = "starter.yaml"


def write_starter(path: Path) -> None:
    """Write the starter; a file that is there already is never written over."""
    content = (shipped("protocols") / STARTER).read_bytes()
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise CannotRun(
            Problem(
                where=str(path),
                found="a file of that name",
                expected="a name that is free",
                todo="give another name: samd-validate init NAME.yaml",
            )
        ) from None
