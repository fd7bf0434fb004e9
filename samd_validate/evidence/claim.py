"""One run at a time in a folder: a claim that dies with its process."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from samd_validate.core.canonical import canonical_bytes
from samd_validate.core.errors import CannotRun, Problem
from samd_validate.evidence.audit import actor
from samd_validate.evidence.chain import now_utc
from samd_validate.evidence.whole import write_all

SUFFIX = ".running"
MOST_BYTES = 10_000


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A folder's name held by this process.

    ``left_by`` is what the process wrote into its claim that held the name before and died;
    None if the last one ended in order.
    """

    path: Path
    left_by: Mapping[str, object] | None


@contextmanager
def claimed(parent: Path, name: str) -> Iterator[Claim]:
    """Hold ``parent/name`` until the end of the block.

    The kernel's lock on the file counts, not that the file is there: a process that was killed
    holds nothing, and what it wrote says who it was.

    Raises
    ------
    CannotRun
        If another process that lives holds the name.
    """
    parent.mkdir(parents=True, exist_ok=True)
    path = parent / f"{name}{SUFFIX}"
    descriptor = _locked(path)
    try:
        left_by = _said(descriptor)
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        write_all(descriptor, canonical_bytes({"since_utc": now_utc().isoformat(), **actor()}))
        yield Claim(path=path, left_by=left_by)
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _locked(path: Path) -> int:
    """Open and lock the file that has this name when it is locked, not one just removed."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and path.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        except BlockingIOError:
            holder = _said(descriptor) or {}
            os.close(descriptor)
            raise CannotRun(_held(path, holder)) from None
        os.close(descriptor)


def _said(descriptor: int) -> Mapping[str, object] | None:
    """Return what a claim says of its process; None for a file that nobody has written to."""
    content = os.pread(descriptor, MOST_BYTES, 0)
    if not content:
        return None
    try:
        said = json.loads(content)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _held(path: Path, holder: Mapping[str, object]) -> Problem:
    who = f"process {holder.get('process', 'unknown')} of {holder.get('user', 'unknown')}"
    since = f" on {holder.get('host', 'unknown')} since {holder.get('since_utc', 'unknown')}"
    return Problem(
        where=str(path),
        found=f"a run of this protocol that goes on ({who}{since})",
        expected="one run at a time in a folder",
        todo="wait until it ends, or give another folder with --out",
    )
