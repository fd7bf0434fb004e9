"""The lock of a protocol: JSON beside it."""

from __future__ import annotations

from contextlib import suppress

from samd_validate.core.canonical import canonical_bytes, digest
from samd_validate.core.errors import CannotRun
from samd_validate.protocol.lock import load_lock

from . import file_of


def read(content: bytes) -> None:
    with suppress(CannotRun), file_of(content, "p.lock.json") as path:
        load_lock(path)


def seeds() -> tuple[bytes, ...]:
    promised = {"id": "p", "seed": 1}
    lock = {
        "schema_version": 1,
        "protocol_id": "p",
        "version": "1.0.0",
        "protocol_digest": digest(promised),
        "source_digest": f"sha256:{'0' * 64}",
        "recipes": {},
        "content": promised,
        "locked_at": "2026-01-02T03:04:05.678+00:00",
        "signer": {"name": "Ada", "role": "author", "meaning": "authorship"},
        "software_version": "1",
    }
    return (canonical_bytes(lock),)
