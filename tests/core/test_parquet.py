"""Parquet files whose footer tells of other rows than they hold are refused before any is read."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from samd_validate.core.parquet import parquet_file

ODD = Path(__file__).parents[1] / "fuzz" / "found" / "stored_parquet-2.bin"


def test_group_that_claims_a_hundred_thousand_million_rows_is_refused() -> None:
    with pytest.raises(pa.ArrowInvalid, match="numbers of rows"):
        parquet_file(ODD.read_bytes())


def test_lists_and_missing_cells_in_several_groups_are_no_fault() -> None:
    table = pa.table({"a": [1, None, 3, 4, 5], "b": [[1, 2], [], None, [3], [4, 5, 6]]})
    sink = BytesIO()
    parquet.write_table(table, sink, row_group_size=2)
    assert parquet_file(sink.getvalue()).read().equals(table)


def test_table_without_rows_is_no_fault() -> None:
    sink = BytesIO()
    parquet.write_table(pa.table({"a": pa.array([], pa.int64())}), sink)
    assert parquet_file(sink.getvalue()).read().num_rows == 0
