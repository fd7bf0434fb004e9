"""Requirements from a spreadsheet: CSV."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

from samd_validate.core.errors import CannotRun
from samd_validate.protocol.folders import shipped
from samd_validate.trace.exchange import requirements_csv, requirements_from_csv
from samd_validate.trace.requirements import Requirements, load_requirements


@cache
def catalogue() -> Requirements:
    return load_requirements(shipped("traceability"))


def read(content: bytes) -> None:
    with suppress(CannotRun):
        requirements_from_csv(content, "requirements.csv", catalogue())


def seeds() -> tuple[bytes, ...]:
    first = list(catalogue().requirements.values())[:2]
    return (requirements_csv(first),)
