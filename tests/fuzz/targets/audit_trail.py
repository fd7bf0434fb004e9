"""The audit trail of a bundle: lines of canonical JSON."""

from __future__ import annotations

from datetime import UTC, datetime

from samd_validate.evidence.chain import entries_of, next_line, read_chain


def read(content: bytes) -> None:
    read_chain(content)
    entries_of(content)


def seeds() -> tuple[bytes, ...]:
    whole, moment = b"", datetime(2026, 1, 2, tzinfo=UTC)
    for action in ("opened", "planned", "sealed"):
        whole += next_line(read_chain(whole), {"action": action}, moment) + b"\n"
    return (whole,)
