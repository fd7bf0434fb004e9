"""The stays of MIMIC-IV that make the cohort, and why each of the others does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from samd_validate.core.cohort import FlowRow
from samd_validate.core.errors import Problem, gather
from samd_validate.readers.events.stays import StayRule, StayWords, chosen
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


WORDS = StayWords(stays=ICUSTAYS.place, admissions=ADMISSIONS.place, patients=PATIENTS.place)


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
    return chosen(_joined(people), rule, WORDS)


def _joined(people: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return every ICU stay with its admission and patient."""
    import polars as pl

    patients, admissions, stays = (
        people[shape.place] for shape in (PATIENTS, ADMISSIONS, ICUSTAYS)
    )
    known = [
        admissions.drop("subject_id").with_columns(has_admission=True),
        patients.with_columns(has_patient=True),
    ]
    return (
        stays.join(known[0], on="hadm_id", how="left")
        .join(known[1], on="subject_id", how="left")
        .with_columns(
            age_years=pl.col("anchor_age") + pl.col("admittime").dt.year() - pl.col("anchor_year"),
            is_flagged=pl.col("hospital_expire_flag") == 1,
        )
    )


def _problem(table: Table, found: str, expected: str) -> Problem:
    todo = "restore the file from its source"
    return Problem(where=table.name, found=found, expected=expected, todo=todo)
