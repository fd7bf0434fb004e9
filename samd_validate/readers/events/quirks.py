"""Quirks of the stays that were kept, for the cohort flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from samd_validate.core.arrays import Column
from samd_validate.core.cohort import FlowRow, TimeSeries

if TYPE_CHECKING:
    import polars as pl


def stay_rows(
    stays: pl.DataFrame, groups: Mapping[str, Column], series: TimeSeries
) -> list[FlowRow]:
    """Return the rows of the cohort flow for quirks of the stays that were kept."""
    empty = stays.height - np.unique(series.unit_index).size
    counts = {
        "death flag and time of death disagree, taken as dead": int(stays["disagrees"].sum()),
        "sex not recorded": int((groups["sex"] == "").sum()),
        "ethnicity not recorded": int((groups["ethnicity"] == "").sum()),
        "without any usable measurement, kept": int(empty),
    }
    return [FlowRow(kind="handled", reason=reason, count=n) for reason, n in counts.items()]
