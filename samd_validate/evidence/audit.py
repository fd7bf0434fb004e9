"""The audit trail: one line per act, each carrying the digest of the line before it."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from samd_validate.core.canonical import canonical_bytes, digest_bytes

TRAIL_FILE = "audit.jsonl"
START = "sha256:" + "0" * 64


class AuditTrail:
    """An append-only file of canonical JSON lines, written through to the disk at once.

    Clock times, people and machines are named here and nowhere else in a bundle. A chain shows a
    changed line, not a cut tail: that is why the manifest holds the head.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.head = START
        self.entries = 0

    def record(self, action: str, **details: object) -> None:
        """Append one act, with what it concerned (digests and counts, never a patient's value)."""
        line = canonical_bytes(
            {
                "n": self.entries + 1,
                "time_utc": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "actor": _actor(),
                "action": action,
                "details": details,
                "previous": self.head,
            }
        )
        with self.path.open("ab") as file:
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self.head = digest_bytes(line)
        self.entries += 1


def _actor() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


@dataclass(frozen=True, kw_only=True)
class ChainState:
    """What reading a trail from its first line found: the head, or the first broken line."""

    head: str
    entries: int
    broken_at: int | None


def read_chain(content: bytes) -> ChainState:
    """Follow the chain of a trail from its first line.

    >>> read_chain(b"").entries
    0
    """
    head, number = START, 0
    for line in content.splitlines():
        number += 1
        entry = _entry(line)
        if entry.get("previous") != head or entry.get("n") != number:
            return ChainState(head=head, entries=number - 1, broken_at=number)
        head = digest_bytes(line)
    return ChainState(head=head, entries=number, broken_at=None)


def _entry(line: bytes) -> Mapping[str, object]:
    try:
        entry = json.loads(line)
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return entry if isinstance(entry, dict) else {}
