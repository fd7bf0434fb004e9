"""The OMOP Common Data Model v5.4: intensive care stays of a warehouse, and death in hospital."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from samd_validate.core.arrays import Column
from samd_validate.core.canonical import digest
from samd_validate.core.cohort import Cohort, FlowRow, Provenance, TimeSeries
from samd_validate.core.errors import CannotRun, Problem
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.readers.events.account import harmonisation, value_rows
from samd_validate.readers.events.bins import Binning, Tally, binned
from samd_validate.readers.events.dictionary import shipped_dictionary
from samd_validate.readers.events.params import StayParams
from samd_validate.readers.events.quirks import stay_rows
from samd_validate.readers.events.stays import chosen, numbers_of
from samd_validate.readers.mimic.groups import groups_of
from samd_validate.readers.omop_tables.measured import SOURCE, add_outside, measured
from samd_validate.readers.omop_tables.shapes import OPTIONAL
from samd_validate.readers.omop_tables.stays import (
    CareConcepts,
    joined,
    one_stay_each,
    with_outcome,
)
from samd_validate.readers.omop_tables.warehouse import Engine, Warehouse, opened, telling

if TYPE_CHECKING:
    import polars as pl

CITATION = (
    "Observational Health Data Sciences and Informatics. OMOP Common Data Model v5.4. Hripcsak G, "
    "Duke JD, Shah NH, et al. Stud Health Technol Inform 2015;216:574-578."
)
NOT_TOLD = "not told"


class OmopParams(StayParams):
    """Where the warehouse is, which stays and outcome, and what a site is."""

    engine: Engine = Field(default="duckdb", description="what reads files that are bound")
    connection_variable: str | None = Field(
        default=None, min_length=1, description="environment variable with a connection for Ibis"
    )
    database_schema: str | None = Field(default=None, min_length=1)
    concepts: CareConcepts = CareConcepts()
    join_gap_minutes: float | None = Field(
        default=None,
        ge=0,
        description="rows of one visit so close to each other are one stay; null: each row is one",
    )
    site: Literal["data_set", "care_site", "location"] = "data_set"
    site_name: str = Field(default="omop", min_length=1)


@reader("omop", version=1, params=OmopParams, extra="ibis")
def omop(request: ReadRequest, params: OmopParams) -> Cohort:
    """Read intensive care stays of adults with their measurements from an OMOP warehouse.

    The index time is the begin of a visit detail of intensive care, the prediction time ends the
    window; only values of the window are used. The outcome is death in hospital: the visit ended
    with it, or the time of death lies in the visit. Every excluded stay and every value not used
    is counted in the cohort flow; which concept became which variable, by which conversion, is
    the attachment ``harmonisation_<data set>``. All queries are Ibis expressions that only read.
    See docs/methods/omop.md.
    """
    variables = shipped_dictionary().chosen(SOURCE, params.variables)
    plan = Binning(
        dictionary=shipped_dictionary(),
        source=SOURCE,
        variables=variables,
        window_minutes=round(60 * request.window_hours),
        bin_minutes=params.bin_minutes,
    )
    place = Path(request.place) if request.place else None
    with (
        opened(
            request.dataset,
            place,
            params.engine,
            params.connection_variable,
            params.database_schema,
        ) as warehouse,
        tempfile.TemporaryDirectory() as folder,
    ):
        stays, flow = _stays(request, params, warehouse)
        request.progress(f"reading {request.dataset}", 0.3)
        with telling(request.dataset):
            found = measured(
                warehouse.tables,
                variables,
                params.concepts,
                plan.dictionary,
                plan.window_minutes,
                Path(folder),
            )
        request.progress(f"reading {request.dataset}", 0.8)
        series, tally = binned(stays, [one.events for one in found], plan)
        add_outside(tally, found, stays, variables)
    if series.value.size == 0:
        raise CannotRun(_nothing_measured(request, len(variables)))
    request.progress(f"reading {request.dataset}", 1.0)
    return _cohort(request, params, stays, series, flow, tally, plan, warehouse)


def _stays(
    request: ReadRequest, params: OmopParams, warehouse: Warehouse
) -> tuple[pl.DataFrame, list[FlowRow]]:
    import polars as pl

    wanted = {"data_set": (), "care_site": ("care_site",), "location": ("care_site", "location")}
    missing = [name for name in wanted[params.site] if name not in warehouse.tables]
    if missing:
        raise CannotRun(_no_site(params, missing))
    with telling(request.dataset):
        frame = pl.from_arrow(joined(warehouse.tables, params.concepts).to_pyarrow())
    assert isinstance(frame, pl.DataFrame)  # noqa: S101  a table of Arrow is a frame
    frame, joined_rows = one_stay_each(frame, params.join_gap_minutes)
    rule = params.rule(request.window_hours)
    stays, flow = chosen(with_outcome(frame, params.concepts), rule, params.concepts.words())
    reason = "rows of intensive care joined to the stay before, of the same visit"
    return stays, [*flow, FlowRow(kind="handled", reason=reason, count=joined_rows, counted="rows")]


def _no_site(params: OmopParams, missing: list[str]) -> Problem:
    return Problem(
        where=", ".join(missing),
        found="no such table",
        expected=f"the tables that params.site {params.site!r} needs",
        todo="provide them, or set params.site to data_set",
    )


def _nothing_measured(request: ReadRequest, variables: int) -> Problem:
    return Problem(
        where=f"data set {request.dataset!r}",
        found=f"no usable value of any of {variables} variables",
        expected="measurements with the standard concepts of the dictionary",
        todo="check that source values were mapped to standard concepts",
    )


def _cohort(
    request: ReadRequest,
    params: OmopParams,
    stays: pl.DataFrame,
    series: TimeSeries,
    flow: list[FlowRow],
    tally: Tally,
    plan: Binning,
    warehouse: Warehouse,
) -> Cohort:
    groups = _groups(stays)
    return Cohort(
        name=request.dataset,
        unit_id=_text(stays["stay_id"]),
        patient_id=_text(stays["subject_id"]),
        site=_site(stays, params),
        label=stays["label"].to_numpy(),
        groups=groups,
        numbers=numbers_of(stays),
        units={"age_years": "years", "outcome_hours": "h"},
        series=series,
        flow=(
            *flow,
            *stay_rows(stays, groups, series),
            *value_rows(tally),
            FlowRow(kind="kept", reason="in the cohort", count=stays.height),
        ),
        provenance=_provenance(params, warehouse, stays, series),
        attachments={f"harmonisation_{request.dataset}": harmonisation(plan, tally)},
    )


def _text(column: pl.Series) -> Column:
    return column.to_numpy().astype(np.str_)


def _site(stays: pl.DataFrame, params: OmopParams) -> Column:
    if params.site == "data_set":
        return np.full(stays.height, params.site_name)
    named = [name or NOT_TOLD for name in stays[params.site]]
    return np.array(named, dtype=np.str_)


def _groups(stays: pl.DataFrame) -> dict[str, Column]:
    import polars as pl

    groups = groups_of(stays.with_columns(anchor_year_group=pl.lit("")))
    del groups["anchor_year_group"]
    return groups


def _provenance(
    params: OmopParams, warehouse: Warehouse, stays: pl.DataFrame, series: TimeSeries
) -> Provenance:
    absent = [one.name for one in OPTIONAL if one.name not in warehouse.tables]
    notes = [
        f"read through Ibis with {warehouse.engine}",
        "values carry no time of storing: each is taken as known when it was measured",
    ]
    notes += [f"tables that are not there: {', '.join(absent)}"] if absent else []
    if warehouse.files:
        content: object = [(file.name, file.size_bytes, file.sha256) for file in warehouse.files]
    else:
        content = _read(stays, series)
        notes.append("no files: the fingerprint is that of the stays and values that were read")
    return Provenance(
        source="omop",
        title=f"OMOP CDM v5.4 {params.release}".strip(),
        licence="that of the data set bound",
        citation=CITATION,
        fingerprint=digest(content),
        files=warehouse.files,
        notes=tuple(notes),
    )


def _read(stays: pl.DataFrame, series: TimeSeries) -> list[str]:
    """Return digests of what was read of a database, which has no bytes of its own."""
    columns = [
        stays["stay_id"].to_numpy(),
        stays["label"].to_numpy(),
        series.unit_index,
        series.variable_index,
        series.time_hours,
        series.value,
    ]
    return [hashlib.sha256(np.ascontiguousarray(one).tobytes()).hexdigest() for one in columns]
