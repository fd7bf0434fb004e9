"""Which intensive care stays make a cohort, and why each of the others does not: one set of rules.

A source brings its stays to one frame; order, overlap, outcome and the reasons for exclusion are
then the same whatever the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import FlowRow
from samd_validate.readers.events.choose import kept_stays

if TYPE_CHECKING:
    import polars as pl

OLDEST = 89


@dataclass(frozen=True, kw_only=True)
class StayRule:
    """Which stays are wanted: the protocol's own words."""

    stays: Literal["first_of_patient", "first_of_admission", "all"]
    minimum_age_years: float
    window_hours: float
    horizon_hours: float | None


@dataclass(frozen=True, kw_only=True)
class StayWords:
    """Where a source keeps stays, admissions and patients, as flow and messages call it."""

    stays: str
    admissions: str
    patients: str


def chosen(
    joined: pl.DataFrame, rule: StayRule, words: StayWords
) -> tuple[pl.DataFrame, list[FlowRow]]:
    """Return the stays of the cohort, sorted by patient and stay, and the counted flow.

    ``joined`` has a row per stay: ``subject_id``, ``hadm_id``, ``stay_id``, ``intime``,
    ``outtime``, ``admittime``, ``dischtime``, ``deathtime``, ``is_flagged`` (the source says died
    in hospital), ``age_years``, ``has_admission`` and ``has_patient`` (null: not). Each excluded
    stay is counted once, under the first reason that holds.

    Raises
    ------
    CannotRun
        If no stay is left.
    """
    judged = _with_outcome(_ordered(joined), rule)
    start = f"ICU stays in {words.stays}"
    reasons = _exclusions(rule, words)
    kept, flow = kept_stays(judged, reasons, start)
    kept = kept.sort("subject_id", "stay_id")
    return kept.with_row_index("unit_index"), flow


def _ordered(joined: pl.DataFrame) -> pl.DataFrame:
    """Add the order of a patient's stays, and which of them overlap."""
    import polars as pl

    latest = pl.col("outtime").cum_max().shift(1).over("subject_id")
    following = pl.col("intime").shift(-1).over("subject_id")
    return joined.sort("subject_id", "intime", "stay_id", nulls_last=True).with_columns(
        overlaps=(pl.col("intime") < latest).fill_null(False)
        | (following < pl.col("outtime")).fill_null(False),
        of_patient=pl.int_range(pl.len()).over("subject_id"),
        of_admission=pl.int_range(pl.len()).over("subject_id", "hadm_id"),
    )


def _with_outcome(ordered: pl.DataFrame, rule: StayRule) -> pl.DataFrame:
    """Add death in hospital, its time (discharge where none is told), and the label."""
    import polars as pl

    is_flagged = pl.col("is_flagged").fill_null(False)
    predicted = pl.col("intime") + pl.duration(minutes=round(60 * rule.window_hours))
    label = is_flagged | pl.col("deathtime").is_not_null()
    if rule.horizon_hours is not None:
        label &= pl.col("end") <= predicted + pl.duration(minutes=round(60 * rule.horizon_hours))
    return (
        ordered.with_columns(end=pl.coalesce("deathtime", "dischtime"), predicted=predicted)
        .with_columns(
            label=label.cast(pl.Int8), disagrees=is_flagged != pl.col("deathtime").is_not_null()
        )
        .with_columns(
            stay_hours=(pl.col("outtime") - pl.col("intime")).dt.total_seconds() / 3600,
            outcome_hours=pl.when(pl.col("label") == 1).then(
                (pl.col("end") - pl.col("intime")).dt.total_seconds() / 3600
            ),
        )
    )


def _exclusions(rule: StayRule, words: StayWords) -> list[tuple[str, pl.Expr]]:
    import polars as pl

    window = f"{rule.window_hours:g} h"
    first = {
        "first_of_patient": ("not the patient's first ICU stay", pl.col("of_patient") > 0),
        "first_of_admission": ("not the admission's first ICU stay", pl.col("of_admission") > 0),
    }
    order = [first[rule.stays]] if rule.stays in first else []
    return [
        (f"without an admission in {words.admissions}", pl.col("has_admission").is_null()),
        (f"without a patient in {words.patients}", pl.col("has_patient").is_null()),
        ("without time of admission to or discharge from the ICU", pl.col("stay_hours").is_null()),
        ("discharged from the ICU before admission to it", pl.col("stay_hours") < 0),
        ("without time of discharge or death", pl.col("end").is_null()),
        ("age not known", pl.col("age_years").is_null()),
        (
            f"younger than {rule.minimum_age_years:g} years",
            pl.col("age_years") < rule.minimum_age_years,
        ),
        *order,
        ("overlapping with another ICU stay of the patient", pl.col("overlaps")),
        (f"in the ICU for less than {window}", pl.col("stay_hours") < rule.window_hours),
        (f"dead or out of hospital within {window}", pl.col("end") < pl.col("predicted")),
    ]


def numbers_of(stays: pl.DataFrame) -> dict[str, FloatArray]:
    """Return age, and the hours from the index time to death in hospital (NaN for survivors).

    The latter tells whether anything came after the outcome; it is no input for a device.
    """
    import polars as pl

    names = ("age_years", "outcome_hours")
    return {name: stays[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in names}
