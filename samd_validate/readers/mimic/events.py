"""The tables of events of MIMIC-IV: what is charted, drawn, put out and put in."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from samd_validate.core.cohort import SourceFile
from samd_validate.core.errors import gather
from samd_validate.readers.events.cache import FilesOf, needed_events
from samd_validate.readers.events.columns import Kind
from samd_validate.readers.events.dictionary import DictionaryVariable
from samd_validate.readers.events.tables import Table, TableShape, attempt
from samd_validate.readers.events.ways import Events
from samd_validate.readers.mimic.stays import ADMISSIONS, ICUSTAYS, PATIENTS

if TYPE_CHECKING:
    import polars as pl

CHARTED: dict[str, Kind] = {
    "subject_id": "id",
    "itemid": "id",
    "charttime": "time",
    "storetime": "time",
    "valueuom": "text",
}
CHARTEVENTS = TableShape(
    place="icu/chartevents", columns={**CHARTED, "stay_id": "id", "valuenum": "number"}
)
LABEVENTS = TableShape(place="hosp/labevents", columns={**CHARTED, "valuenum": "number"})
OUTPUTEVENTS = TableShape(
    place="icu/outputevents", columns={**CHARTED, "stay_id": "id", "value": "number"}
)
INPUTEVENTS = TableShape(
    place="icu/inputevents",
    columns={
        "subject_id": "id",
        "stay_id": "id",
        "itemid": "id",
        "starttime": "time",
        "endtime": "time",
        "storetime": "time",
        "rate": "number",
        "rateuom": "text",
        "statusdescription": "text",
    },
)
EVENT_TABLES = (CHARTEVENTS, LABEVENTS, OUTPUTEVENTS, INPUTEVENTS)
TABLES = (PATIENTS, ADMISSIONS, ICUSTAYS, *EVENT_TABLES)
VOIDED = "Rewritten"


def needed_tables(variables: tuple[DictionaryVariable, ...]) -> tuple[TableShape, ...]:
    """Return the tables of people and stays, and those of events that a variable needs."""
    used = {item.table for one in variables for item in one.sources["mimic_iv"]}
    return tuple(one for one in TABLES if one not in EVENT_TABLES or _short(one) in used)


def _short(shape: TableShape) -> str:
    return shape.place.rpartition("/")[2]


def events_of(
    tables: Mapping[str, Table],
    files: Mapping[str, Future[list[SourceFile]]],
    variables: tuple[DictionaryVariable, ...],
    folder: Path,
) -> list[Events]:
    """Return the needed rows of each table of events, or the problems of all of them."""
    found = [tables[shape.place] for shape in EVENT_TABLES if shape.place in tables]
    outcomes = [
        attempt(lambda table=table: _one(table, files[table.shape.place].result, variables, folder))  # type: ignore[misc]
        for table in found
    ]
    gather([problem for _, problems in outcomes for problem in problems])
    return [events for events, _ in outcomes if events is not None]


def _one(
    table: Table,
    files: FilesOf,
    variables: tuple[DictionaryVariable, ...],
    folder: Path,
) -> Events:
    short = _short(table.shape)
    keys = {item.key for one in variables for item in one.items("mimic_iv", short)}
    wanted = sorted(key for key in keys if isinstance(key, int))
    frame = needed_events(table, "itemid", wanted, files, folder)
    if table.shape == INPUTEVENTS:
        return Events(table=short, by="stay_id", frame=_hours_of_rates(frame))
    by = "stay_id" if "stay_id" in table.shape.columns else "subject_id"
    number = "valuenum" if "valuenum" in table.shape.columns else "value"
    return Events(table=short, by=by, frame=_at_once(frame, by, number))


def _at_once(frame: pl.LazyFrame, by: str, number: str) -> pl.LazyFrame:
    """Return events that happened at one time."""
    import polars as pl

    return frame.select(
        "subject_id",
        match=pl.col(by),
        key=pl.col("itemid"),
        charted=pl.col("charttime"),
        stored=pl.col("storetime"),
        value=pl.col(number),
        unit=pl.col("valueuom"),
    )


def _hours_of_rates(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Return a rate at its start and again every hour until it ended.

    A row that was voided keeps its start and has no number, so that it is counted.
    """
    import polars as pl

    hours = pl.datetime_ranges("starttime", "endtime", interval="1h", closed="left")
    is_voided = pl.col("statusdescription") == VOIDED
    runs = (pl.col("endtime") > pl.col("starttime")) & ~is_voided.fill_null(False)
    start = pl.concat_list("starttime")
    return frame.select(
        "subject_id",
        match=pl.col("stay_id"),
        key=pl.col("itemid"),
        charted=pl.when(runs).then(hours).otherwise(start),
        stored=pl.col("storetime"),
        value=pl.when(is_voided).then(None).otherwise(pl.col("rate")),
        unit=pl.col("rateuom"),
    ).explode("charted")
