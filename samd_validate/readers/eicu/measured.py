"""The tables of eICU-CRD with measurements, brought to events of one shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from samd_validate.core.cohort import SourceFile
from samd_validate.readers.eicu.stays import MINUTES, PATIENT
from samd_validate.readers.events.cache import needed_rows
from samd_validate.readers.events.columns import Kind
from samd_validate.readers.events.dictionary import DictionaryVariable
from samd_validate.readers.events.tables import Table, TableShape
from samd_validate.readers.events.ways import Events

if TYPE_CHECKING:
    import polars as pl

SOURCE = "eicu_crd"
ADMITTED = datetime(2000, 1, 1)
"""A stand-in for the time of admission, of which the source tells offsets only."""
FARTHEST_MINUTES = 10**9
STAY = "patientunitstayid"


@dataclass(frozen=True, kw_only=True)
class Long:
    """A table with a row for each value: what its columns are called.

    The item is made of the columns ``item``, joined by a bar, without ``prefix``.
    """

    table: str
    item: tuple[str, ...]
    offset: str
    stored: str
    value: str
    value_kind: Kind
    unit: str | None = None
    prefix: str = ""

    def shape(self, needed_for: tuple[str, ...]) -> TableShape:
        """Return the columns that are read."""
        columns: dict[str, Kind] = {STAY: "id", self.offset: MINUTES, self.stored: MINUTES}
        columns |= dict.fromkeys(self.item, "text")
        columns[self.value] = self.value_kind
        if self.unit is not None:
            columns[self.unit] = "text"
        return TableShape(place=self.table, columns=columns, needed_for=needed_for)


LONG = (
    Long(
        table="lab",
        item=("labname",),
        offset="labresultoffset",
        stored="labresultrevisedoffset",
        value="labresult",
        value_kind="number",
        unit="labmeasurenamesystem",
    ),
    Long(
        table="nurseCharting",
        item=("nursingchartcelltypevallabel", "nursingchartcelltypevalname"),
        offset="nursingchartoffset",
        stored="nursingchartentryoffset",
        value="nursingchartvalue",
        value_kind="text",
    ),
    Long(
        table="respiratoryCharting",
        item=("respchartvaluelabel",),
        offset="respchartoffset",
        stored="respchartentryoffset",
        value="respchartvalue",
        value_kind="text",
    ),
    Long(
        table="intakeOutput",
        item=("cellpath",),
        offset="intakeoutputoffset",
        stored="intakeoutputentryoffset",
        value="cellvaluenumeric",
        value_kind="number",
        prefix="flowsheet|Flowsheet Cell Labels|I&O|Output (ml)|",
    ),
)
WIDE = {"vitalPeriodic": "observationoffset", "vitalAperiodic": "observationoffset"}


def shapes_of(variables: Sequence[DictionaryVariable]) -> tuple[TableShape, ...]:
    """Return the tables of measurements that the variables need, with the columns they need."""
    shapes = []
    for table, offset in WIDE.items():
        columns: dict[str, Kind] = {STAY: "id", offset: MINUTES}
        columns |= dict.fromkeys(items_of(variables, table), "number")
        shapes.append(TableShape(place=table, columns=columns, needed_for=_names(variables, table)))
    shapes += [one.shape(_names(variables, one.table)) for one in LONG]
    return tuple(shape for shape in shapes if shape.needed_for)


def items_of(variables: Sequence[DictionaryVariable], table: str) -> tuple[str, ...]:
    """Return the items of a table that the variables need, sorted."""
    return tuple(sorted({str(item.key) for one in variables for item in one.items(SOURCE, table)}))


def _names(variables: Sequence[DictionaryVariable], table: str) -> tuple[str, ...]:
    return tuple(one.name for one in variables if one.items(SOURCE, table))


def events_of(
    table: Table,
    files: Mapping[str, Future[list[SourceFile]]],
    variables: Sequence[DictionaryVariable],
    folder: Path,
) -> Events:
    """Return the needed values of one table, as a scan.

    Raises
    ------
    CannotRun
        If the table cannot be read to its end, or the folder for kept rows cannot be written.
    """
    import polars as pl

    place = table.shape.place
    items = items_of(variables, place)
    if place in WIDE:
        is_any = pl.any_horizontal(pl.col(items).is_not_null())
        kept = needed_rows(table, is_any, items, files[place].result, folder)
        return _events(place, _melted(kept, WIDE[place], items))
    (long,) = (one for one in LONG if one.table == place)
    item = pl.concat_str(long.item, separator="|")
    is_needed = item.is_in([long.prefix + one for one in items])
    kept = needed_rows(table, is_needed, items, files[place].result, folder)
    return _events(place, _told(kept, long, item))


def weights_of(patient: pl.DataFrame, items: Sequence[str]) -> Events:
    """Return what the patient table itself measured: known at admission to the unit."""
    import polars as pl

    at_admission = patient.lazy().with_columns(offset=pl.lit(0, dtype=pl.Int64))
    return _events(PATIENT.place, _melted(at_admission, "offset", items))


def _melted(frame: pl.LazyFrame, offset: str, columns: Sequence[str]) -> pl.LazyFrame:
    """Return a row per cell that is not empty; each column is scanned on its own."""
    import polars as pl

    return pl.concat(
        frame.select(
            pl.col(STAY),
            offset=pl.col(offset),
            stored_offset=pl.lit(None, dtype=pl.Int64),
            key=pl.lit(column),
            value=pl.col(column),
            unit=pl.lit(None, dtype=pl.String),
        ).filter(pl.col("value").is_not_null())
        for column in columns
    )


def _told(frame: pl.LazyFrame, long: Long, item: pl.Expr) -> pl.LazyFrame:
    import polars as pl

    value = pl.col(long.value)
    if long.value_kind == "text":
        value = value.str.strip_chars(" %").cast(pl.Float64, strict=False)
    return frame.select(
        pl.col(STAY),
        offset=pl.col(long.offset),
        stored_offset=pl.col(long.stored),
        key=item.str.strip_prefix(long.prefix),
        value=value,
        unit=pl.lit(None, dtype=pl.String) if long.unit is None else pl.col(long.unit),
    )


def _events(table: str, frame: pl.LazyFrame) -> Events:
    return Events(
        table=table,
        by="subject_id",
        frame=frame.select(
            "key",
            "value",
            "unit",
            subject_id=STAY,
            match=STAY,
            charted=_time("offset"),
            stored=_time("stored_offset"),
        ),
    )


def _time(offset: str) -> pl.Expr:
    """Return minutes from admission as a time; those beyond nineteen centuries are cut there."""
    import polars as pl

    minutes = pl.col(offset).clip(-FARTHEST_MINUTES, FARTHEST_MINUTES)
    return pl.lit(ADMITTED, dtype=pl.Datetime("us")) + pl.duration(minutes=minutes)
