"""MIMIC-IV: intensive care at one hospital, and death in hospital."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.arrays import Column
from samd_validate.core.canonical import digest
from samd_validate.core.cohort import Cohort, FlowRow, Provenance, SourceFile, TimeSeries
from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.readers.events.account import harmonisation, value_rows
from samd_validate.readers.events.bins import Binning, Tally, binned
from samd_validate.readers.events.cache import cache_folder, needed_events
from samd_validate.readers.events.dictionary import DictionaryVariable, shipped_dictionary
from samd_validate.readers.events.quirks import stay_rows
from samd_validate.readers.events.stays import OLDEST, StayRule
from samd_validate.readers.events.tables import Table, TableShape, attempt, find_tables
from samd_validate.readers.events.ways import Events
from samd_validate.readers.mimic.groups import groups_of
from samd_validate.readers.mimic.stays import (
    ADMISSIONS,
    ICUSTAYS,
    PATIENTS,
    chosen_stays,
    read_people,
)

if TYPE_CHECKING:
    import polars as pl

CITATION = (
    "Johnson AEW, Bulgarelli L, Shen L, et al. MIMIC-IV, a freely accessible electronic health "
    "record dataset. Sci Data 2023;10:1. doi:10.1038/s41597-022-01899-x. Goldberger AL et al. "
    "Circulation 2000;101(23):e215-e220."
)
LICENCE = "that of the release bound: PhysioNet Credentialed Health Data License, or ODbL (demo)"
CHARTED: dict[str, Literal["id", "time", "number", "text"]] = {
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
EVENT_TABLES = (CHARTEVENTS, LABEVENTS, OUTPUTEVENTS)
TABLES = (PATIENTS, ADMISSIONS, ICUSTAYS, *EVENT_TABLES)


class MimicIvParams(BaseModel):
    """Which stays, which outcome, which variables, and how fine the series is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stays: Literal["first_of_patient", "first_of_admission", "all"] = "first_of_patient"
    minimum_age_years: float = Field(default=18, ge=0)
    horizon_hours: float | None = Field(
        default=None, gt=0, description="death within so many hours; null: until discharge"
    )
    variables: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="names of the dictionary; null: all it has"
    )
    bin_minutes: int = Field(default=60, ge=1, le=1440)
    site: Literal["hospital", "first_careunit"] = "hospital"
    release: str = Field(default="", description="such as 3.1; printed, not checked")
    keep_cache: bool = Field(default=True, description="keep the needed rows of CSV tables")
    cache: str | None = Field(default=None, description="where; null: the user's cache folder")


@reader("mimic_iv", version=1, params=MimicIvParams)
def mimic_iv(request: ReadRequest, params: MimicIvParams) -> Cohort:
    """Read ICU stays of adults with their measurements from hosp/ and icu/ as distributed.

    The index time is admission to the ICU, the prediction time ends the window; only values
    charted in the window and stored by its end are used. The outcome is death in hospital. Every
    excluded stay and every value not used is counted in the cohort flow; which item of the source
    became which variable, by which conversion, is the attachment ``harmonisation_<data set>``.
    Dates are shifted per patient: the group ``anchor_year_group`` is the only calendar time. See
    docs/methods/mimic_iv.md.
    """
    variables = shipped_dictionary().chosen("mimic_iv", params.variables)
    tables = find_tables(_place(request), _needed_tables(variables))
    people = read_people(tables)
    rule = StayRule(
        stays=params.stays,
        minimum_age_years=params.minimum_age_years,
        window_hours=request.window_hours,
        horizon_hours=params.horizon_hours,
    )
    stays, flow = chosen_stays(people, rule)
    files = {name: table.files() for name, table in tables.items()}
    request.progress(f"reading {request.dataset}", 0.1)
    plan = Binning(
        dictionary=shipped_dictionary(),
        source="mimic_iv",
        variables=variables,
        window_minutes=round(60 * request.window_hours),
        bin_minutes=params.bin_minutes,
    )
    with ExitStack() as stack:
        folder = cache_folder(params.cache)
        if not params.keep_cache:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        events = _events(tables, files, variables, folder)
        request.progress(f"reading {request.dataset}", 0.7)
        series, tally = binned(stays, events, plan)
        request.progress(f"reading {request.dataset}", 1.0)
    if series.value.size == 0:
        raise CannotRun(_nothing_measured(request, variables))
    return _cohort(request, params, stays, series, flow, tally, plan, files)


