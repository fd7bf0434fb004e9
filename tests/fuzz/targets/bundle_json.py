"""The files of a bundle: the first byte says which of them the others stand for."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from small_evidence import sealed_run

from samd_validate.core.errors import CannotRun
from samd_validate.evidence.bundle import read_bundle
from samd_validate.evidence.verify import verify

from . import MEMORY

NAMES = (
    *("manifest.json", "findings.json", "verdicts.json", "criteria.json", "cohorts.json"),
    *("steps.json", "run.json", "protocol.json", "environment.json", "protocol.yaml"),
    *("tables/order.json", "tables/t.json", "figures/order.json", "audit.jsonl"),
)


@cache
def whole() -> Path:
    place = Path(tempfile.mkdtemp(prefix="samd-validate-fuzz-", dir=MEMORY))
    atexit.register(shutil.rmtree, place)
    folder = sealed_run(place)
    (folder / "looks.json").write_bytes(b"{}")
    return folder


def read(content: bytes) -> None:
    if not content:
        return
    path = whole() / NAMES[content[0] % len(NAMES)]
    before = path.read_bytes()
    try:
        path.write_bytes(content[1:])
        with suppress(CannotRun):
            read_bundle(whole())
        verify(whole())
    finally:
        path.write_bytes(before)


def seeds() -> tuple[bytes, ...]:
    return tuple(bytes([n]) + (whole() / name).read_bytes() for n, name in enumerate(NAMES))
