"""What the patient table of eICU-CRD means: ages, groups and outcomes, for every reader of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.readers.events.people import age_bands

if TYPE_CHECKING:
    import polars as pl

TOP_CODED = "> 89"
TOP_CODED_AGE = 90.0
ALIVE, EXPIRED = "ALIVE", "EXPIRED"
CITATION = (
    "Pollard TJ, Johnson AEW, Raffa JD, Celi LA, Mark RG, Badawi O. The eICU Collaborative "
    "Research Database. Sci Data 2018;5:180178. Zimmerman JE et al. APACHE IV. Crit Care Med "
    "2006;34:1297-1310."
)
LICENCE = "ODbL 1.0 (demo); PhysioNet credentialed licence (full database)"
SEXES = {"Female": "female", "Male": "male"}
ETHNICITIES = {
    "Caucasian": "White",
    "African American": "Black",
    "Hispanic": "Hispanic",
    "Asian": "Asian",
    "Native American": "Other",
}
TEACHING = {"t": "teaching", "true": "teaching", "f": "not teaching", "false": "not teaching"}


def ages_in_years(written: Iterable[str]) -> tuple[FloatArray, int]:
    """Return ages ``(n,)`` in years, NaN where none is told, and how many were "> 89".

    Those become 90: how much older they are the source does not tell.

    >>> ages_in_years(["17", "> 89", ""])
    (array([17., 90., nan]), 1)
    """
    texts = [one.strip() for one in written]
    ages = [TOP_CODED_AGE if one == TOP_CODED else _age(one) for one in texts]
    return np.array(ages, dtype=np.float64), texts.count(TOP_CODED)


def _age(text: str) -> float:
    return float(text) if text.isdigit() else float("nan")


def groups_of(stays: pl.DataFrame) -> dict[str, Column]:
    """Return the categorical columns of stays with their hospital, empty where not known.

    "Other/Unknown" is not known: the source does not tell the two apart.
    """
    text = {
        name: stays[name].fill_null("").str.strip_chars().to_list()
        for name in (
            "gender",
            "ethnicity",
            "region",
            "teachingstatus",
            "numbedscategory",
            "unittype",
            "unitadmitsource",
        )
    }
    year = stays["hospitaldischargeyear"]
    columns = {
        "age_band": age_bands(stays["age_years"].to_numpy()).tolist(),
        "sex": [SEXES.get(one, "") for one in text["gender"]],
        "ethnicity": [ETHNICITIES.get(one, "") for one in text["ethnicity"]],
        "region": text["region"],
        "teaching_status": [TEACHING.get(one.lower(), "") for one in text["teachingstatus"]],
        "bed_size": text["numbedscategory"],
        "unit_type": text["unittype"],
        "admission_source": text["unitadmitsource"],
        "discharge_year": ["" if one is None else f"{one:g}" for one in year.to_list()],
    }
    return {name: np.array(column, dtype=np.str_) for name, column in columns.items()}
