"""Lines of canonical JSON of which each carries the digest of the line before it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from samd_validate.core.canonical import canonical_bytes, digest_bytes

START = "sha256:" + "0" * 64
"""What stands for the line before the first."""


@dataclass(frozen=True, kw_only=True)
class ChainState:
    """What reading a chain from its first line found: the head, or the first broken line.

    ``torn`` are the bytes after the last line that was ended; a whole chain has none.
    ``clock_steps`` counts the lines that say of themselves that the clock had gone back.
    """

    head: str
    entries: int
    broken_at: int | None
    last_time: str = ""
    torn: bytes = b""
    clock_steps: int = 0

    @property
    def is_whole(self) -> bool:
        """Return whether every line follows from the last and none is cut."""
        return self.broken_at is None and not self.torn


def now_utc() -> datetime:
    """Return the time of this machine's clock."""
    return datetime.now(UTC)


def next_line(state: ChainState, content: Mapping[str, object], now: datetime) -> bytes:
    """Return the line that follows a chain.

    The time is as the clock gave it. Where that lies before the time of the last line it is kept
    all the same, and ``clock_went_back_from`` says so: a clock is recorded, never corrected.
    """
    time = now.astimezone(UTC).isoformat(timespec="milliseconds")
    return canonical_bytes(
        {
            **content,
            "n": state.entries + 1,
            "time_utc": time,
            "clock_went_back_from": state.last_time if time < state.last_time else None,
            "previous": state.head,
        }
    )


def read_chain(content: bytes) -> ChainState:
    """Follow a chain from its first line.

    A line is broken if it is not canonical JSON, has another number than its place, names
    another line before it, or lies earlier than that line without saying that the clock went back.

    >>> read_chain(b"").entries
    0
    """
    state = ChainState(head=START, entries=0, broken_at=None)
    *lines, torn = content.split(b"\n")
    for line in lines:
        entry = _entry(line)
        if not _follows(entry, state):
            return ChainState(
                head=state.head, entries=state.entries, broken_at=state.entries + 1, torn=torn
            )
        state = ChainState(
            head=digest_bytes(line),
            entries=state.entries + 1,
            broken_at=None,
            last_time=str(entry["time_utc"]),
            clock_steps=state.clock_steps + (entry["clock_went_back_from"] is not None),
        )
    broken = state.entries + 1 if torn else None
    return ChainState(**{**vars(state), "torn": torn, "broken_at": broken})


def entries_of(content: bytes) -> list[Mapping[str, object]]:
    """Return the entries of the lines that were ended, in their order."""
    return [_entry(line) for line in content.split(b"\n")[:-1]]


def _follows(entry: Mapping[str, object], state: ChainState) -> bool:
    time = entry.get("time_utc")
    if not isinstance(time, str) or "clock_went_back_from" not in entry:
        return False
    back = state.last_time if time < state.last_time else None
    follows = entry.get("previous") == state.head and entry.get("n") == state.entries + 1
    return follows and entry["clock_went_back_from"] == back


def _entry(line: bytes) -> Mapping[str, object]:
    """Return a line as a mapping; empty if it is not the canonical form of one."""
    try:
        entry = json.loads(line)
        is_canonical = isinstance(entry, dict) and canonical_bytes(entry) == line
    except (ValueError, TypeError, RecursionError):  # a number or depth that is not written here
        return {}
    return entry if is_canonical else {}
