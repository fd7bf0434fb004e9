"""Reading of small eICU-CRD-shaped folders in tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from eicu_folder import FIRST_STAY

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.eicu_crd import EicuCrdParams, eicu_crd

Tables = dict[str, pl.DataFrame]
PATIENT, HOSPITAL, RESULT = "patient", "hospital", "apachePatientResult"
PERIODIC, LAB, NURSE, BREATH = "vitalPeriodic", "lab", "nurseCharting", "respiratoryCharting"
FEW = ("heart_rate", "map", "temperature", "gcs", "fio2", "urine_output", "creatinine", "lactate")


def read(place: Path | None, window_hours: float = 48, **params: Any) -> Cohort:
    request = ReadRequest(
        dataset="icu", place=str(place) if place else None, seed=0, window_hours=window_hours
    )
    params = {"keep_cache": False, "variables": FEW} | params
    cohort: Cohort = eicu_crd.run(request, EicuCrdParams(**params))
    return cohort


def refused(place: Path | None, **params: Any) -> list[str]:
    with pytest.raises(CannotRun) as stopped:
        read(place, **params)
    return [f"{problem.where}: {problem.found}" for problem in stopped.value.problems]


def changed(tables: Tables, name: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Tables:
    return tables | {name: change(tables[name])}


def first(**values: Any) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Return a change of some cells of the first row."""
    is_first = pl.int_range(pl.len()) == 0
    return lambda t: t.with_columns(
        pl.when(is_first).then(pl.lit(value, dtype=t.schema[name])).otherwise(name).alias(name)
        for name, value in values.items()
    )


def nursed(*rows: tuple[int | None, int | None, str, str, str]) -> pl.DataFrame:
    """Return what nurses charted for the first stay: offset, entry, label, name, value."""
    names = ("nursingchartoffset", "nursingchartentryoffset", "label", "name", "nursingchartvalue")
    frame = pl.DataFrame(list(rows), schema=list(names), orient="row")
    return frame.with_columns(
        pl.col(names[:2]).cast(pl.Int64), patientunitstayid=pl.lit(FIRST_STAY, dtype=pl.Int64)
    ).rename({"label": "nursingchartcelltypevallabel", "name": "nursingchartcelltypevalname"})


def resulted(*rows: tuple[int | None, int | None, float | None, str | None]) -> pl.DataFrame:
    """Return creatinine of the first stay: offset, offset of revision, value, unit."""
    names = ("labresultoffset", "labresultrevisedoffset", "labresult", "labmeasurenamesystem")
    types = (pl.Int64, pl.Int64, pl.Float64, pl.String)
    frame = pl.DataFrame(list(rows), dict(zip(names, types, strict=True)), orient="row")
    stay = pl.lit(FIRST_STAY, dtype=pl.Int64)
    return frame.with_columns(patientunitstayid=stay, labname=pl.lit("creatinine"))
