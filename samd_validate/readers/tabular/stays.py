"""The table of stays: which are kept, their outcome, and what is known of them at the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.cohort import FlowRow
from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.readers.events.choose import kept_stays
from samd_validate.readers.events.columns import Kind
from samd_validate.readers.events.offsets import origin
from samd_validate.readers.events.people import age_bands, text_column
from samd_validate.readers.events.tables import Table, TableShape
from samd_validate.readers.tabular.params import StaysParams

if TYPE_CHECKING:
    import polars as pl


def stays_shape(params: StaysParams) -> TableShape:
    """Return the columns the table of stays must have."""
    columns: dict[str, Kind] = {params.unit_id: "word", params.label: "cell"}
    columns |= {name: "word" for name in (params.patient_id, params.site) if name}
    columns |= {group.column: "word" for group in params.groups.values()}
    columns |= dict.fromkeys(params.numbers.values(), "cell")
    if params.stay_hours:
        columns[params.stay_hours] = "cell"
    if params.index_time:
        columns[params.index_time] = "time"
    return TableShape(place=without_ending(params.table), columns=columns)


def without_ending(name: str) -> str:
    """Return the name of a table without the ending of its form.

    >>> without_ending("stays.csv.gz"), without_ending("stays")
    ('stays', 'stays')
    """
    for ending in (".csv.gz", ".csv", ".parquet"):
        name = name.removesuffix(ending)
    return name


def read_stays(
    table: Table, params: StaysParams, dataset: str, window_hours: float
) -> tuple[pl.DataFrame, pl.Series, list[FlowRow]]:
    """Return the stays kept, sorted by id; the ids of all; and the counted flow.

    Raises
    ------
    CannotRun
        With every fault of ids and labels, and if no stay, or none with the event, is left.
    """
    import polars as pl

    raw = table.read()
    gather(_faults(table, raw, params))
    patient = pl.col(params.patient_id) if params.patient_id else pl.col(params.unit_id)
    named = raw.select(
        pl.all().name.prefix("file:"),
        unit_id=pl.col(params.unit_id),
        patient_id=patient,
        site=pl.col(params.site) if params.site else pl.lit(dataset),
        label=pl.col(params.label),
        intime=pl.col(params.index_time) if params.index_time else origin(),
        stay_hours=pl.col(params.stay_hours) if params.stay_hours else pl.lit(float("inf")),
    )
    kept, flow = kept_stays(named, _exclusions(window_hours), f"in the table {table.shape.place}")
    if not kept["label"].cast(pl.Boolean).any():
        raise CannotRun(_fault(table, f"no positive label in {kept.height} stays", "both outcomes"))
    number = pl.col("unit_index").cast(pl.Int64)
    ordered = kept.sort("unit_id").with_row_index("unit_index")
    return ordered.with_columns(subject_id=number, stay_id=number), named["unit_id"], flow


def _exclusions(window_hours: float) -> list[tuple[str, pl.Expr]]:
    import polars as pl

    return [
        ("without a label", pl.col("label").is_null()),
        ("without an index time", pl.col("intime").is_null()),
        ("of unknown length", ~pl.col("stay_hours").is_not_nan().fill_null(False)),
        (f"shorter than {window_hours:g} h", pl.col("stay_hours") < window_hours),
    ]


def _faults(table: Table, raw: pl.DataFrame, params: StaysParams) -> list[Problem]:
    import polars as pl

    problems = []
    ids = [name for name in (params.unit_id, params.patient_id, params.site) if name]
    for name in dict.fromkeys(ids):
        empty = raw[name].null_count()
        if empty:
            found = f"no value in column {name!r} in {empty} rows"
            problems.append(_fault(table, found, "an id in every row"))
    known = raw[params.unit_id].drop_nulls()
    double = known.len() - known.n_unique()
    if double:
        found = f"{double} rows with a {params.unit_id!r} seen before"
        problems.append(_fault(table, found, "each stay once"))
    wrong = raw.filter(pl.col(params.label).is_not_null() & ~pl.col(params.label).is_in([0.0, 1.0]))
    if wrong.height:
        found = f"something else than 0 or 1 in column {params.label!r} in {wrong.height} rows"
        problems.append(_fault(table, found, "0, 1, or nothing where it is not known"))
    return problems


def groups_of(stays: pl.DataFrame, params: StaysParams) -> dict[str, Column]:
    """Return the groups in the words of the cohort; age bands are made if there is an age."""
    columns = {}
    if "age_years" in params.numbers and "age_band" not in params.groups:
        columns["age_band"] = age_bands(numbers_of(stays, params)["age_years"])
    for name, group in params.groups.items():
        column = stays[f"file:{group.column}"].replace(group.words)
        columns[name] = text_column(column)
    return columns


def numbers_of(stays: pl.DataFrame, params: StaysParams) -> dict[str, FloatArray]:
    """Return the numbers; what is missing, infinite or no number is NaN."""
    columns = {}
    for name, column in params.numbers.items():
        value = stays[f"file:{column}"].to_numpy().astype(np.float64)
        columns[name] = np.where(np.isfinite(value), value, np.nan)
    return columns


def _fault(table: Table, found: str, expected: str) -> Problem:
    todo = "correct the file at its source, or the columns in the data set's params"
    return Problem(where=table.name, found=found, expected=expected, todo=todo)
