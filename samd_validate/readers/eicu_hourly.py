"""eICU as harmonised hourly series: intensive care of many hospitals, and death in hospital."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.canonical import digest
from samd_validate.core.cohort import Cohort, FlowRow, Provenance, TimeSeries
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.readers._files import bound_folder
from samd_validate.readers.eicu.patients import TOP_CODED
from samd_validate.readers.eicu.people import (
    groups_of,
    hospital_shape,
    numbers_of,
    patient_shape,
    read_patients,
)
from samd_validate.readers.events.account import harmonisation, nothing_measured, value_rows
from samd_validate.readers.events.bins import Binning, Tally, binned
from samd_validate.readers.events.choose import kept_stays
from samd_validate.readers.events.dictionary import DictionaryVariable, shipped_dictionary
from samd_validate.readers.events.hourly import unpivoted
from samd_validate.readers.events.offsets import origin
from samd_validate.readers.events.people import not_recorded, text_column
from samd_validate.readers.events.tables import Table, TableShape, find_tables, told
from samd_validate.readers.events.ways import Events

if TYPE_CHECKING:
    import polars as pl

SOURCE, HOURLY = "eicu_hourly", "dyn"
CITATION = (
    "Pollard TJ, Johnson AEW, Raffa JD, Celi LA, Mark RG, Badawi O. The eICU Collaborative "
    "Research Database. Sci Data 2018;5:180178. doi:10.1038/sdata.2018.178. van de Water R et al. "
    "Yet Another ICU Benchmark. ICLR 2024."
)


class EicuHourlyParams(BaseModel):
    """Which stays, which variables, and in which folders the tables lie."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stays: Literal["first_of_admission", "all"] = "first_of_admission"
    minimum_age_years: int = Field(default=18, ge=0)
    variables: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="names of the dictionary; null: all it has"
    )
    site: Literal["hospital", "region"] = "hospital"
    tables: str = Field(default="tables", min_length=1, description="folder of patient, hospital")
    hourly: str = Field(default="yaib/los", min_length=1, description="folder of dyn")


@reader(SOURCE, version=1, params=EicuHourlyParams)
def eicu_hourly(request: ReadRequest, params: EicuHourlyParams) -> Cohort:
    """Read ICU stays of adults with hourly series in the format of YAIB, and death in hospital.

    ``dyn`` has a row per stay and hour with a column per variable, ``patient`` and ``hospital``
    are those of the eICU database. The index time is admission to the unit; a row of hour h holds
    what was measured until h:59. Every excluded stay and every value not used is counted in the
    cohort flow; which column became which variable is ``harmonisation_<data set>``. Ages recorded
    as "> 89" become 90. See docs/methods/eicu_hourly.md.
    """
    variables = shipped_dictionary().chosen(SOURCE, params.variables)
    shapes = (
        patient_shape(params.tables),
        hospital_shape(params.tables),
        _hourly_shape(params, variables),
    )
    patients, hospitals, hourly = find_tables(_place(request), shapes).values()
    people = read_patients(patients, hospitals)
    request.progress(f"reading {request.dataset}", 0.2)
    with told(hourly):
        rows = hourly.scan().collect()
    stays, flow = _stays(people, rows, params, request.window_hours)
    plan = Binning(
        dictionary=shipped_dictionary(),
        source=SOURCE,
        variables=variables,
        window_minutes=round(60 * request.window_hours),
        bin_minutes=60,
    )
    series, tally = binned(stays, [_events(rows, variables)], plan)
    request.progress(f"reading {request.dataset}", 1.0)
    if series.value.size == 0:
        raise CannotRun(nothing_measured(request.dataset, plan))
    tables = (patients, hospitals, hourly)
    return _cohort(request, params, stays, series, flow, tally, plan, tables)


def _place(request: ReadRequest) -> Path:
    return bound_folder(
        request,
        expected="the folder with tables/ and yaib/los/, or what params say instead",
        source="eicu-crd-demo",
    )


def _items(variables: tuple[DictionaryVariable, ...]) -> list[str]:
    found = (str(item.key) for one in variables for item in one.items(SOURCE, HOURLY))
    return list(dict.fromkeys(found))


def _hourly_shape(
    params: EicuHourlyParams, variables: tuple[DictionaryVariable, ...]
) -> TableShape:
    cells = dict.fromkeys(_items(variables), "number")
    return TableShape(
        place=f"{params.hourly}/{HOURLY}",
        columns={"stay_id": "id", "time": "elapsed", **cells},  # type: ignore[dict-item]
    )


