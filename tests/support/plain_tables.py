"""Plain tables of a hospital that does not exist: stays and their values, as text."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.table_file import table_file
from samd_validate.readers.tabular.params import TableFileParams

STAYS = {
    "unit_id": ["b", "a", "c"],
    "patient_id": ["p1", "p2", "p2"],
    "site": ["North", "South", "South"],
    "label": ["1", "0", "0"],
    "age": ["70", "", "33"],
    "gender": ["F", "M", None],
}
COLUMNS = ("unit_id", "time", "variable", "value", "unit")
HEART = ("b", "0.5", "heart_rate", "80", None)
Row = tuple[str | None, ...]


def frame(rows: Sequence[Row], columns: Sequence[str] = COLUMNS) -> pl.DataFrame:
    """Return rows of text as a table."""
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def written(
    place: Path, stays: pl.DataFrame, values: pl.DataFrame | None = None, form: str = ".csv"
) -> Path:
    """Write the tables in one of the forms."""
    place.mkdir(parents=True, exist_ok=True)
    for name, table in (("stays", stays), ("values", values)):
        if table is None:
            continue
        path = place / f"{name}{form}"
        if form == ".parquet":
            table.write_parquet(path)
        elif form == ".csv":
            table.write_csv(path)
        else:
            path.write_bytes(gzip.compress(table.write_csv().encode()))
    return place


def read(place: Path | None, window_hours: float = 48, **params: object) -> Cohort:
    """Read the tables; the layout is long if nothing else is said."""
    request = ReadRequest(
        dataset="mine", place=str(place) if place else None, seed=0, window_hours=window_hours
    )
    chosen = TableFileParams.model_validate({"layout": "long"} | params)
    cohort: Cohort = table_file.run(request, chosen)
    return cohort


def same(left: Cohort, right: Cohort) -> bool:
    """Return whether two cohorts hold the same to the byte, but for where they came from."""
    a, b = left.series, right.series
    assert a is not None
    assert b is not None
    names = ("unit_index", "variable_index", "time_hours", "value")
    series = all(getattr(a, n).tobytes() == getattr(b, n).tobytes() for n in names)
    people = all(
        getattr(left, n).tolist() == getattr(right, n).tolist()
        for n in ("unit_id", "patient_id", "site", "label")
    )
    known = repr((left.groups, left.numbers)) == repr((right.groups, right.numbers))
    return series and people and known and a.variables == b.variables
