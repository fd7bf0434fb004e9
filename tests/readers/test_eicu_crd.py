"""The eICU-CRD reader: broken input first, then rules and losses, then outside computations."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from eicu_folder import FIRST_STAY, OUTPUT, eicu_tables, labs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mimic_folder import write_tables

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.eicu_crd import EicuCrdParams, eicu_crd
from samd_validate.readers.events import bins

Tables = dict[str, pl.DataFrame]
PATIENT, HOSPITAL, RESULT = "patient", "hospital", "apachePatientResult"
PERIODIC, LAB, NURSE, BREATH = "vitalPeriodic", "lab", "nurseCharting", "respiratoryCharting"
FEW = ("heart_rate", "map", "temperature", "gcs", "fio2", "urine_output", "creatinine", "lactate")


@pytest.fixture(scope="module")
def tables() -> Tables:
    return eicu_tables(stays=12)


def read(place: Path | None, window_hours: float = 48, **params: Any) -> Cohort:
    request = ReadRequest(
        dataset="icu", place=str(place) if place else None, seed=0, window_hours=window_hours
    )
    params = {"keep_cache": False, "variables": FEW} | params
    cohort: Cohort = eicu_crd.run(request, EicuCrdParams(**params))
    return cohort


def refused(place: Path | None, **params: Any) -> list[str]:
    with pytest.raises(CannotRun) as stopped:
        read(place, **params)
    return [f"{problem.where}: {problem.found}" for problem in stopped.value.problems]


def counts(cohort: Cohort) -> dict[str, int]:
    return {row.reason: row.count for row in cohort.flow}


def observed(cohort: Cohort, name: str, unit: int = 0) -> list[tuple[float, float]]:
    series = cohort.series
    assert series is not None
    index = [v.name for v in series.variables].index(name)
    chosen = (series.variable_index == index) & (series.unit_index == unit)
    pairs = zip(series.time_hours[chosen], series.value[chosen], strict=True)
    return [(round(float(t), 3), round(float(v), 3)) for t, v in pairs]


def changed(tables: Tables, name: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Tables:
    return tables | {name: change(tables[name])}


def first(**values: Any) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Return a change of some cells of the first row."""
    is_first = pl.int_range(pl.len()) == 0
    return lambda t: t.with_columns(
        pl.when(is_first).then(pl.lit(value, dtype=t.schema[name])).otherwise(name).alias(name)
        for name, value in values.items()
    )


def nursed(*rows: tuple[int | None, int | None, str, str, str]) -> pl.DataFrame:
    """Return what nurses charted for the first stay: offset, entry, label, name, value."""
    names = ("nursingchartoffset", "nursingchartentryoffset", "label", "name", "nursingchartvalue")
    frame = pl.DataFrame(list(rows), schema=list(names), orient="row")
    return frame.with_columns(
        pl.col(names[:2]).cast(pl.Int64), patientunitstayid=pl.lit(FIRST_STAY, dtype=pl.Int64)
    ).rename({"label": "nursingchartcelltypevallabel", "name": "nursingchartcelltypevalname"})


def resulted(*rows: tuple[int | None, int | None, float | None, str | None]) -> pl.DataFrame:
    """Return creatinine of the first stay: offset, offset of revision, value, unit."""
    names = ("labresultoffset", "labresultrevisedoffset", "labresult", "labmeasurenamesystem")
    types = (pl.Int64, pl.Int64, pl.Float64, pl.String)
    frame = pl.DataFrame(list(rows), dict(zip(names, types, strict=True)), orient="row")
    stay = pl.lit(FIRST_STAY, dtype=pl.Int64)
    return frame.with_columns(patientunitstayid=stay, labname=pl.lit("creatinine"))


# broken input


def test_no_place_says_how_to_bind_one() -> None:
    with pytest.raises(CannotRun, match="--dataset eicu-crd=PATH"):
        read(None)


def test_missing_tables_are_told_with_the_variables_that_need_them(tmp_path: Path) -> None:
    assert refused(tmp_path, variables=("map", "gcs", "weight")) == [
        "patient: no such table",
        "hospital: no such table",
        "apachePatientResult: no such table",
        "vitalPeriodic: no such table, needed for map",
        "vitalAperiodic: no such table, needed for map",
        "nurseCharting: no such table, needed for gcs",
    ]


