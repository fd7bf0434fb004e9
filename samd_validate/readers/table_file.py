"""Plain tables: stays and their measurements as CSV or Parquet, whoever wrote them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from samd_validate.core.canonical import digest
from samd_validate.core.cohort import Cohort, FlowRow, Provenance, TimeSeries
from samd_validate.core.errors import CannotRun, gather
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.readers._files import bound_folder
from samd_validate.readers.events.account import harmonisation, nothing_measured, value_rows
from samd_validate.readers.events.bins import Binning, Tally, binned
from samd_validate.readers.events.dictionary import Dictionary, shipped_dictionary
from samd_validate.readers.events.people import not_recorded, text_column
from samd_validate.readers.events.tables import Table, attempt, find_tables
from samd_validate.readers.tabular.params import TableFileParams
from samd_validate.readers.tabular.stays import groups_of, numbers_of, read_stays, stays_shape
from samd_validate.readers.tabular.values import (
    events_of,
    hourly_rows,
    hourly_shape,
    long_rows,
    long_shape,
    row_counts,
    spooled,
)
from samd_validate.readers.tabular.variables import SOURCE, dictionary_of

if TYPE_CHECKING:
    import polars as pl

UNITS = {"age_years": "years", "height_cm": "cm", "weight_kg": "kg"}


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a table of values gave: the series, its account, and rows for the cohort flow."""

    series: TimeSeries
    plan: Binning
    tally: Tally
    rows: dict[str, int]


@reader(SOURCE, version=1, params=TableFileParams)
def table_file(request: ReadRequest, params: TableFileParams) -> Cohort:
    """Read stays and their measurements from plain tables, CSV or Parquet.

    ``long`` has one row per measurement, ``wide_hourly`` one per stay and hour with a column per
    variable, ``wide`` one per stay and no series. Names and units of the file are led to those of
    the variable dictionary; a variable it does not know is declared in the protocol with unit and
    limits. Only values of the window that were stored by its end are used; every excluded stay
    and every value not used is counted in the cohort flow, and the conversions are the attachment
    ``harmonisation_<data set>``. See docs/methods/table_file.md.
    """
    stays_table, values_table, dictionary = _tables(_place(request), params)
    request.progress(f"reading {request.dataset}", 0.1)
    stays, ids, flow = read_stays(stays_table, params.stays, request.dataset, request.window_hours)
    if values_table is None:
        return _cohort(request, params, stays, flow, (stays_table,), None)
    measured = _measured(request, params, values_table, dictionary, stays, ids)
    return _cohort(request, params, stays, flow, (stays_table, values_table), measured)


def _place(request: ReadRequest) -> Path:
    return bound_folder(
        request,
        expected="the folder in which the tables lie",
        source="NAME",
    )


def _tables(place: Path, params: TableFileParams) -> tuple[Table, Table | None, Dictionary]:
    """Return the tables and what their variables are, or the problems of all of it."""
    stays, stay_problems = attempt(lambda: find_tables(place, (stays_shape(params.stays),)))
    values, value_problems = attempt(lambda: _values_table(place, params))
    gather([*stay_problems, *value_problems])
    assert stays is not None  # noqa: S101 - or its problems were raised
    assert values is not None  # noqa: S101
    (table,) = stays.values()
    return table, *values


def _values_table(place: Path, params: TableFileParams) -> tuple[Table | None, Dictionary]:
    shipped = shipped_dictionary()
    if params.layout == "wide":
        return None, shipped
    columns: tuple[str, ...] = ()
    if params.layout == "long":
        shape = long_shape(params.values)
    else:
        shape = hourly_shape(params.values, ())
        if params.variables is None:
            (found,) = find_tables(place, (shape,)).values()
            columns = found.column_names()
    dictionary = dictionary_of(shipped, params.variables, columns)
    if params.layout == "wide_hourly":
        shape = hourly_shape(params.values, _items(dictionary))
    (table,) = find_tables(place, (shape,)).values()
    return table, dictionary


def _items(dictionary: Dictionary) -> list[str]:
    found = (str(item.key) for one in dictionary.variables for item in one.sources[SOURCE])
    return list(dict.fromkeys(found))


def _measured(
    request: ReadRequest,
    params: TableFileParams,
    table: Table,
    dictionary: Dictionary,
    stays: pl.DataFrame,
    ids: pl.Series,
) -> Measured:
    plan = Binning(
        dictionary=dictionary,
        source=SOURCE,
        variables=dictionary.variables,
        window_minutes=round(60 * request.window_hours),
        bin_minutes=params.bin_minutes,
    )
    items = _items(dictionary)
    with tempfile.TemporaryDirectory() as folder:
        rows = spooled(_rows(table, params, items), table, Path(folder))
        request.progress(f"reading {request.dataset}", 0.6)
        counts = row_counts(rows, ids, items)
        series, tally = binned(stays, [events_of(rows, stays, items)], plan)
    request.progress(f"reading {request.dataset}", 1.0)
    if series.value.size == 0:
        raise CannotRun(nothing_measured(request.dataset, plan))
    return Measured(series=series, plan=plan, tally=tally, rows=counts)


def _rows(table: Table, params: TableFileParams, items: Sequence[str]) -> pl.LazyFrame:
    if params.layout == "long":
        return long_rows(table, params.values)
    return hourly_rows(table, params.values, items)


def _cohort(
    request: ReadRequest,
    params: TableFileParams,
    stays: pl.DataFrame,
    flow: list[FlowRow],
    tables: Sequence[Table],
    measured: Measured | None,
) -> Cohort:
    groups = groups_of(stays, params.stays)
    numbers = numbers_of(stays, params.stays)
    rows = not_recorded(groups, numbers)
    attachments = {}
    if measured is not None:
        rows += _value_rows(stays.height, measured)
        account = harmonisation(measured.plan, measured.tally)
        attachments[f"harmonisation_{request.dataset}"] = account
    return Cohort(
        name=request.dataset,
        unit_id=text_column(stays["unit_id"]),
        patient_id=text_column(stays["patient_id"]),
        site=text_column(stays["site"]),
        label=stays["label"].to_numpy(),
        groups=groups,
        numbers=numbers,
        units={name: UNITS[name] for name in numbers if name in UNITS},
        series=measured.series if measured else _no_series(request.window_hours),
        flow=(*flow, *rows, FlowRow(kind="kept", reason="in the cohort", count=stays.height)),
        provenance=_provenance(request, params, tables),
        attachments=attachments,
    )


def _no_series(window_hours: float) -> TimeSeries:
    """Return a series of no variables, so that models learn from numbers and groups alone."""
    none = np.zeros(0)
    return TimeSeries(
        variables=(),
        unit_index=none,
        time_hours=none,
        variable_index=none,
        value=none,
        window_hours=window_hours,
    )


def _value_rows(n: int, measured: Measured) -> list[FlowRow]:
    empty = n - len(set(measured.series.unit_index.tolist()))
    rows = [FlowRow(kind="handled", reason="without any usable measurement, kept", count=empty)]
    rows += [
        FlowRow(kind="handled", reason=reason, count=count, counted="values")
        for reason, count in measured.rows.items()
    ]
    return [*rows, *value_rows(measured.tally)]


def _provenance(
    request: ReadRequest, params: TableFileParams, tables: Sequence[Table]
) -> Provenance:
    files = tuple(file for table in tables for file in table.files())
    return Provenance(
        source=request.dataset,
        title=params.title,
        licence=params.licence,
        citation=params.citation,
        fingerprint=digest([(file.name, file.size_bytes, file.sha256) for file in files]),
        files=files,
        is_simulated=params.is_simulated,
    )