def _stays(
    people: pl.DataFrame, rows: pl.DataFrame, params: EicuHourlyParams, window_hours: float
) -> tuple[pl.DataFrame, list[FlowRow]]:
    """Return the stays of the cohort, sorted by id, and the counted flow."""
    import polars as pl

    people = people.with_columns(stay_id="patientunitstayid", is_known=True)
    joined = rows.select(pl.col("stay_id").unique()).join(people, on="stay_id", how="left")
    kept, flow = kept_stays(
        joined, _exclusions(params, window_hours), f"with rows in {params.hourly}/{HOURLY}"
    )
    ordered = kept.sort("stay_id").with_row_index("unit_index")
    return ordered.with_columns(subject_id="stay_id", intime=origin()), flow


def _exclusions(params: EicuHourlyParams, window_hours: float) -> list[tuple[str, pl.Expr]]:
    import polars as pl

    window_minutes = 60 * window_hours
    later = ("not the admission's first unit stay", pl.col("unitvisitnumber") > 1)
    young = pl.col("age_years") < params.minimum_age_years
    return [
        (f"without a row in {params.tables}/patient", pl.col("is_known").is_null()),
        ("whose outcome is not recorded", pl.col("label").is_null()),
        ("age not known", pl.col("age_years").is_null()),
        (f"younger than {params.minimum_age_years} years", young),
        *([later] if params.stays == "first_of_admission" else []),
        ("without time of discharge from the unit", pl.col("unitdischargeoffset").is_null()),
        (
            f"in the unit for less than {window_hours:g} h",
            pl.col("unitdischargeoffset") < window_minutes,
        ),
        (
            f"dead or out of hospital within {window_hours:g} h",
            pl.col("hospitaldischargeoffset") < window_minutes,
        ),
    ]


def _events(rows: pl.DataFrame, variables: tuple[DictionaryVariable, ...]) -> Events:
    import polars as pl

    cells = unpivoted(rows.lazy(), "stay_id", "time", _items(variables))
    named = cells.with_columns(subject_id=pl.col("unit_id"), match=pl.col("unit_id"))
    return Events(table=HOURLY, by="stay_id", frame=named)


def _cohort(
    request: ReadRequest,
    params: EicuHourlyParams,
    stays: pl.DataFrame,
    series: TimeSeries,
    flow: list[FlowRow],
    tally: Tally,
    plan: Binning,
    tables: tuple[Table, ...],
) -> Cohort:
    groups = groups_of(stays, params.minimum_age_years)
    numbers = numbers_of(stays)
    handled = _handled(stays, groups, numbers, series)
    kept = FlowRow(kind="kept", reason="in the cohort", count=stays.height)
    return Cohort(
        name=request.dataset,
        unit_id=text_column(stays["stay_id"].cast(str)),
        patient_id=text_column(stays["uniquepid"]),
        site=_sites(stays, groups, params),
        label=stays["label"].to_numpy(),
        groups=groups,
        numbers=numbers,
        units={"age_years": "years", "height_cm": "cm", "weight_kg": "kg"},
        series=series,
        flow=(*flow, *handled, *value_rows(tally), kept),
        provenance=_provenance(tables),
        attachments={f"harmonisation_{request.dataset}": harmonisation(plan, tally)},
    )


def _sites(stays: pl.DataFrame, groups: dict[str, Column], params: EicuHourlyParams) -> Column:
    if params.site == "region":
        return np.where(groups["region"] == "", "region not recorded", groups["region"])
    return np.array([f"hospital {one}" for one in stays["hospitalid"].to_list()])


def _handled(
    stays: pl.DataFrame,
    groups: dict[str, Column],
    numbers: dict[str, FloatArray],
    series: TimeSeries,
) -> list[FlowRow]:
    top_coded = int((stays["age"] == TOP_CODED).sum())
    empty = stays.height - np.unique(series.unit_index).size
    return [
        FlowRow(kind="handled", reason="age recorded as '> 89', taken as 90", count=top_coded),
        *not_recorded(groups, numbers),
        FlowRow(kind="handled", reason="without any usable measurement, kept", count=int(empty)),
    ]


def _provenance(tables: tuple[Table, ...]) -> Provenance:
    files = tuple(file for table in tables for file in table.files())
    return Provenance(
        source="eicu-crd",
        title="eICU Collaborative Research Database, hourly series in the format of YAIB",
        licence="ODbL 1.0 (demo); PhysioNet credentialed licence (full database)",
        citation=CITATION,
        fingerprint=digest([(file.name, file.size_bytes, file.sha256) for file in files]),
        files=files,
        notes=("series were binned to hours and cleaned by their makers before they came here",),
    )