def test_tables_of_variables_that_are_not_asked_for_may_be_missing(
    tmp_path: Path, tables: Tables
) -> None:
    few = {name: tables[name] for name in (PATIENT, HOSPITAL, RESULT, LAB)}
    cohort = read(write_tables(tmp_path, few), variables=("creatinine", "weight"))
    assert cohort.size == 12
    with pytest.raises(CannotRun, match=r"or name other variables in params\.variables"):
        read(tmp_path)


def test_missing_columns_of_all_tables_are_listed(tmp_path: Path, tables: Tables) -> None:
    broken = changed(tables, LAB, lambda t: t.drop("labresultrevisedoffset"))
    broken = changed(broken, PERIODIC, lambda t: t.rename({"heartrate": "heart_rate"}))
    broken = changed(broken, PATIENT, lambda t: t.drop("uniquepid"))
    assert refused(write_tables(tmp_path, broken)) == [
        "patient.csv.gz: no column 'uniquepid'",
        "vitalPeriodic.csv.gz: no column 'heartrate'",
        "lab.csv.gz: no column 'labresultrevisedoffset'",
    ]


def test_column_of_a_variable_that_is_not_asked_for_may_be_missing(
    tmp_path: Path, tables: Tables
) -> None:
    broken = changed(tables, PERIODIC, lambda t: t.drop("respiration"))
    assert read(write_tables(tmp_path, broken), variables=("heart_rate",)).size == 12


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def garbled(content: bytes) -> bytes:
    plain = bytearray(gzip.decompress(content))
    plain[plain.index(b"mg/dL")] = 0xB0
    return gzip.compress(bytes(plain))


def worded(content: bytes) -> bytes:
    lines = gzip.decompress(content).decode().splitlines()
    place = next(n for n, line in enumerate(lines) if "creatinine" in line)
    cells = lines[place].split(",")
    cells[lines[0].split(",").index("labresult")] = "secret"
    return gzip.compress("\n".join([*lines[:place], ",".join(cells), ""]).encode())


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (cut, "a gzip file that breaks off"),
        (garbled, "bytes that are not UTF-8"),
        (worded, "a field that is not a number in column 'labresult'"),
        (lambda _: b"", "an empty file"),
    ],
)
def test_damaged_table_stops_the_reading(
    tmp_path: Path, tables: Tables, fault: Callable[[bytes], bytes], words: str
) -> None:
    write_tables(tmp_path, tables)
    path = tmp_path / "lab.csv.gz"
    path.write_bytes(fault(path.read_bytes()))
    with pytest.raises(CannotRun) as stopped:
        read(tmp_path)
    (problem,) = stopped.value.problems
    assert (problem.where, problem.found) == ("lab.csv.gz", words)
    assert "secret" not in str(problem)


def test_damage_in_two_tables_is_told_together(tmp_path: Path, tables: Tables) -> None:
    write_tables(tmp_path, tables)
    for name in (LAB, PERIODIC):
        path = tmp_path / f"{name}.csv.gz"
        path.write_bytes(cut(path.read_bytes()))
    assert len(refused(tmp_path)) == 2


def test_parquet_of_other_types_lists_each_column(tmp_path: Path, tables: Tables) -> None:
    broken = changed(tables, PERIODIC, lambda t: t.cast({"heartrate": pl.String}))
    broken = changed(broken, LAB, lambda t: t.cast({"labresultoffset": pl.Float64}))
    broken = changed(broken, PATIENT, lambda t: t.with_columns(age=pl.lit(50)))
    assert refused(write_tables(tmp_path, broken, ".parquet")) == [
        "patient.parquet: column 'age' of type Int32",
        "vitalPeriodic.parquet: column 'heartrate' of type String",
        "lab.parquet: column 'labresultoffset' of type Float64",
    ]


def test_rows_twice_and_predictions_that_are_none_are_told_for_all_tables(
    tmp_path: Path, tables: Tables
) -> None:
    broken = changed(tables, PATIENT, lambda t: pl.concat([t, t.head(2)]))
    broken = changed(broken, HOSPITAL, first(hospitalid=None))
    broken = changed(broken, RESULT, lambda t: t.with_columns(predictedhospitalmortality=1.5))
    assert refused(write_tables(tmp_path, broken)) == [
        "patient.csv.gz: 2 rows with a patientunitstayid seen before",
        "hospital.csv.gz: 1 rows without hospitalid",
        "apachePatientResult.csv.gz: no probability in predictedhospitalmortality of 12 rows",
    ]


