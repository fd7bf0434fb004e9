"""The ledger of looks at test labels: a file that several people write into."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

from samd_validate.evidence.chain import next_line, read_chain
from samd_validate.evidence.ledger import (
    LEDGER_FILE,
    SCORED,
    LedgerNotAvailable,
    Scoring,
    note_looks,
    readings_of,
)

from . import file_of
from .stored_parquet import population

SCORING = Scoring(run="r", protocol="p", version="1.0.0", digest="sha256:0", is_locked=False)


def read(content: bytes) -> None:
    """Read the bytes as a ledger, and as one entry of a whole one."""
    read_file(content)
    try:
        entry = json.loads(content)
        line = next_line(read_chain(b""), entry, datetime(2026, 1, 2, tzinfo=UTC))
    except (ValueError, TypeError, RecursionError):  # no entry that a chain can have
        return
    read_file(line + b"\n")


def read_file(content: bytes) -> None:
    with suppress(LedgerNotAvailable), file_of(content, LEDGER_FILE) as path:
        readings_of(path.parent, "p")
        note_looks(path.parent, SCORING, [population()])


def seeds() -> tuple[bytes, ...]:
    entry = {
        "action": SCORED,
        "run": "q",
        "protocol": "p",
        "version": "1.0.0",
        "digest": "sha256:1",
        "is_locked": True,
        "labels": "sha256:2",
        "fingerprint": "f",
        "dataset": "d",
    }
    line = next_line(read_chain(b""), entry, datetime(2026, 1, 2, tzinfo=UTC))
    return (line + b"\n", json.dumps(entry).encode())
