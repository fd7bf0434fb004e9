"""The audit trail: one line per act, each carrying the digest of the line before it."""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from samd_validate import __version__
from samd_validate.core.canonical import digest_bytes
from samd_validate.core.errors import CannotRun, Problem
from samd_validate.evidence.chain import (
    START,
    ChainState,
    entries_of,
    next_line,
    now_utc,
    read_chain,
)
from samd_validate.evidence.whole import append_line, flush

__all__ = ["START", "TRAIL_FILE", "TRAIL_VERSION", "AuditTrail", "actor", "read_chain"]

TRAIL_FILE = "audit.jsonl"
TRAIL_VERSION = 1


class AuditTrail:
    """An append-only file of canonical JSON lines, written through to the disk at once.

    Clock times, people and machines are named here and nowhere else in a bundle. A chain shows a
    changed line, not a cut tail: that is why the manifest holds the head.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime] = now_utc) -> None:
        self.path = path
        self._clock = clock
        self._state = ChainState(head=START, entries=0, broken_at=None)

    @property
    def head(self) -> str:
        """Return the digest of the last line."""
        return self._state.head

    @property
    def entries(self) -> int:
        """Return the number of lines."""
        return self._state.entries

    def record(
        self,
        action: str,
        *,
        objects: Mapping[str, str] | None = None,
        before: str = "",
        after: str = "",
        reason: str = "",
        **details: object,
    ) -> None:
        """Append one act.

        ``objects`` are digests of what it concerned, by name; ``before`` and ``after`` those of
        what it changed, empty where nothing was; ``details`` are counts and names, never a
        patient's value.
        """
        content = {
            "schema_version": TRAIL_VERSION,
            "actor": actor(),
            "action": action,
            "objects": dict(objects or {}),
            "before": before or None,
            "after": after or None,
            "reason": reason,
            "details": details,
        }
        line = next_line(self._state, content, self._clock())
        append_line(self.path, line)
        self._state = _after(self._state, line)

    @classmethod
    def taken_up(cls, path: Path, clock: Callable[[], datetime] = now_utc) -> AuditTrail:
        """Return the trail that an earlier process left, ready to be gone on with.

        A last line that was not ended is cut off and kept as what it is: the next line says how
        many bytes it had, and their digest.

        Raises
        ------
        CannotRun
            If a line before the last does not follow: nothing is built on such a trail.
        """
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        torn = content[len(whole) :]
        state = read_chain(whole)
        if not state.is_whole:
            raise CannotRun(_broken(path, state))
        trail = cls(path, clock)
        trail._state = state
        if torn:
            os.truncate(path, len(whole))
            flush(path)
            trail.record(
                "cut a line that was not ended",
                objects={"line": digest_bytes(torn)},
                reason="the process that wrote it stopped in the middle",
                size_bytes=len(torn),
            )
        return trail

    def first(self) -> Mapping[str, object]:
        """Return the first line's entry; empty where there is none."""
        entries = entries_of(self.path.read_bytes()) if self.path.is_file() else []
        return entries[0] if entries else {}


def actor() -> dict[str, object]:
    """Return who acts: the user of this machine, the machine, the process, and the program."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    program = f"samd-validate {__version__}"
    return {"user": user, "host": platform.node(), "process": os.getpid(), "program": program}


def _after(state: ChainState, line: bytes) -> ChainState:
    (entry,) = entries_of(line + b"\n")
    return replace(
        state,
        head=digest_bytes(line),
        entries=state.entries + 1,
        last_time=str(entry["time_utc"]),
    )


def _broken(path: Path, state: ChainState) -> Problem:
    return Problem(
        where=f"{path.parent.name}/{path.name}",
        found=f"line {state.broken_at} that does not follow from the one before it",
        expected="the audit trail as the interrupted run left it",
        todo="run again without --resume; what there is stays in a folder named .stopped",
    )