def test_two_predictions_of_a_stay_are_refused(tmp_path: Path, tables: Tables) -> None:
    broken = changed(tables, RESULT, lambda t: pl.concat([t, t.head(1)]))
    (found,) = refused(write_tables(tmp_path, broken))
    assert "1 rows with a patientunitstayid and apacheversion seen before" in found


def test_results_without_the_version_of_the_score(tmp_path: Path, tables: Tables) -> None:
    broken = changed(tables, RESULT, lambda t: t.filter(pl.col("apacheversion") == "IV"))
    assert "no rows of apacheversion 'IVa'" in refused(write_tables(tmp_path, broken))[0]


def test_table_in_two_spellings_is_refused(tmp_path: Path, tables: Tables) -> None:
    write_tables(tmp_path, tables)
    tables[PERIODIC].write_csv(tmp_path / "vitalperiodic.csv")
    (found,) = refused(tmp_path)
    assert found.startswith(
        "vitalPeriodic: 2 forms of it (vitalPeriodic.csv.gz, vitalperiodic.csv)"
    )


def test_unknown_items_only_is_no_empty_cohort(tmp_path: Path, tables: Tables) -> None:
    broken = changed(tables, LAB, lambda t: t.with_columns(labname=pl.lit("unheard of")))
    with pytest.raises(CannotRun, match="no usable value of any of 2 variables"):
        read(write_tables(tmp_path, broken), variables=("creatinine", "lactate"))


def test_nobody_left_says_why(tmp_path: Path, tables: Tables) -> None:
    with pytest.raises(CannotRun, match="in the unit for less than 96 h: 12"):
        read(write_tables(tmp_path, tables), window_hours=96)


# which stays, which outcome


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


# which values


def test_negative_offsets_after_the_window_and_late_revisions_are_counted(
    tmp_path: Path, tables: Tables
) -> None:
    events = resulted(
        (-1, 30, 9.0, "mg/dL"),
        (0, 40, 1.0, "mg/dL"),
        (2879, 2880, 2.0, "mg/dL"),
        (2870, 2881, 9.0, "mg/dL"),
        (2880, 2880, 9.0, "mg/dL"),
        (10**15, 10**15, 9.0, "mg/dL"),
        (-(10**15), None, 9.0, "mg/dL"),
        (None, 7, 9.0, "mg/dL"),
        (60, None, 1.5, "mg/dL"),
    )
    cohort = read(write_tables(tmp_path, tables | {LAB: events}), variables=("creatinine",))
    assert observed(cohort, "creatinine") == [(0.0, 1.0), (1.0, 1.5), (47.983, 2.0)]
    found = counts(cohort)
    assert found["before the index time, not used"] == 2
    assert found["after the observation window, not used"] == 2
    assert found["stored after the prediction time, not used"] == 1
    assert found["without a time, not used"] == 1
    assert found["used"] == 3


def test_result_in_words_another_unit_or_beyond_limits_is_counted(
    tmp_path: Path, tables: Tables
) -> None:
    events = resulted(
        (60, 70, None, "mg/dL"),
        (130, 140, 88.42, "umol/L"),
        (190, 200, 1.0, "stones"),
        (250, 260, 400.0, "mg/dL"),
        (310, 320, 2.0, None),
        (370, 380, float("nan"), "mg/dL"),
    )
    cohort = read(write_tables(tmp_path, tables | {LAB: events}), variables=("creatinine",))
    assert observed(cohort, "creatinine") == [(2.167, 1.0), (5.167, 2.0)]
    found = counts(cohort)
    assert found["without a number, not used"] == 2
    assert found["in a unit without a conversion, not used"] == 1
    assert found["outside plausible limits, not used"] == 1
    table: Any = cohort.attachments["harmonisation_icu"]
    json.dumps(table, allow_nan=False)
    ways = {(row["item"], row["unit_written"]): row for row in table["items"]}
    assert ways["creatinine", "stones"]["factor"] is None
    assert ways["creatinine", None]["unit_assumed"] == "mg/dL"


