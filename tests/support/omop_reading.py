"""Reading of small OMOP warehouses in tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from omop_folder import (
    Tables,
)

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.omop import OmopParams, omop


def read(place: Path | None, window_hours: float = 48, **params: Any) -> Cohort:
    request = ReadRequest(
        dataset="icu", place=str(place) if place else None, seed=0, window_hours=window_hours
    )
    cohort: Cohort = omop.run(request, OmopParams(**params))
    return cohort


def refused(place: Path | None, **params: Any) -> list[str]:
    with pytest.raises(CannotRun) as stopped:
        read(place, **params)
    return [f"{problem.where}: {problem.found}" for problem in stopped.value.problems]


def with_first(tables: Tables, name: str, **columns: Any) -> Tables:
    """Return the tables with other values in the first row of one."""
    first = pl.int_range(pl.len()) == 0
    changed = [
        pl.when(first).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)
        for column, value in columns.items()
    ]
    return tables | {name: tables[name].with_columns(changed)}
