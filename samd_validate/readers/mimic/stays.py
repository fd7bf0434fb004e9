"""The stays of MIMIC-IV that make the cohort, and why each of the others does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from samd_validate.core.cohort import FlowRow
from samd_validate.core.errors import Problem, gather
from samd_validate.readers.events.choose import kept_stays
from samd_validate.readers.events.tables import Table, TableShape, attempt

if TYPE_CHECKING:
    import polars as pl

PATIENTS = TableShape(
    place="hosp/patients",
    columns={
        "subject_id": "id",
        "gender": "text",
        "anchor_age": "number",
        "anchor_year": "number",
        "anchor_year_group": "text",
    },
)
ADMISSIONS = TableShape(
    place="hosp/admissions",
    columns={
        "subject_id": "id",
        "hadm_id": "id",
        "admittime": "time",
        "dischtime": "time",
        "deathtime": "time",
        "admission_type": "text",
        "race": "text",
        "hospital_expire_flag": "number",
    },
)
ICUSTAYS = TableShape(
    place="icu/icustays",
    columns={
        "subject_id": "id",
        "hadm_id": "id",
        "stay_id": "id",
        "first_careunit": "text",
        "intime": "time",
        "outtime": "time",
    },
)
KEYS = {
    PATIENTS.place: "subject_id",
    ADMISSIONS.place: "hadm_id",
    ICUSTAYS.place: "stay_id",
}
OLDEST = 89


@dataclass(frozen=True, kw_only=True)
class StayRule:
    """Which stays are wanted: the protocol's own words."""

    stays: Literal["first_of_patient", "first_of_admission", "all"]
    minimum_age_years: float
    window_hours: float
    horizon_hours: float | None


def read_people(tables: Mapping[str, Table]) -> dict[str, pl.DataFrame]:
    """Return patients, admissions and stays, or raise what is wrong in any of them."""
    outcomes = {name: attempt(lambda name=name: _read(tables[name])) for name in KEYS}  # type: ignore[misc]
    gather([problem for _, problems in outcomes.values() for problem in problems])
    return {name: frame for name, (frame, _) in outcomes.items() if frame is not None}


def _read(table: Table) -> pl.DataFrame:
    frame = table.read()
    key = KEYS[table.shape.place]
    problems = []
    empty = frame[key].null_count()
    if empty:
        problems.append(_problem(table, f"{empty} rows without {key}", "an id in each row"))
    double = frame.height - empty - frame[key].drop_nulls().n_unique()
    if double:
        problems.append(_problem(table, f"{double} rows with a {key} seen before", "one row each"))
    if "hospital_expire_flag" in frame.columns:
        wrong = int((~frame["hospital_expire_flag"].is_in([0.0, 1.0])).fill_null(True).sum())
        if wrong:
            found = f"hospital_expire_flag other than 0 and 1 in {wrong} rows"
            problems.append(_problem(table, found, "0 or 1"))
    gather(problems)
    return frame


def chosen_stays(
    people: Mapping[str, pl.DataFrame], rule: StayRule
) -> tuple[pl.DataFrame, list[FlowRow]]:
    """Return the stays of the cohort, sorted by patient and stay, and the counted flow.

    Each excluded stay is counted once, under the first reason that holds.

    Raises
    ------
    CannotRun
        If no stay is left.
    """
    joined = _with_outcome(_joined(people), rule)
    kept, flow = kept_stays(joined, _exclusions(rule), "ICU stays in icu/icustays")
    kept = kept.sort("subject_id", "stay_id")
    return kept.with_row_index("unit_index"), flow


def _joined(people: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return every ICU stay with its admission and patient, its order, and overlaps."""
    import polars as pl

    patients, admissions, stays = (
        people[shape.place] for shape in (PATIENTS, ADMISSIONS, ICUSTAYS)
    )
    ordered = stays.sort("subject_id", "intime", "stay_id", nulls_last=True)
    latest = pl.col("outtime").cum_max().shift(1).over("subject_id")
    following = pl.col("intime").shift(-1).over("subject_id")
    known = [
        admissions.drop("subject_id").with_columns(has_admission=True),
        patients.with_columns(has_patient=True),
    ]
    return (
        ordered.with_columns(
            overlaps=(pl.col("intime") < latest).fill_null(False)
            | (following < pl.col("outtime")).fill_null(False),
            of_patient=pl.int_range(pl.len()).over("subject_id"),
            of_admission=pl.int_range(pl.len()).over("subject_id", "hadm_id"),
        )
        .join(known[0], on="hadm_id", how="left")
        .join(known[1], on="subject_id", how="left")
        .with_columns(
            age_years=pl.col("anchor_age") + pl.col("admittime").dt.year() - pl.col("anchor_year")
        )
    )


def _with_outcome(joined: pl.DataFrame, rule: StayRule) -> pl.DataFrame:
    """Add death in hospital, its time (discharge where none is told), and the label."""
    import polars as pl

    died = (pl.col("hospital_expire_flag") == 1) | pl.col("deathtime").is_not_null()
    predicted = pl.col("intime") + pl.duration(minutes=round(60 * rule.window_hours))
    label = died
    if rule.horizon_hours is not None:
        label &= pl.col("end") <= predicted + pl.duration(minutes=round(60 * rule.horizon_hours))
    disagrees = (pl.col("hospital_expire_flag") == 1) != pl.col("deathtime").is_not_null()
    return (
        joined.with_columns(end=pl.coalesce("deathtime", "dischtime"), predicted=predicted)
        .with_columns(label=label.cast(pl.Int8), disagrees=disagrees)
        .with_columns(stay_hours=(pl.col("outtime") - pl.col("intime")).dt.total_seconds() / 3600)
    )


def _exclusions(rule: StayRule) -> list[tuple[str, pl.Expr]]:
    import polars as pl

    window = f"{rule.window_hours:g} h"
    first = {
        "first_of_patient": ("not the patient's first ICU stay", pl.col("of_patient") > 0),
        "first_of_admission": ("not the admission's first ICU stay", pl.col("of_admission") > 0),
    }
    order = [first[rule.stays]] if rule.stays in first else []
    return [
        ("without an admission in hosp/admissions", pl.col("has_admission").is_null()),
        ("without a patient in hosp/patients", pl.col("has_patient").is_null()),
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


def _problem(table: Table, found: str, expected: str) -> Problem:
    todo = "restore the file from its source"
    return Problem(where=table.name, found=found, expected=expected, todo=todo)
