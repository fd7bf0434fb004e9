"""Stays of the eICU database: their tables, ages, and groups in the words of other sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.errors import Problem, gather
from samd_validate.readers.eicu.patients import ETHNICITIES, SEXES, TOP_CODED, TOP_CODED_AGE
from samd_validate.readers.events.people import age_bands, text_column
from samd_validate.readers.events.tables import Table, TableShape

if TYPE_CHECKING:
    import polars as pl

ICU_TYPES = {
    "Cardiac ICU": "coronary care",
    "CSICU": "cardiac surgery recovery",
    "CTICU": "cardiac surgery recovery",
    "MICU": "medical",
    "SICU": "surgical",
}
"""Units that are what the Challenge of 2012 calls so; mixed ones, and others, are not told."""
OUTCOMES = ("Alive", "Expired")
LIMITS = {"admissionheight": (100, 230), "admissionweight": (20, 400)}


def patient_shape(folder: str) -> TableShape:
    """Return the columns of the table of unit stays."""
    return TableShape(
        place=f"{folder}/patient",
        columns={
            "patientunitstayid": "id",
            "patienthealthsystemstayid": "id",
            "uniquepid": "word",
            "hospitalid": "id",
            "gender": "word",
            "age": "word",
            "ethnicity": "word",
            "unittype": "word",
            "unitvisitnumber": "number",
            "unitdischargeoffset": "number",
            "hospitaldischargeoffset": "number",
            "hospitaldischargestatus": "word",
            "admissionheight": "number",
            "admissionweight": "number",
        },
    )


def hospital_shape(folder: str) -> TableShape:
    """Return the columns of the table of hospitals."""
    return TableShape(place=f"{folder}/hospital", columns={"hospitalid": "id", "region": "word"})


def read_patients(patients: Table, hospitals: Table) -> pl.DataFrame:
    """Return the unit stays with their region, age in years, and label.

    ``label`` is null where the outcome is not recorded.

    Raises
    ------
    CannotRun
        With ids that are missing or there twice, and outcomes that are neither alive nor expired.
    """
    import polars as pl

    people, places = patients.read(), hospitals.read()
    gather(
        [
            *_twice(patients, people, "patientunitstayid"),
            *_twice(hospitals, places, "hospitalid"),
            *_without_patient(patients, people),
            *_outcomes(patients, people),
        ]
    )
    age = pl.col("age").cast(pl.Float64, strict=False)
    return people.join(places, on="hospitalid", how="left").with_columns(
        age_years=pl.when(pl.col("age") == TOP_CODED).then(TOP_CODED_AGE).otherwise(age),
        label=(pl.col("hospitaldischargestatus") == OUTCOMES[1]).cast(pl.Int8),
    )


def _twice(table: Table, frame: pl.DataFrame, key: str) -> list[Problem]:
    wrong = frame.height - frame[key].drop_nulls().n_unique()
    if not wrong:
        return []
    return [_problem(table, f"{wrong} rows without {key}, or with one seen before", "one row each")]


def _without_patient(table: Table, people: pl.DataFrame) -> list[Problem]:
    empty = people["uniquepid"].null_count()
    return [_problem(table, f"{empty} rows without uniquepid", "a patient in each")] * bool(empty)


def _outcomes(table: Table, people: pl.DataFrame) -> list[Problem]:
    known = people["hospitaldischargestatus"].drop_nulls()
    wrong = int((~known.is_in(list(OUTCOMES))).sum())
    if not wrong:
        return []
    found = f"hospitaldischargestatus other than {' and '.join(OUTCOMES)} in {wrong} rows"
    return [_problem(table, found, "one of the two, or nothing")]


def _problem(table: Table, found: str, expected: str) -> Problem:
    todo = "restore the file from its source"
    return Problem(where=table.name, found=found, expected=expected, todo=todo)


def groups_of(stays: pl.DataFrame, youngest: int) -> dict[str, Column]:
    """Return the categorical columns of the stays as text, empty where not known."""
    import polars as pl

    def worded(name: str, words: dict[str, str]) -> Column:
        told = stays[name].replace_strict(words, default=None, return_dtype=pl.String)
        return text_column(told)

    return {
        "age_band": age_bands(stays["age_years"].to_numpy(), youngest),
        "sex": worded("gender", SEXES),
        "ethnicity": worded("ethnicity", ETHNICITIES),
        "region": text_column(stays["region"]),
        "unit_type": text_column(stays["unittype"]),
        "icu_type": worded("unittype", ICU_TYPES),
    }


def numbers_of(stays: pl.DataFrame) -> dict[str, FloatArray]:
    """Return age, height and weight; NaN where missing or where it cannot be."""
    body = {}
    for name, (low, high) in LIMITS.items():
        value = stays[name].to_numpy().astype(np.float64)
        body[name] = np.where((value > low) & (value <= high), value, np.nan)
    return {
        "age_years": stays["age_years"].to_numpy(),
        "height_cm": body["admissionheight"],
        "weight_kg": body["admissionweight"],
    }