def test_of_one_minute_the_last_revision_stands(tmp_path: Path, tables: Tables) -> None:
    events = resulted(
        (60, 90, 3.0, "mg/dL"),
        (60, 70, 5.0, "mg/dL"),
        (60, 70, 5.0, "mg/dL"),
        (60, 9999, 7.0, "mg/dL"),
    )
    cohort = read(write_tables(tmp_path, tables | {LAB: events}), variables=("creatinine",))
    assert observed(cohort, "creatinine") == [(1.0, 3.0)]
    reason = "of these replaced by a value of the same minute that was stored later"
    assert counts(cohort)[reason] == 2


def test_units_of_the_release_are_all_known(tmp_path: Path, tables: Tables) -> None:
    names = ("inr", "platelets", "calcium_ionised", "sodium")
    cohort = read(write_tables(tmp_path, tables), variables=names)
    assert counts(cohort)["in a unit without a conversion, not used"] == 0
    series = cohort.series
    assert series is not None
    median = {
        one.name: float(np.median(series.value[series.variable_index == index]))
        for index, one in enumerate(series.variables)
    }
    assert median["calcium_ionised"] == pytest.approx(4.6 * 0.2495, abs=0.05)
    assert median["inr"] == pytest.approx(1.3, abs=0.1)


def test_ionised_calcium_in_the_other_unit_is_seen(tmp_path: Path, tables: Tables) -> None:
    minute = np.array([60, 130])
    events = labs(np.array([0, 0]), minute, "ionized calcium", np.array([1.1, 4.8]), "mg/dL")
    cohort = read(write_tables(tmp_path, tables | {LAB: events}), variables=("calcium_ionised",))
    assert observed(cohort, "calcium_ionised") == [(1.0, 1.1), (2.167, 1.198)]


def test_temperature_as_text_in_both_scales(tmp_path: Path, tables: Tables) -> None:
    events = nursed(
        (5, 6, "Temperature", "Temperature (F)", "98.6"),
        (65, 66, "Temperature", "Temperature (C)", " 37.5 "),
        (125, 126, "Temperature", "Temperature (F)", "38.0"),
        (185, 186, "Temperature", "Temperature (C)", "101.3"),
        (245, 246, "Temperature", "Temperature (C)", "refused"),
        (305, 306, "Temperature", "Temperature Location", "oral"),
    )
    no_monitor = changed(tables, PERIODIC, lambda t: t.with_columns(temperature=pl.lit(None)))
    cohort = read(write_tables(tmp_path, no_monitor | {NURSE: events}), variables=("temperature",))
    assert observed(cohort, "temperature") == [(0.083, 37.0), (1.083, 37.5), (2.083, 38.0)]
    assert counts(cohort)["outside plausible limits, not used"] == 1
    assert counts(cohort)["without a number, not used"] == 1


def test_monitor_and_nurse_make_one_mean(tmp_path: Path, tables: Tables) -> None:
    monitor = tables[PERIODIC].head(1).with_columns(observationoffset=7, temperature=39.0)
    events = nursed((5, 6, "Temperature", "Temperature (C)", "37"))
    both = tables | {NURSE: events, PERIODIC: monitor.cast({"observationoffset": pl.Int64})}
    cohort = read(write_tables(tmp_path, both), variables=("temperature",))
    assert observed(cohort, "temperature") == [(0.117, 38.0)]


def test_coma_score_is_the_total_or_its_three_parts(tmp_path: Path, tables: Tables) -> None:
    score = "Glasgow coma score"
    events = nursed(
        (10, 11, score, "GCS Total", "12"),
        (70, 71, score, "Eyes", "2"),
        (70, 71, score, "Verbal", "1"),
        (70, 71, score, "Motor", "4"),
        (130, 131, score, "Eyes", "2"),
        (190, 191, "Score (Glasgow Coma Scale)", "Value", "9"),
        (250, 251, "Pain", "Value", "3"),
        (310, 311, score, "GCS Total", "99"),
    )
    cohort = read(write_tables(tmp_path, tables | {NURSE: events}), variables=("gcs",))
    assert observed(cohort, "gcs") == [(0.167, 12.0), (1.167, 7.0), (3.167, 9.0)]
    found = counts(cohort)
    assert found["scores of which not all parts were charted together, not used"] == 1
    assert found["outside plausible limits, not used"] == 1


