"""Groups of patients in the words that every source uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.cohort import FlowRow

if TYPE_CHECKING:
    import polars as pl

LATER_BANDS = ((45, "45-64"), (65, "65-79"), (80, "80+"))


def age_bands(age_years: FloatArray, youngest: int = 18) -> Column:
    """Return the band of each age, empty where it is not known; the first begins at ``youngest``.

    >>> age_bands(np.array([17.0, 44.0, 80.0, np.nan]), youngest=16).tolist()
    ['16-44', '16-44', '80+', '']
    """
    bands = ((0, f"{youngest}-44"), *LATER_BANDS)
    starts, names = (np.array(column) for column in zip(*bands, strict=True))
    known = np.isfinite(age_years)
    position = np.searchsorted(starts, np.where(known, age_years, 0), side="right") - 1
    return np.where(known, names[position], "")


def text_column(column: pl.Series) -> Column:
    """Return a column as text, empty where nothing is known."""
    return np.array(column.fill_null("").to_list(), dtype=np.str_)


def not_recorded(groups: Mapping[str, Column], numbers: Mapping[str, FloatArray]) -> list[FlowRow]:
    """Return a row of the cohort flow for each group and number: of how many it is not known."""
    unknown = {name: int((column == "").sum()) for name, column in groups.items()}
    unknown |= {name: int(np.isnan(column).sum()) for name, column in numbers.items()}
    return [
        FlowRow(kind="handled", reason=f"{name} not recorded", count=n)
        for name, n in unknown.items()
    ]
