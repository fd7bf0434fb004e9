"""What a step of an interrupted run gave: JSON."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from samd_validate.core.finding import CheckOutput
from samd_validate.evidence.steps import StepStore

from . import file_of

KEY = {"step": "s"}


@cache
def name() -> str:
    return whole()[0]


@cache
def whole() -> tuple[str, bytes]:
    with tempfile.TemporaryDirectory() as place:
        StepStore(Path(place), {}).put("s", KEY, CheckOutput(findings=()))
        (path,) = Path(place).iterdir()
        return path.name, path.read_bytes()


def read(content: bytes) -> None:
    with file_of(content, name()) as path:
        StepStore(path.parent, {}).get("s", KEY)


def seeds() -> tuple[bytes, ...]:
    return (whole()[1],)
