"""How tests read a MIMIC-IV-shaped folder, and look at what came out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.mimic_iv import MimicIvParams, mimic_iv

Tables = dict[str, pl.DataFrame]
CHARTED, LABS, OUTPUTS = "icu/chartevents", "hosp/labevents", "icu/outputevents"
STAYS, ADMISSIONS, PATIENTS = "icu/icustays", "hosp/admissions", "hosp/patients"


def read(place: Path | None, window_hours: float = 48, **params: Any) -> Cohort:
    request = ReadRequest(
        dataset="icu", place=str(place) if place else None, seed=0, window_hours=window_hours
    )
    params = {"keep_cache": False} | params
    cohort: Cohort = mimic_iv.run(request, MimicIvParams(**params))
    return cohort


def changed(tables: Tables, name: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Tables:
    return tables | {name: change(tables[name])}


def charted(
    *rows: tuple[str | None, float, str | None, str | None], item: int = 220045
) -> pl.DataFrame:
    """Return charted values of the first stay, admitted to the ICU at 06:30."""
    times, values, units, stored = zip(*rows, strict=True)
    return pl.DataFrame(
        {
            "subject_id": [10_000_000] * len(rows),
            "stay_id": [30_000_000] * len(rows),
            "itemid": [item] * len(rows),
            "charttime": pl.Series(times, dtype=pl.String),
            "storetime": pl.Series(stored, dtype=pl.String),
            "valuenum": pl.Series(values, dtype=pl.Float64, strict=False),
            "valueuom": pl.Series(units, dtype=pl.String),
        }
    )


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def same(left: Cohort, right: Cohort) -> bool:
    a, b = left.series, right.series
    assert a is not None
    assert b is not None
    names = ("unit_index", "variable_index", "time_hours", "value")
    series = all(getattr(a, n).tobytes() == getattr(b, n).tobytes() for n in names)
    return series and left.flow == right.flow
