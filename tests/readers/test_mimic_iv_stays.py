"""Which stays of MIMIC-IV make the cohort, with which outcome and which groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from mimic_folder import mimic_tables, write_tables
from mimic_reading import ADMISSIONS, PATIENTS, STAYS, Tables, changed, read
from seen import counts

from samd_validate.readers.mimic.groups import ethnicity


@pytest.fixture(scope="module")
def tables() -> Tables:
    return mimic_tables(stays=12)


@pytest.mark.parametrize(
    ("table", "row", "reason"),
    [
        (STAYS, {"hadm_id": 1}, "without an admission in hosp/admissions"),
        (STAYS, {"subject_id": 1}, "without a patient in hosp/patients"),
        (
            STAYS,
            {"intime": None},
            "without time of admission to or discharge from the ICU",
        ),
        (
            STAYS,
            {"outtime": "2150-01-01 00:00:00"},
            "discharged from the ICU before admission to it",
        ),
        (STAYS, {"outtime": "2150-01-02 00:00:00"}, "in the ICU for less than 48 h"),
        (PATIENTS, {"anchor_age": 15}, "younger than 18 years"),
        (PATIENTS, {"anchor_age": None}, "age not known"),
        (
            ADMISSIONS,
            {"dischtime": "2150-01-02 06:00:00"},
            "dead or out of hospital within 48 h",
        ),
        (ADMISSIONS, {"dischtime": None}, "without time of discharge or death"),
    ],
)
def test_stay_that_is_excluded_is_counted_once_under_its_reason(
    tmp_path: Path, tables: Tables, table: str, row: dict[str, Any], reason: str
) -> None:
    first = pl.int_range(pl.len()) == 0
    columns = [
        pl.when(first).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
        for name, value in row.items()
    ]
    cohort = read(write_tables(tmp_path, changed(tables, table, lambda t: t.with_columns(columns))))
    excluded = {row.reason: row.count for row in cohort.flow if row.kind == "excluded"}
    assert excluded[reason] == 1
    assert sum(excluded.values()) == 1
    assert cohort.size == 11


def second_stays(tables: Tables, after_hours: float) -> Tables:
    """Give the first patient a second stay that begins so long after the first began."""
    begin = pl.col("intime").str.to_datetime() + pl.duration(minutes=round(60 * after_hours))
    again = (
        tables[STAYS]
        .head(1)
        .with_columns(
            stay_id=pl.lit(39_000_000, dtype=pl.Int64),
            intime=begin.dt.strftime("%Y-%m-%d %H:%M:%S"),
            outtime=(begin + pl.duration(hours=60)).dt.strftime("%Y-%m-%d %H:%M:%S"),
        )
    )
    late = changed(
        tables, ADMISSIONS, lambda t: t.with_columns(dischtime=pl.lit("2190-01-01 00:00:00"))
    )
    return changed(late, STAYS, lambda t: pl.concat([again, t]))


@pytest.mark.parametrize(("rule", "size"), [("first_of_patient", 12), ("all", 13)])
def test_second_stay_of_a_patient(tmp_path: Path, tables: Tables, rule: str, size: int) -> None:
    cohort = read(write_tables(tmp_path, second_stays(tables, 100)), stays=rule)
    assert cohort.size == size
    assert np.unique(cohort.patient_id).size == 12
    assert "39000000" not in cohort.unit_id[:1]


def test_overlapping_stays_leave(tmp_path: Path, tables: Tables) -> None:
    cohort = read(write_tables(tmp_path, second_stays(tables, 30)), stays="all")
    assert counts(cohort)["overlapping with another ICU stay of the patient"] == 2
    assert cohort.size == 11


def test_death_after_the_horizon_is_no_event(tmp_path: Path, tables: Tables) -> None:
    write_tables(tmp_path, tables)  # deaths are 90 h after admission to the ICU
    assert read(tmp_path).n_events == 3
    assert read(tmp_path, horizon_hours=42).n_events == 3
    assert read(tmp_path, horizon_hours=41).n_events == 0


def test_flag_and_time_of_death_that_disagree_are_counted(tmp_path: Path, tables: Tables) -> None:
    told = changed(tables, ADMISSIONS, lambda t: t.with_columns(hospital_expire_flag=pl.lit(0)))
    cohort = read(write_tables(tmp_path, told))
    assert counts(cohort)["death flag and time of death disagree, taken as dead"] == 3
    assert cohort.n_events == 3


def test_age_is_that_at_admission(tmp_path: Path, tables: Tables) -> None:
    cohort = read(write_tables(tmp_path, tables))
    assert cohort.numbers["age_years"][:2].tolist() == [31, 38]  # a year after the anchor year
    assert set(cohort.groups) == {
        "age_band", "sex", "ethnicity", "admission_type", "first_careunit", "anchor_year_group",
    }  # fmt: skip
    assert cohort.groups["anchor_year_group"][0] == "2008 - 2010"


def test_wards_can_be_the_sites(tmp_path: Path, tables: Tables) -> None:
    cohort = read(write_tables(tmp_path, tables), site="first_careunit")
    assert np.unique(cohort.site).size == 2


@pytest.mark.parametrize(
    ("race", "group"),
    [
        ("WHITE - BRAZILIAN", "White"),
        ("PORTUGUESE", "White"),
        ("HISPANIC/LATINO - CUBAN", "Hispanic"),
        ("ASIAN - CHINESE", "Asian"),
        ("AMERICAN INDIAN/ALASKA NATIVE", "Other"),
        ("UNKNOWN", ""),
        ("", ""),
    ],
)
def test_ethnicity_of_a_race(race: str, group: str) -> None:
    assert ethnicity(race) == group