def _place(request: ReadRequest) -> Path:
    place = Path(request.place) if request.place else None
    if place is not None and place.is_dir():
        return place
    raise CannotRun(
        Problem(
            where=f"data set {request.dataset!r}",
            found=f"no folder {place}" if place else "no place",
            expected="the folder of a MIMIC-IV release, with hosp/ and icu/ in it",
            todo="bind it: --dataset mimic-iv=PATH",
        )
    )


def _needed_tables(variables: tuple[DictionaryVariable, ...]) -> tuple[TableShape, ...]:
    used = {item.table for one in variables for item in one.sources["mimic_iv"]}
    return tuple(one for one in TABLES if one not in EVENT_TABLES or _short(one) in used)


def _short(shape: TableShape) -> str:
    return shape.place.rpartition("/")[2]


def _events(
    tables: Mapping[str, Table],
    files: Mapping[str, list[SourceFile]],
    variables: tuple[DictionaryVariable, ...],
    folder: Path,
) -> list[Events]:
    """Return the needed rows of each table of events, or the problems of all of them."""
    found = [tables[shape.place] for shape in EVENT_TABLES if shape.place in tables]
    outcomes = [
        attempt(lambda table=table: _one(table, files[table.shape.place], variables, folder))  # type: ignore[misc]
        for table in found
    ]
    gather([problem for _, problems in outcomes for problem in problems])
    return [events for events, _ in outcomes if events is not None]


def _one(
    table: Table,
    files: list[SourceFile],
    variables: tuple[DictionaryVariable, ...],
    folder: Path,
) -> Events:
    import polars as pl

    short = _short(table.shape)
    keys = {item.key for one in variables for item in one.items("mimic_iv", short)}
    wanted = sorted(key for key in keys if isinstance(key, int))
    frame = needed_events(table, "itemid", wanted, files, folder)
    by = "stay_id" if "stay_id" in table.shape.columns else "subject_id"
    return Events(
        table=short,
        by=by,
        frame=frame.select(
            "subject_id",
            match=pl.col(by),
            key=pl.col("itemid"),
            charted=pl.col("charttime"),
            stored=pl.col("storetime"),
            value=pl.col("valuenum" if "valuenum" in table.shape.columns else "value"),
            unit=pl.col("valueuom"),
        ),
    )


def _nothing_measured(request: ReadRequest, variables: tuple[DictionaryVariable, ...]) -> Problem:
    return Problem(
        where=f"data set {request.dataset!r}",
        found=f"no usable value of any of {len(variables)} variables",
        expected="measurements of the chosen stays",
        todo="check that stays and events are of one release",
    )


def _cohort(
    request: ReadRequest,
    params: MimicIvParams,
    stays: pl.DataFrame,
    series: TimeSeries,
    flow: list[FlowRow],
    tally: Tally,
    plan: Binning,
    files: Mapping[str, list[SourceFile]],
) -> Cohort:
    groups = groups_of(stays)
    n = stays.height
    site = np.full(n, "mimic-iv")
    if params.site == "first_careunit":
        site = groups["first_careunit"]
    return Cohort(
        name=request.dataset,
        unit_id=_ids(stays["stay_id"]),
        patient_id=_ids(stays["subject_id"]),
        site=site,
        label=stays["label"].to_numpy(),
        groups=groups,
        numbers={"age_years": stays["age_years"].to_numpy()},
        units={"age_years": "years"},
        series=series,
        flow=(
            *flow,
            _older(stays),
            *stay_rows(stays, groups, series),
            *value_rows(tally),
            _kept(n),
        ),
        provenance=_provenance(params, files),
        attachments={f"harmonisation_{request.dataset}": harmonisation(plan, tally)},
    )


def _ids(column: pl.Series) -> Column:
    return column.to_numpy().astype(np.str_)


def _older(stays: pl.DataFrame) -> FlowRow:
    reason = f"older than {OLDEST} years, whose age the source does not tell apart"
    return FlowRow(kind="handled", reason=reason, count=int((stays["age_years"] > OLDEST).sum()))


def _kept(n: int) -> FlowRow:
    return FlowRow(kind="kept", reason="in the cohort", count=n)


def _provenance(params: MimicIvParams, files: Mapping[str, list[SourceFile]]) -> Provenance:
    every = [file for group in files.values() for file in group]
    return Provenance(
        source="mimic-iv",
        title=f"MIMIC-IV {params.release}".strip(),
        licence=LICENCE,
        citation=CITATION,
        fingerprint=digest([(file.name, file.size_bytes, file.sha256) for file in every]),
        files=tuple(every),
        notes=(
            "dates are shifted per patient; anchor_year_group is the only calendar time",
            "gcs adds eye, verbal and motor response as charted; verbal is 1 in the intubated",
        ),
    )
