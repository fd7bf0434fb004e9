"""The groups of MIMIC-IV patients, in the words that other sources use too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samd_validate.core.arrays import Column

if TYPE_CHECKING:
    import polars as pl

SEXES = {"F": "female", "M": "male"}
ETHNICITIES = (
    ("WHITE", "White"),
    ("PORTUGUESE", "White"),
    ("BLACK", "Black"),
    ("HISPANIC", "Hispanic"),
    ("ASIAN", "Asian"),
)
NOT_TOLD = ("", "UNKNOWN", "UNABLE TO OBTAIN", "PATIENT DECLINED TO ANSWER")
ADMISSION_TYPES = {
    "DIRECT EMER.": "emergency",
    "EW EMER.": "emergency",
    "URGENT": "emergency",
    "ELECTIVE": "elective",
    "SURGICAL SAME DAY ADMISSION": "elective",
    "AMBULATORY OBSERVATION": "observation",
    "DIRECT OBSERVATION": "observation",
    "EU OBSERVATION": "observation",
    "OBSERVATION ADMIT": "observation",
}
AGE_BANDS = ((0, "18-44"), (45, "45-64"), (65, "65-79"), (80, "80+"))


def groups_of(stays: pl.DataFrame) -> dict[str, Column]:
    """Return the categorical columns of the stays as text, empty where not known."""
    text = {
        name: stays[name].fill_null("").str.strip_chars().to_list()
        for name in ("gender", "race", "admission_type", "first_careunit", "anchor_year_group")
    }
    ages = stays["age_years"].to_numpy()
    starts = np.array([start for start, _ in AGE_BANDS])
    names = np.array([name for _, name in AGE_BANDS])
    columns = {
        "age_band": names[np.searchsorted(starts, ages, side="right") - 1],
        "sex": [SEXES.get(one, "") for one in text["gender"]],
        "ethnicity": [ethnicity(one) for one in text["race"]],
        "admission_type": [ADMISSION_TYPES.get(one, one.lower()) for one in text["admission_type"]],
        "first_careunit": text["first_careunit"],
        "anchor_year_group": text["anchor_year_group"],
    }
    return {name: np.array(column, dtype=np.str_) for name, column in columns.items()}


def ethnicity(race: str) -> str:
    """Return one of five groups, or empty text where the source does not tell.

    >>> ethnicity("BLACK/CAPE VERDEAN"), ethnicity("UNABLE TO OBTAIN"), ethnicity("OTHER")
    ('Black', '', 'Other')
    """
    if race in NOT_TOLD:
        return ""
    return next((group for start, group in ETHNICITIES if race.startswith(start)), "Other")
