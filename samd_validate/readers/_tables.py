"""Tables from CSV, gzipped CSV and Parquet, as text columns; every fault told in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.core.cohort import SourceFile
from samd_validate.core.errors import CannotRun, Problem, did_you_mean, gather
from samd_validate.core.parquet import parquet_file
from samd_validate.readers._files import source_file
from samd_validate.readers._packed import PacksTooMuch, gunzipped

SHOWN_LINES = 5
MOST_COLUMNS, MOST_CELLS = 20_000, 400_000_000


class TextTable:
    """The named columns of a file as text, and the file's digest; empty text is missing.

    ``is_trimmed`` drops commas at the ends of lines, of which a spreadsheet may leave some lines
    more than others.
    """

    def __init__(self, path: Path, columns: Iterable[str], *, is_trimmed: bool = False) -> None:
        wanted = list(dict.fromkeys(columns))
        content = _content(path)
        self.file: SourceFile = source_file(path, content)
        self.name = path.name
        table = _parsed(path, content, is_trimmed=is_trimmed)
        lacking = [column for column in wanted if column not in table.column_names]
        if lacking:
            raise CannotRun(*(_lacking(path, column, table.column_names) for column in lacking))
        gather([_doubled(path, one) for one in wanted if table.column_names.count(one) > 1])
        self._columns = {column: _text(table.column(column)) for column in wanted}
        self.size = int(table.num_rows)

    def text(self, column: str) -> Column:
        """Return a column as text ``(n,)``."""
        return self._columns[column]

    def numbers(self, column: str) -> FloatArray:
        """Return a column as numbers ``(n,)``; what is no number is NaN."""
        import pandas as pd

        cells = pd.Series(self._columns[column], dtype=object)
        return np.asarray(pd.to_numeric(cells, errors="coerce"), dtype=np.float64)

    def refuse(self, column: str, wrong: BoolArray, found: str, expected: str) -> list[Problem]:
        """Return a problem that counts the wrong rows and names the first lines, no values."""
        if not wrong.any():
            return []
        lines = [str(row + 2) for row in np.flatnonzero(wrong)[:SHOWN_LINES].tolist()]
        more = ", ..." if int(wrong.sum()) > SHOWN_LINES else ""
        return [
            Problem(
                where=f"{self.name}, column {column!r}",
                found=f"{found} in {int(wrong.sum())} rows (lines {', '.join(lines)}{more})",
                expected=expected,
                todo="correct these rows at their source",
            )
        ]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        found = (error.strerror or "unreadable").lower()
        raise CannotRun(_unreadable(path, found)) from None


def _parsed(path: Path, content: bytes, *, is_trimmed: bool) -> Any:
    import zlib

    import pyarrow as pa

    try:
        if path.suffix == ".parquet":
            return _of_parquet(content)
        plain = gunzipped(content) if path.suffix == ".gz" else content
        return _of_csv(_trimmed(plain) if is_trimmed else plain)
    except UnicodeDecodeError:
        raise CannotRun(_unreadable(path, "bytes that are not UTF-8")) from None
    except (_TooLarge, PacksTooMuch) as error:
        raise CannotRun(_unreadable(path, str(error))) from None
    except (pa.ArrowException, EOFError, zlib.error, OSError) as error:
        words = _without_cells(str(error)) if isinstance(error, pa.ArrowInvalid) else ""
        found = "an empty file" if not content else f"a damaged or truncated file {words}"
        raise CannotRun(_unreadable(path, found.strip())) from None


class _TooLarge(Exception):
    """A table of more columns or cells than is read; the message says of how many."""


def _of_parquet(content: bytes) -> Any:
    file = parquet_file(content)
    n_rows, n_columns = file.metadata.num_rows, file.metadata.num_columns
    if n_columns > MOST_COLUMNS or n_rows * n_columns > MOST_CELLS:
        raise _TooLarge(f"{n_rows} rows and {n_columns} columns, more than is read")
    table = file.read()
    table.validate(full=True)  # text that is not UTF-8 is found here, and not cell by cell
    return table


def _of_csv(plain: bytes) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    n_columns = 1 + plain.partition(b"\n")[0].count(b",")
    if n_columns > MOST_COLUMNS:
        raise _TooLarge(f"{n_columns} columns, more than is read")
    names = csv.open_csv(pa.BufferReader(plain)).schema.names
    options = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
    )
    return csv.read_csv(pa.BufferReader(plain), convert_options=options)


def _without_cells(words: str) -> str:
    """Return what the parser says of a file, without the line of a patient that it quotes.

    >>> _without_cells("CSV parse error: Expected 3 columns, got 2: Doe John,1950")
    'CSV parse error: Expected 3 columns, got 2'
    """
    counts = re.match(r".*?Expected \d+ columns, got \d+", words)
    return counts[0] if counts else words.splitlines()[0][:60]


def _trimmed(plain: bytes) -> bytes:
    return b"".join(line.rstrip(b",") + b"\n" for line in plain.splitlines())


def _text(column: Any) -> Column:
    import pyarrow as pa

    if not pa.types.is_string(column.type):
        cells = ["" if cell is None else str(cell) for cell in column.to_pylist()]
        return np.array(cells, dtype=np.str_)
    return np.asarray(column.fill_null("").to_numpy(), dtype=np.str_)


def _lacking(path: Path, column: str, names: list[str]) -> Problem:
    return Problem(
        where=path.name,
        found=f"no column {column!r}",
        expected=did_you_mean(column, names),
        todo="correct the file, or the column names in the protocol's params",
    )


def _doubled(path: Path, column: str) -> Problem:
    return Problem(
        where=path.name,
        found=f"the column {column!r} more than once",
        expected="each column once",
        todo="correct the file, so that nobody has to guess which of them is meant",
    )


def _unreadable(path: Path, found: str) -> Problem:
    return Problem(
        where=path.name,
        found=found,
        expected="a readable CSV, gzipped CSV or Parquet file",
        todo="check the path given with --dataset, and the file",
    )
