"""The table of values as events of the stays, whichever of the two layouts it has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from samd_validate.readers.events.columns import Kind
from samd_validate.readers.events.hourly import unpivoted
from samd_validate.readers.events.offsets import at_hours
from samd_validate.readers.events.tables import Table, TableShape, told
from samd_validate.readers.events.ways import Events
from samd_validate.readers.tabular.params import ValuesParams
from samd_validate.readers.tabular.stays import without_ending
from samd_validate.readers.tabular.variables import VALUES

if TYPE_CHECKING:
    import polars as pl

PER_HOUR = {"hours": 1, "minutes": 60}


def long_shape(params: ValuesParams) -> TableShape:
    """Return the columns a long table must have."""
    is_calendar = params.time_unit == "datetime"
    time: Kind = "time" if is_calendar else "cell"
    columns: dict[str, Kind] = {
        params.unit_id: "word",
        params.time: time,
        params.variable: "word",
        params.value: "cell",
    }
    if params.unit:
        columns[params.unit] = "word"
    if params.stored:
        columns[params.stored] = time
    return TableShape(place=without_ending(params.table), columns=columns)


def hourly_shape(params: ValuesParams, items: Sequence[str]) -> TableShape:
    """Return the columns a table with a row per stay and hour must have."""
    columns: dict[str, Kind] = {params.unit_id: "word", params.time: "cell"}
    columns |= dict.fromkeys(items, "cell")
    return TableShape(place=without_ending(params.table), columns=columns)


def long_rows(table: Table, params: ValuesParams) -> pl.LazyFrame:
    """Return unit, key, charted, stored, value and unit of each row of a long table."""
    import polars as pl

    def time(name: str) -> pl.Expr:
        if params.time_unit == "datetime":
            return pl.col(name)
        return at_hours(pl.col(name) / PER_HOUR[params.time_unit])

    none = pl.lit(None, dtype=pl.Datetime("us"))
    return table.parsed(table.scan()).select(
        unit_id=pl.col(params.unit_id),
        key=pl.col(params.variable),
        charted=time(params.time),
        stored=time(params.stored) if params.stored else none,
        value=pl.col(params.value),
        unit=pl.col(params.unit) if params.unit else pl.lit(None, dtype=pl.String),
    )


def hourly_rows(table: Table, params: ValuesParams, items: Sequence[str]) -> pl.LazyFrame:
    """Return the same of each cell that is not empty of a table with a column per variable."""
    return unpivoted(table.scan(), params.unit_id, params.time, items)


def spooled(rows: pl.LazyFrame, table: Table, folder: Path) -> pl.LazyFrame:
    """Return the rows as a scan of Parquet in a folder, so that a text table is read once."""
    import polars as pl

    path = folder / "rows.parquet"
    with told(table):
        rows.sink_parquet(path, compression="lz4")
    return pl.scan_parquet(path)


def events_of(rows: pl.LazyFrame, stays: pl.DataFrame, items: Sequence[str]) -> Events:
    """Return the rows of the stays and items as events that are matched by the stay's number."""
    import polars as pl

    own = stays.lazy().select("unit_id", "subject_id", match=pl.col("stay_id"))
    named = rows.filter(pl.col("key").is_in(list(items))).join(own, on="unit_id")
    return Events(table=VALUES, by="stay_id", frame=named)


def row_counts(rows: pl.LazyFrame, ids: pl.Series, items: Sequence[str]) -> dict[str, int]:
    """Return how many rows name no stay that is known, and how many no variable asked for."""
    import polars as pl

    is_known = pl.col("unit_id").is_in(ids.unique().to_list()).fill_null(False)
    is_asked = pl.col("key").is_in(list(items)).fill_null(False)
    unknown, other = (
        rows.select((~is_known).sum().alias("unknown"), (is_known & ~is_asked).sum().alias("other"))
        .collect(engine="streaming")
        .row(0)
    )
    return {
        "of stays that the table of stays does not have, not used": unknown,
        "of variables that are not asked for, not used": other,
    }
