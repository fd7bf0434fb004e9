"""Parquet files of anybody, opened: what their footer tells is held against itself first."""

from __future__ import annotations

from typing import Any


def parquet_file(content: bytes) -> Any:
    """Return an opened Parquet file, of which nothing but the footer was read.

    Memory is set aside by the rows that a group claims, so that a changed byte could ask for any.

    Raises
    ------
    pyarrow.ArrowInvalid
        If it is no Parquet file, or groups, columns and file tell of different numbers of rows.
    """
    import pyarrow as pa
    from pyarrow import parquet

    file = parquet.ParquetFile(pa.BufferReader(content))
    told = file.metadata
    groups = [told.row_group(place) for place in range(told.num_row_groups)]
    flat = [
        place
        for place in range(told.num_columns)
        if file.schema.column(place).max_repetition_level == 0
    ]
    is_odd = any(
        group.column(place).num_values != group.num_rows for group in groups for place in flat
    )
    if is_odd or sum(group.num_rows for group in groups) != told.num_rows:
        raise pa.ArrowInvalid("Parquet: different numbers of rows in one file")
    return file
