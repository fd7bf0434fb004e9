"""Predictions of a device: Parquet."""

from __future__ import annotations

import io

from .predictions_csv import ROWS, read_named


def read(content: bytes) -> None:
    read_named(content, "p.parquet")


def parquet_of(rows: bytes, **options: object) -> bytes:
    from pyarrow import csv, parquet

    sink = io.BytesIO()
    parquet.write_table(csv.read_csv(io.BytesIO(rows)), sink, **options)
    return sink.getvalue()


def seeds() -> tuple[bytes, ...]:
    plain = parquet_of(ROWS, compression="none", use_dictionary=False)
    return (plain, parquet_of(ROWS, compression="zstd"), parquet_of(ROWS, version="1.0"))
