"""Where a data set lies, and a file's name, size and digest, as evidence keeps them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from samd_validate.core.cohort import SourceFile
from samd_validate.core.errors import CannotRun, Problem
from samd_validate.core.kinds import ReadRequest


def bound_folder(request: ReadRequest, *, expected: str, source: str) -> Path:
    """Return the folder that a data set is bound to; ``source`` is what ``--dataset`` may call it.

    Raises
    ------
    CannotRun
        If there is no such folder.
    """
    place = Path(request.place) if request.place else None
    if place is not None and place.is_dir():
        return place
    raise CannotRun(
        Problem(
            where=f"data set {request.dataset!r}",
            found=f"no folder {place}" if place else "no place",
            expected=expected,
            todo=f"bind it: --dataset {source}=PATH",
        )
    )


def source_file(path: Path, content: bytes) -> SourceFile:
    """Return name (no folder), size in bytes and SHA-256 of a file's bytes."""
    digest = hashlib.sha256(content).hexdigest()
    return SourceFile(name=path.name, size_bytes=len(content), sha256=digest)
