"""Tables of a health record as distributed: CSV."""

from __future__ import annotations

from contextlib import suppress

from samd_validate.core.errors import CannotRun
from samd_validate.readers.events.tables import TableShape, find_tables

from . import file_of

SHAPE = TableShape(
    place="stays", columns={"stay": "id", "value": "number", "intime": "time", "unit": "text"}
)
ROWS = b"""\
stay,value,intime,unit
1,2.5,2120-01-02 03:04:05,kg
2,,2120-01-02 03:04:05,"k,g"
"""


def read_named(content: bytes, name: str) -> None:
    with suppress(CannotRun), file_of(content, name) as path:
        find_tables(path.parent, (SHAPE,))["stays"].read()


def read(content: bytes) -> None:
    read_named(content, "stays.csv")


def seeds() -> tuple[bytes, ...]:
    return (ROWS, ROWS.replace(b"\n", b"\r\n"))