def test_urine_is_added_up_by_the_interval(tmp_path: Path, tables: Tables) -> None:
    paths = [f"{OUTPUT}Urine", f"{OUTPUT}URINE CATHETER", f"{OUTPUT}Stool", "Urine"]
    events = pl.DataFrame(
        {
            "patientunitstayid": [FIRST_STAY] * 4,
            "intakeoutputoffset": [5, 50, 55, 57],
            "intakeoutputentryoffset": [5, 50, 55, 57],
            "cellpath": paths,
            "cellvaluenumeric": [100.0, 50.0, 7.0, 9.0],
        }
    )
    place = write_tables(tmp_path, tables | {"intakeOutput": events})
    assert observed(read(place, variables=("urine_output",)), "urine_output") == [(0.833, 150.0)]


def test_oxygen_in_per_cent_or_as_a_fraction(tmp_path: Path, tables: Tables) -> None:
    cohort = read(write_tables(tmp_path, tables), variables=("fio2",))
    assert observed(cohort, "fio2")[0] == (1.0, 0.4)
    assert observed(cohort, "fio2", unit=1)[0] == (1.0, 0.5)


def test_weight_of_the_patient_table_is_known_at_admission(tmp_path: Path, tables: Tables) -> None:
    light = changed(tables, PATIENT, first(admissionweight=0.5))
    cohort = read(write_tables(tmp_path, light), variables=("weight",))
    assert observed(cohort, "weight") == []
    assert observed(cohort, "weight", unit=1) == [(0.0, 61.0)]
    assert counts(cohort)["without any usable measurement, kept"] == 1


def test_empty_cells_of_a_wide_table_are_no_lost_values(tmp_path: Path, tables: Tables) -> None:
    cohort = read(write_tables(tmp_path, tables), variables=("heart_rate", "resp_rate"))
    found = counts(cohort)
    assert found["without a number, not used"] == 0
    cells = ["heartrate", "respiration"]
    full = tables[PERIODIC].with_columns(full=pl.sum_horizontal(pl.col(cells).is_not_null()))
    in_window = full.filter(pl.col("observationoffset") < 2880)["full"].sum()
    assert found["used"] == in_window
    assert found["after the observation window, not used"] == full["full"].sum() - in_window


def test_values_of_stays_without_a_patient_are_counted(tmp_path: Path, tables: Tables) -> None:
    fewer = changed(tables, PATIENT, lambda t: t.slice(1))
    cohort = read(write_tables(tmp_path, fewer), variables=("creatinine",))
    assert counts(cohort)["of stays that are not in patient, not used"] == 8
    assert cohort.size == 11


# forms, cache, order


def same(left: Cohort, right: Cohort) -> bool:
    a, b = left.series, right.series
    assert a is not None
    assert b is not None
    names = ("unit_index", "variable_index", "time_hours", "value")
    series = all(getattr(a, n).tobytes() == getattr(b, n).tobytes() for n in names)
    return series and left.flow == right.flow and left.attachments == right.attachments


@pytest.mark.parametrize("form", [".csv", ".parquet"])
def test_form_of_the_files_changes_nothing(tmp_path: Path, tables: Tables, form: str) -> None:
    packed = read(write_tables(tmp_path / "gz", tables), variables=None)
    other = read(write_tables(tmp_path / "other", tables, form), variables=None)
    assert same(packed, other)


def test_names_of_files_in_lower_case_are_found(tmp_path: Path, tables: Tables) -> None:
    left = read(write_tables(tmp_path / "a", tables))
    lower = {name.lower(): frame for name, frame in tables.items()}
    right = read(write_tables(tmp_path / "b", lower))
    assert same(left, right)
    assert {file.name for file in right.provenance.files} >= {"vitalperiodic.csv.gz"}


def test_shards_of_parquet_are_read(tmp_path: Path, tables: Tables) -> None:
    left = read(write_tables(tmp_path / "a", tables, ".parquet"))
    rest = {name: frame for name, frame in tables.items() if name != PERIODIC}
    place = write_tables(tmp_path / "b", rest, ".parquet")
    (place / PERIODIC).mkdir()
    for number in range(2):
        tables[PERIODIC][number::2].write_parquet(place / PERIODIC / f"{number}.parquet")
    right = read(place)
    assert same(left, right)
    assert {file.name for file in right.provenance.files} >= {"vitalPeriodic/0.parquet"}


