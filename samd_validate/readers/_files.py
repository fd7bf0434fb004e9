"""A file's name, size and digest, as evidence keeps them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from samd_validate.core.cohort import SourceFile


def source_file(path: Path, content: bytes) -> SourceFile:
    """Return name (no folder), size in bytes and SHA-256 of a file's bytes."""
    digest = hashlib.sha256(content).hexdigest()
    return SourceFile(name=path.name, size_bytes=len(content), sha256=digest)
