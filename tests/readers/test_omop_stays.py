"""Which stays of an OMOP warehouse make the cohort, and which values are used."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from omop_folder import (
    CREATININE,
    GCS_TOTAL,
    HEART_RATE,
    ICU,
    PATIENT_DIED,
    PER_MINUTE,
    POTASSIUM,
    TEMPERATURE,
    Tables,
    at,
    measurements,
    omop_tables,
    rows,
    together,
    write_parquet,
)
from omop_reading import read, refused, with_first
from seen import counts, observed
from value_account import not_used, ways_by_unit

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun


def excluded(cohort: Cohort) -> dict[str, int]:
    return {row.reason: row.count for row in cohort.flow if row.kind == "excluded" and row.count}


def test_one_stay_counted_out_by_hand(tmp_path: Path) -> None:
    cohort = read(write_parquet(tmp_path, omop_tables()))
    assert (cohort.unit_id.tolist(), cohort.patient_id.tolist()) == (["100"], ["1"])
    assert cohort.label.tolist() == [0]
    assert cohort.numbers["age_years"].tolist() == [59]  # born in May, admitted in January
    assert {name: column.tolist() for name, column in cohort.groups.items()} == {
        "age_band": ["45-64"],
        "sex": ["female"],
        "ethnicity": ["Black"],
        "admission_type": ["emergency"],
        "first_careunit": ["MICU"],
    }
    assert observed(cohort, "heart_rate") == [(0.833, 85.0)]
    assert observed(cohort, "gcs") == [(1.5, 14.0)]  # from the table of observations
    assert counts(cohort)["used"] == 3
    assert counts(cohort)["ICU stays in visit_detail"] == 1


DEATHS = (  # day, time, discharged to, label; the discharge is at noon of the 5th
    (None, None, PATIENT_DIED, 1),
    ("2150-01-04", "2150-01-04 10:00", 0, 1),
    ("2150-01-05", "2150-01-05 12:01", 0, 0),
    ("2150-01-04", None, 0, 1),
    ("2150-01-05", None, 0, 1),  # the day of discharge, and nobody says where to
    ("2150-01-05", None, None, 1),
    ("2150-01-05", None, 8536, 0),  # home
    ("2150-01-05", None, PATIENT_DIED, 1),
    ("2150-01-06", None, 0, 0),
    ("2149-12-31", None, 0, 0),
)


def with_death(day: str | None, time: str | None, discharged_to: int | None) -> Tables:
    tables = with_first(omop_tables(), "visit_occurrence", discharged_to_concept_id=discharged_to)
    moment = at(f"{day} 00:00") if day else None
    return tables | {"death": rows("death", (1, moment.date(), at(time)))} if moment else tables


def test_death_in_hospital(tmp_path: Path) -> None:
    tables = together(*(with_death(*case[:3]) for case in DEATHS))
    cohort = read(write_parquet(tmp_path, tables), variables=("heart_rate",))
    assert cohort.label.tolist() == [label for *_, label in DEATHS]


def test_death_after_the_horizon_is_no_event(tmp_path: Path) -> None:
    tables = with_first(omop_tables(), "visit_occurrence", discharged_to_concept_id=PATIENT_DIED)
    write_parquet(tmp_path, tables)  # 53.5 h after the window
    one = ("heart_rate",)
    assert read(tmp_path, horizon_hours=54, variables=one).n_events == 1
    assert read(tmp_path, horizon_hours=53, variables=one).n_events == 0


FAULTS: tuple[tuple[str, dict[str, Any], str], ...] = (
    (
        "visit_occurrence",
        {"visit_occurrence_id": 999},
        "without an admission in visit_occurrence",
    ),
    ("visit_occurrence", {"person_id": 99}, "without an admission in visit_occurrence"),
    ("person", {"person_id": 99}, "without a patient in person"),
    (
        "visit_detail",
        {"visit_detail_start_datetime": None},
        "without time of admission to or discharge from the ICU",
    ),
    (
        "visit_detail",
        {"visit_detail_end_datetime": at("06:00")},
        "discharged from the ICU before admission to it",
    ),
    ("visit_detail", {"visit_detail_end_datetime": at("08:00")}, "in the ICU for less than 48 h"),
    ("visit_occurrence", {"visit_end_datetime": None}, "without time of discharge or death"),
    (
        "visit_occurrence",
        {"visit_end_datetime": at("2150-01-02 12:00")},
        "dead or out of hospital within 48 h",
    ),
    ("person", {"year_of_birth": None}, "age not known"),
    ("person", {"year_of_birth": 2151}, "age not known"),
    ("person", {"month_of_birth": 13}, "age not known"),
    ("person", {"year_of_birth": 2140}, "younger than 18 years"),
)


def test_each_excluded_stay_is_counted_once_under_its_reason(tmp_path: Path) -> None:
    faulty = [with_first(omop_tables(), table, **row) for table, row, _ in FAULTS]
    tables = together(omop_tables(), *faulty)
    cohort = read(write_parquet(tmp_path, tables), variables=("heart_rate",))
    assert excluded(cohort) == Counter(reason for *_, reason in FAULTS)
    assert counts(cohort)["ICU stays in visit_detail"] == 1 + len(FAULTS)
    assert cohort.patient_id.tolist() == ["1"]


def with_second(start: str, end: str) -> Tables:
    tables = omop_tables()
    again = rows("visit_detail", (102, 1, 581379, at(start), at(end), 10, 8))
    return tables | {"visit_detail": pl.concat([tables["visit_detail"], again])}


def test_second_stay_of_a_person(tmp_path: Path) -> None:
    write_parquet(tmp_path, with_second("2150-01-04 06:30", "2150-01-05 11:00"))
    first = read(tmp_path, window_hours=24)
    assert excluded(first) == {"not the patient's first ICU stay": 1}
    assert read(tmp_path, window_hours=24, stays="all").unit_id.tolist() == ["100", "102"]
    assert refused(tmp_path, concepts={"icu": [581379]}, window_hours=24) == [
        "data set 'icu': no usable value of any of 57 variables"
    ]


def test_overlapping_stays_leave(tmp_path: Path) -> None:
    tables = together(omop_tables(), omop_tables())
    inside = rows(
        "visit_detail", (5000, 1, ICU, at("2150-01-02 06:30"), at("2150-01-04 06:30"), 10, 8)
    )
    tables["visit_detail"] = pl.concat([tables["visit_detail"], inside])
    cohort = read(write_parquet(tmp_path, tables), stays="all", window_hours=12)
    assert excluded(cohort) == {"overlapping with another ICU stay of the patient": 2}


def test_rows_that_follow_each_other_can_be_one_stay(tmp_path: Path) -> None:
    tables = with_first(omop_tables(), "visit_detail", visit_detail_end_datetime=at("12:00"))
    more = rows(
        "visit_detail",
        (102, 1, ICU, at("12:30"), at("2150-01-03 12:00"), 10, 8),
        (103, 1, ICU, at("13:00"), at("14:00"), 10, 8),  # within the one before
        (104, 1, ICU, at("2150-01-04 06:30"), at("2150-01-05 11:00"), 10, 8),
        (105, 1, ICU, None, at("2150-01-05 11:00"), 10, 8),
    )
    tables["visit_detail"] = pl.concat([tables["visit_detail"], more])
    write_parquet(tmp_path, tables)
    cohort = read(tmp_path, variables=("heart_rate",), join_gap_minutes=30)
    assert cohort.unit_id.tolist() == ["100"]
    assert observed(cohort, "heart_rate") == [(0.833, 85.0)]
    found = counts(cohort)
    assert found["rows of intensive care joined to the stay before, of the same visit"] == 2
    assert found["ICU stays in visit_detail"] == 3
    with pytest.raises(CannotRun, match="no stay for the cohort"):
        read(tmp_path, variables=("heart_rate",), join_gap_minutes=29)
    with pytest.raises(CannotRun, match="no stay for the cohort"):
        read(tmp_path, variables=("heart_rate",))


def test_intensive_care_can_be_visits_of_their_own(tmp_path: Path) -> None:
    tables = with_first(omop_tables(), "visit_occurrence", visit_concept_id=ICU)
    write_parquet(tmp_path, tables)
    cohort = read(tmp_path, concepts={"stays_in": "visit_occurrence"})
    assert cohort.unit_id.tolist() == ["10"]
    assert cohort.groups["first_careunit"].tolist() == ["Hillcrest"]
    assert observed(cohort, "heart_rate") == [(6.833, 85.0)]  # from 00:30 on


@pytest.mark.parametrize(
    ("site", "name"), [("data_set", "omop"), ("care_site", "Hillcrest"), ("location", "North")]
)
def test_site_is_the_hospital_or_its_place(tmp_path: Path, site: str, name: str) -> None:
    write_parquet(tmp_path, omop_tables())
    assert read(tmp_path, site=site, variables=("heart_rate",)).site.tolist() == [name]


def test_site_that_is_not_told_has_a_name(tmp_path: Path) -> None:
    tables = with_first(omop_tables(), "visit_occurrence", care_site_id=None)
    assert read(write_parquet(tmp_path, tables), site="location").site.tolist() == ["not told"]


def test_ethnicity_of_the_concepts(tmp_path: Path) -> None:
    groups = {
        (8527, 38003564): "White",
        (8527, 38003563): "Hispanic",
        (8515, 0): "Asian",
        (8657, 0): "Other",
        (0, 0): "",
        (None, None): "",
    }
    told = [
        with_first(
            omop_tables(),
            "person",
            race_concept_id=race,
            ethnicity_concept_id=ethnicity,
            gender_concept_id=0,
        )
        for race, ethnicity in groups
    ]
    cohort = read(write_parquet(tmp_path, together(*told)), variables=("heart_rate",))
    assert cohort.groups["ethnicity"].tolist() == list(groups.values())
    assert set(cohort.groups["sex"]) == {""}


def test_values_that_are_not_used_are_counted_once(tmp_path: Path) -> None:
    values = measurements(
        (1, HEART_RATE, "06:29", 70.0, PER_MINUTE, None),
        (1, HEART_RATE, "06:30", 71.0, PER_MINUTE, None),
        (1, HEART_RATE, "2150-01-03 06:29", 72.0, PER_MINUTE, None),
        (1, HEART_RATE, "2150-01-03 06:30", 98.0, PER_MINUTE, None),
        (1, HEART_RATE, "2099-01-01 06:30", 98.0, PER_MINUTE, None),
        (1, HEART_RATE, None, 97.0, PER_MINUTE, None),
        (1, HEART_RATE, "08:00", None, PER_MINUTE, None),
        (1, HEART_RATE, "2199-01-01 00:00", None, PER_MINUTE, None),
        (1, HEART_RATE, "08:00", float("nan"), PER_MINUTE, None),
        (1, HEART_RATE, "08:00", 999.0, PER_MINUTE, None),
        (1, HEART_RATE, "09:00", 1.2, 8510, None),
        (7, HEART_RATE, "09:00", 80.0, PER_MINUTE, None),
    )
    tables = omop_tables() | {"measurement": values}
    cohort = read(write_parquet(tmp_path, tables), variables=("heart_rate",))
    assert observed(cohort, "heart_rate") == [(0.0, 71.0), (47.983, 72.0)]
    assert not_used(cohort) == {
        "before the index time": 2,
        "after the observation window": 1,
        "without a time": 1,
        "without a number": 3,
        "outside plausible limits": 1,
        "in a unit without a conversion": 1,
    }
    assert counts(cohort)["used"] == 2
    ways = ways_by_unit(cohort)
    assert (ways["concept 8510"]["factor"], ways["/min"]["rows_in_table"]) == (None, 11)


def test_unit_is_the_concept_then_the_words_then_the_dictionary(tmp_path: Path) -> None:
    values = measurements(
        (1, TEMPERATURE, "07:00", 98.6, 9289, "Celsius?"),  # the concept stands
        (1, TEMPERATURE, "08:00", 98.6, 0, "°F"),
        (1, TEMPERATURE, "09:00", 98.6, 5_000_000, "°F"),  # a concept of no unit
        (1, TEMPERATURE, "10:00", 37.5, None, None),
        (1, TEMPERATURE, "11:00", 37.5, 0, ""),
        (1, TEMPERATURE, "12:00", 310.0, 0, "K"),
        (1, CREATININE, "07:00", 88.42, 4_900_001, None),  # known to the vocabulary alone
        (1, POTASSIUM, "07:00", 4.0, 9557, None),
        (1, 3022217, "07:00", 1.3, 4_900_002, None),  # an annotation alone is the unit 1
    )
    tables = omop_tables() | {"measurement": values}
    more = rows("concept", (4_900_001, "umol/L", "UCUM"), (4_900_002, "{INR}", "UCUM"))
    tables["concept"] = pl.concat([tables["concept"], more])
    cohort = read(write_parquet(tmp_path, tables))
    hours = [round(t, 1) for t, _ in observed(cohort, "temperature")]
    assert hours == [0.5, 1.5, 2.5, 3.5, 4.5]
    assert {v for _, v in observed(cohort, "temperature")} == {37.0, 37.5}
    assert observed(cohort, "creatinine") == [(0.5, 1.0)]
    assert observed(cohort, "potassium") == [(0.5, 4.0)]
    assert observed(cohort, "inr") == [(0.5, 1.3)]
    del tables["concept"]
    write_parquet(tmp_path / "without", tables)
    without = read(tmp_path / "without")
    assert observed(without, "temperature") == observed(cohort, "temperature")
    assert observed(without, "creatinine") == []
    assert "tables that are not there: concept" in without.provenance.notes


def test_coma_score_is_read_from_either_table(tmp_path: Path) -> None:
    tables = omop_tables()
    here = measurements((1, GCS_TOTAL, "07:00", 9.0, 44777566, None))
    del tables["observation"]
    cohort = read(write_parquet(tmp_path, tables | {"measurement": here}))
    assert observed(cohort, "gcs") == [(0.5, 9.0)]


def test_coma_score_of_parts_needs_all_of_one_minute(tmp_path: Path) -> None:
    eye, verbal, motor = 3016335, 3009094, 3008223
    values = measurements(
        (1, eye, "07:00", 3.0, 0, None),
        (1, verbal, "07:00", 4.0, 0, None),
        (1, motor, "07:00", 5.0, 0, None),
        (1, eye, "09:00", 4.0, 0, None),
        (1, motor, "09:01", 6.0, 0, None),
    )
    cohort = read(write_parquet(tmp_path, omop_tables() | {"measurement": values}))
    assert observed(cohort, "gcs") == [(0.5, 12.0), (1.5, 14.0)]
    assert counts(cohort)["scores of which not all parts were charted together, not used"] == 2
