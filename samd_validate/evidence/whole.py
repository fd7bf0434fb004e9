"""Files that are the one before or whole, and on the disk when the call returns."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a power cut or ``kill -9`` never leaves half of it under its name."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    flush(path.parent)


def append_line(path: Path, line: bytes) -> None:
    """Append a line and bring it to the disk; where that fails the file is as it was before."""
    is_new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        length = os.fstat(descriptor).st_size
        try:
            write_all(descriptor, line + b"\n")
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, length)
            raise
    finally:
        os.close(descriptor)
    if is_new:
        flush(path.parent)


def write_all(descriptor: int, content: bytes) -> None:
    """Write all bytes to an open file: one call may take fewer."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def flush(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
