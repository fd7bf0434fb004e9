"""Which stays of eICU-CRD make the cohort, who they are, and what became of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from eicu_folder import FIRST_STAY, eicu_tables
from eicu_reading import HOSPITAL, PATIENT, RESULT, Tables, changed, first, read
from mimic_folder import write_tables
from seen import counts


@pytest.fixture(scope="module")
def tables() -> Tables:
    return eicu_tables(stays=12)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"uniquepid": None}, "without a patient (uniquepid)"),
        ({"unitdischargeoffset": None}, "without time of discharge from the unit"),
        ({"unitdischargeoffset": -5}, "discharged from the unit before admission to it"),
        ({"hospitaldischargeoffset": None}, "without time of discharge from hospital"),
        ({"hospitaldischargestatus": None}, "death in hospital not known"),
        ({"hospitaldischargestatus": "Transferred"}, "death in hospital not known"),
        ({"age": None}, "age not known"),
        ({"age": "about 50"}, "age not known"),
        ({"age": "17"}, "younger than 18 years"),
        ({"unitdischargeoffset": 2879}, "in the unit for less than 48 h"),
        ({"hospitaldischargeoffset": 2879}, "dead or out of hospital within 48 h"),
    ],
)
def test_stay_that_is_excluded_is_counted_once_under_its_reason(
    tmp_path: Path, tables: Tables, row: dict[str, Any], reason: str
) -> None:
    cohort = read(write_tables(tmp_path, changed(tables, PATIENT, first(**row))))
    excluded = {row.reason: row.count for row in cohort.flow if row.kind == "excluded"}
    assert excluded[reason] == 1
    assert sum(excluded.values()) == 1
    assert cohort.size == 11
    assert counts(cohort)["in the cohort"] == 11


def test_stay_of_just_the_window_is_kept(tmp_path: Path, tables: Tables) -> None:
    row = {"unitdischargeoffset": 2880, "hospitaldischargeoffset": 2880}
    assert read(write_tables(tmp_path, changed(tables, PATIENT, first(**row)))).size == 12


def second_stay(tables: Tables, **values: Any) -> Tables:
    """Give the first patient another stay, before the other rows; values as told."""
    again = tables[PATIENT].head(1).with_columns(patientunitstayid=pl.lit(149_000, pl.Int64))
    return changed(tables, PATIENT, lambda t: pl.concat([first(**values)(again), t]))


LATER = {"unitvisitnumber": 2, "hospitaladmitoffset": -4000}  # the first one ends after 3690 min


@pytest.mark.parametrize(
    ("rule", "size", "reason"),
    [
        ("first_of_patient", 12, "not the patient's first unit stay"),
        ("first_of_admission", 12, "not the first unit stay of the hospital stay"),
        ("all", 13, None),
    ],
)
def test_second_stay_of_a_hospital_stay(
    tmp_path: Path, tables: Tables, rule: str, size: int, reason: str | None
) -> None:
    cohort = read(write_tables(tmp_path, second_stay(tables, **LATER)), stays=rule)
    assert cohort.size == size
    assert np.unique(cohort.patient_id).size == 12
    assert ("149000" in cohort.unit_id) == (rule == "all")
    assert reason is None or counts(cohort)[reason] == 1


@pytest.mark.parametrize(
    ("values", "is_first", "is_chosen"),
    [
        ({"hospitaldischargeyear": 2013, "patienthealthsystemstayid": 999_999}, True, 0),
        ({"hospitaldischargeyear": 2015, "patienthealthsystemstayid": 1}, False, 0),
        ({"patienthealthsystemstayid": 1}, True, 1),
        ({"patienthealthsystemstayid": 999_999}, False, 1),
    ],
)
def test_order_of_hospital_stays_is_that_of_years_and_else_a_choice_that_is_counted(
    tmp_path: Path, tables: Tables, values: dict[str, Any], is_first: bool, is_chosen: int
) -> None:
    place = write_tables(tmp_path, second_stay(tables, **values))
    cohort = read(place)
    assert ("149000" in cohort.unit_id) == is_first
    reason = "first of several hospital stays of one year, whose order is not told"
    assert counts(cohort)[reason] == is_chosen
    assert read(place, stays="first_of_admission").size == 13


def test_visit_number_tells_the_order_of_a_hospital_stay(tmp_path: Path, tables: Tables) -> None:
    earlier = second_stay(changed(tables, PATIENT, first(unitvisitnumber=2)), unitvisitnumber=1)
    cohort = read(
        write_tables(tmp_path, changed(earlier, PATIENT, first(hospitaladmitoffset=-9999)))
    )
    assert "149000" in cohort.unit_id


def test_overlapping_stays_leave(tmp_path: Path, tables: Tables) -> None:
    both = second_stay(tables, unitvisitnumber=2, hospitaladmitoffset=-1000)
    cohort = read(write_tables(tmp_path, both), stays="all")
    assert counts(cohort)["overlapping with another unit stay of the hospital stay"] == 2
    assert cohort.size == 11


def test_stay_without_length_overlaps_nothing(tmp_path: Path, tables: Tables) -> None:
    both = second_stay(tables, hospitaladmitoffset=-1000, unitdischargeoffset=0)
    cohort = read(write_tables(tmp_path, both), stays="all")
    assert counts(cohort)["in the unit for less than 48 h"] == 1
    assert cohort.size == 12


def test_death_after_the_horizon_is_no_event(tmp_path: Path, tables: Tables) -> None:
    write_tables(tmp_path, tables)  # hospital is left 90 h after admission to the unit
    assert read(tmp_path).n_events == 3
    assert read(tmp_path, horizon_hours=42).n_events == 3
    assert read(tmp_path, horizon_hours=41).n_events == 0


def test_records_that_disagree_are_counted(tmp_path: Path, tables: Tables) -> None:
    row = {"unitdischargestatus": "Expired", "hospitaldischargeoffset": 3000}
    cohort = read(write_tables(tmp_path, changed(tables, PATIENT, first(**row))))
    assert counts(cohort)["dead in the unit but alive in hospital, taken as alive"] == 1
    assert counts(cohort)["out of hospital before out of the unit, as recorded"] == 1
    assert cohort.n_events == 3


def test_people_are_described_in_the_words_of_other_sources(tmp_path: Path, tables: Tables) -> None:
    cohort = read(write_tables(tmp_path, tables))
    assert cohort.numbers["age_years"][[0, 1, 9]].tolist() == [30, 37, 90]
    assert counts(cohort)["age recorded as '> 89', taken as 90"] == 1
    groups = {name: column[:6].tolist() for name, column in cohort.groups.items()}
    assert groups["sex"][:2] == ["female", "male"]
    assert groups["ethnicity"] == ["White", "Black", "Hispanic", "Asian", "Other", ""]
    assert groups["age_band"][:3] == ["18-44", "18-44", "18-44"]
    assert groups["region"] == ["Midwest", "South", "West", "", "Midwest", "Midwest"]
    assert groups["teaching_status"][:2] == ["teaching", "not teaching"]
    assert groups["bed_size"] == ["<100", "100 - 249", "250 - 499", ">= 500", "", "<100"]
    assert groups["discharge_year"][:2] == ["2014", "2015"]
    assert groups["unit_type"][0] == "MICU"
    assert groups["admission_source"][0] == "Emergency Department"
    assert counts(cohort)["ethnicity not recorded"] == 2
    assert cohort.patient_id[0] == "002-00000"
    assert cohort.unit_id.tolist() == sorted(cohort.unit_id.tolist())


def test_hospitals_or_regions_are_the_sites(tmp_path: Path, tables: Tables) -> None:
    some = changed(tables, HOSPITAL, lambda t: t.filter(pl.col("hospitalid") != 64))
    write_tables(tmp_path, changed(some, PATIENT, first(hospitalid=None)))
    hospitals, regions = read(tmp_path), read(tmp_path, site="region")
    assert hospitals.site[:2].tolist() == ["not recorded", "hospital 61"]
    assert regions.site[:4].tolist() == ["not recorded", "South", "West", "not recorded"]
    assert counts(hospitals)["hospital not in the hospital table, kept"] == 3


def test_prediction_of_apache_comes_as_a_score_and_minus_one_is_none(
    tmp_path: Path, tables: Tables
) -> None:
    some = changed(tables, RESULT, lambda t: t.filter(pl.col("patientunitstayid") != FIRST_STAY))
    cohort = read(write_tables(tmp_path, some))
    score = cohort.scores["apache_iva"]
    assert np.flatnonzero(np.isnan(score)).tolist() == [0, 5]
    assert np.nanmax(score) == np.nanmin(score) == pytest.approx(0.1)
    assert counts(cohort)["without a prediction of APACHE IVa, its score missing"] == 2


def test_stays_without_a_prediction_can_be_left_out(tmp_path: Path, tables: Tables) -> None:
    cohort = read(write_tables(tmp_path, tables), only_predicted=True)
    assert counts(cohort)["no prediction of APACHE IVa was made"] == 1
    assert cohort.size == 11
    assert np.isfinite(cohort.scores["apache_iva"]).all()
