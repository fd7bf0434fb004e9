"""Tables of a health record as distributed: Parquet."""

from __future__ import annotations

from .events_csv import ROWS, read_named
from .predictions_parquet import parquet_of


def read(content: bytes) -> None:
    read_named(content, "stays.parquet")


def seeds() -> tuple[bytes, ...]:
    return (parquet_of(ROWS), parquet_of(ROWS, compression="none", use_dictionary=False))