def test_order_of_columns_is_free(tmp_path: Path, tables: Tables) -> None:
    turned = {name: t.select(sorted(t.columns, reverse=True)) for name, t in tables.items()}
    left = read(write_tables(tmp_path / "a", tables))
    assert same(left, read(write_tables(tmp_path / "b", turned)))


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 1000))
def test_order_of_rows_is_free(
    tmp_path_factory: pytest.TempPathFactory, tables: Tables, seed: int
) -> None:
    place = tmp_path_factory.mktemp("order")
    mixed = {name: t.sample(fraction=1, shuffle=True, seed=seed) for name, t in tables.items()}
    left = read(write_tables(place / "a", tables, ".parquet"))
    assert same(left, read(write_tables(place / "b", mixed, ".parquet")))


def test_batches_of_stays_change_nothing(
    tmp_path: Path, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tables(tmp_path, tables)
    whole = read(tmp_path)
    monkeypatch.setattr(bins, "BATCH_ROWS", 500)
    assert same(whole, read(tmp_path))


def test_number_of_threads_changes_nothing(tmp_path: Path, tables: Tables) -> None:
    place = write_tables(tmp_path, tables)
    words = (
        "import sys, hashlib; sys.path[:0] = [sys.argv[2], sys.argv[3]];"
        "from pathlib import Path; from test_eicu_crd import read;"
        "print(hashlib.sha256(read(Path(sys.argv[1])).series.value.tobytes()).hexdigest())"
    )
    here = Path(__file__).parent
    run = subprocess.run(
        [sys.executable, "-c", words, str(place), str(here), str(here.parent / "support")],
        env=os.environ | {"POLARS_MAX_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    series = read(place).series
    assert series is not None
    assert run.stdout.strip() == hashlib.sha256(series.value.tobytes()).hexdigest()


def test_rows_after_the_prediction_time_change_nothing(tmp_path: Path, tables: Tables) -> None:
    times = {
        PERIODIC: ["observationoffset"],
        "vitalAperiodic": ["observationoffset"],
        LAB: ["labresultoffset", "labresultrevisedoffset"],
        NURSE: ["nursingchartoffset", "nursingchartentryoffset"],
        BREATH: ["respchartoffset", "respchartentryoffset"],
        "intakeOutput": ["intakeoutputoffset", "intakeoutputentryoffset"],
    }
    early = dict(tables)
    for name, columns in times.items():
        early[name] = tables[name].filter(pl.max_horizontal(columns) <= 2880)
    left = read(write_tables(tmp_path / "a", tables)).series
    right = read(write_tables(tmp_path / "b", early)).series
    assert left is not None
    assert right is not None
    assert np.array_equal(left.value, right.value)
    assert np.array_equal(left.time_hours, right.time_hours)


def test_second_read_comes_from_the_cache_until_what_is_wanted_changes(
    tmp_path: Path, tables: Tables
) -> None:
    place, cache = write_tables(tmp_path / "in", tables), tmp_path / "cache"
    kept = {"keep_cache": True, "cache": str(cache)}
    left = read(place, **kept)
    entries = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    assert same(left, read(place, **kept))
    assert {path: path.stat().st_mtime_ns for path in cache.iterdir()} == entries
    other = read(place, variables=("heart_rate", "resp_rate"), **kept)
    assert observed(other, "heart_rate") == observed(left, "heart_rate")
    assert len(observed(other, "resp_rate")) > 0


def test_nothing_of_the_places_enters_the_cohort(tmp_path: Path, tables: Tables) -> None:
    cohort = read(write_tables(tmp_path, tables))
    assert {file.name for file in cohort.provenance.files} >= {"vitalPeriodic.csv.gz"}
    assert str(tmp_path) not in repr((cohort.provenance, dict(cohort.attachments)))


# outside computations


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 1000), bin_minutes=st.sampled_from([30, 60, 90]))
def test_means_of_intervals_are_those_of_plain_pandas(
    tmp_path_factory: pytest.TempPathFactory, seed: int, bin_minutes: int
) -> None:
    place = write_tables(tmp_path_factory.mktemp("plain"), eicu_tables(5, 50, seed), ".csv")
    cohort = read(place, variables=("heart_rate", "map"), bin_minutes=bin_minutes)
    columns = {
        "vitalPeriodic": {"heartrate": "heart_rate", "systemicmean": "map"},
        "vitalAperiodic": {"noninvasivemean": "map"},
    }
    parts = []
    for table, names in columns.items():
        wide = pd.read_csv(place / f"{table}.csv").rename(columns=names)
        parts.append(
            wide.melt(["patientunitstayid", "observationoffset"], list(names.values())).dropna()
        )
    events = pd.concat(parts)
    events["bin"] = events["observationoffset"] // bin_minutes
    events = events[events["observationoffset"].between(0, 2879)]
    expected = events.groupby(["patientunitstayid", "variable", "bin"])["value"].mean()
    series = cohort.series
    assert series is not None
    found = pd.Series(
        series.value,
        index=pd.MultiIndex.from_arrays(
            [
                cohort.unit_id.astype(int)[series.unit_index],
                np.array([v.name for v in series.variables])[series.variable_index],
                np.floor(np.round(series.time_hours * 60) / bin_minutes).astype(int),
            ]
        ),
    )
    assert found.size == expected.size
    assert np.allclose(found.loc[expected.index], expected, rtol=0, atol=1e-5)


@pytest.fixture(scope="module")
def demo(shared: Path) -> Cohort:
    names = ("sbp_cuff", "dbp_cuff", "map_cuff", "weight")
    return read(shared / "data/eicu-crd-demo", window_hours=24, variables=names)


def test_demo_as_parquet_of_another_tool_is_the_same(
    demo: Cohort, shared: Path, tmp_path: Path
) -> None:
    for name in (PATIENT, HOSPITAL, RESULT, "vitalAperiodic"):
        path = shared / f"data/eicu-crd-demo/tables/{name}.csv.gz"
        pl.read_csv(path, infer_schema_length=None).write_parquet(tmp_path / f"{name}.parquet")
    names = ("sbp_cuff", "dbp_cuff", "map_cuff", "weight")
    other = read(tmp_path, window_hours=24, variables=names)
    assert same(demo, other)
    assert set(other.groups["teaching_status"]) == {"teaching", "not teaching"}
    assert all(np.array_equal(other.groups[name], demo.groups[name]) for name in demo.groups)


def test_demo_cohort_is_counted_out(demo: Cohort) -> None:
    found = counts(demo)
    assert found["unit stays in patient"] == 2520
    assert found["death in hospital not known"] == 28
    assert found["not the patient's first unit stay"] == 673
    assert (demo.size, demo.n_events) == (1215, 117)
    excluded = sum(row.count for row in demo.flow if row.kind == "excluded")
    assert found["unit stays in patient"] - excluded == demo.size


def test_demo_rows_are_those_of_plain_pandas(demo: Cohort, shared: Path) -> None:
    place = shared / "data/eicu-crd-demo/tables"
    vitals = pd.read_csv(place / "vitalAperiodic.csv.gz")
    vitals = vitals[vitals["patientunitstayid"].isin(demo.unit_id.astype(int))]
    vitals = vitals[vitals["observationoffset"].between(0, 1439)]
    vitals = vitals[vitals["noninvasivemean"].between(10, 250)]
    keys = [vitals["patientunitstayid"], vitals["observationoffset"] // 60]
    expected = vitals.groupby(keys)["noninvasivemean"].mean()
    series = demo.series
    assert series is not None
    index = [variable.name for variable in series.variables].index("map_cuff")
    found = series.value[series.variable_index == index]
    assert found.size == expected.size > 20_000
    assert np.allclose(found, expected, rtol=0, atol=1e-4)


def test_demo_has_the_deployed_score_of_the_same_patients(demo: Cohort, shared: Path) -> None:
    score = demo.scores["apache_iva"]
    known = np.isfinite(score)
    assert known.sum() == 1014
    result = pd.read_csv(shared / "data/eicu-crd-demo/tables/apachePatientResult.csv.gz")
    result = result[result["apacheversion"] == "IVa"].set_index("patientunitstayid")
    expected = result["predictedhospitalmortality"].reindex(demo.unit_id.astype(int)[known])
    assert np.allclose(score[known], expected)
    dead = demo.label[known] == 1
    assert np.median(score[known][dead]) > 3 * np.median(score[known][~dead])


def test_demo_without_its_large_tables_says_which_and_for_what(shared: Path) -> None:
    found = refused(shared / "data/eicu-crd-demo/tables", variables=("map", "lactate", "gcs"))
    assert found == [
        "vitalPeriodic: no such table, needed for map",
        "lab: no such table, needed for lactate",
        "nurseCharting: no such table, needed for gcs",
    ]
