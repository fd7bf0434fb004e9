"""The OMOP reader: broken input first, then stays and values, then other engines and sources."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import polars as pl
import pytest
from mimic_folder import mimic_tables, write_tables
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
    fill,
    measurements,
    omop_of_mimic,
    omop_tables,
    rows,
    together,
    write_duckdb,
    write_parquet,
)

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.mimic_iv import MimicIvParams, mimic_iv
from samd_validate.readers.omop import OmopParams, omop
from samd_validate.readers.omop_tables.shapes import NEEDED

SCHEMA = "samd_validate_test"  # a schema of its own: no table of a warehouse is ever replaced
URL = "SAMD_VALIDATE_TEST_DATABASE"


def read(place: Path | None, window_hours: float = 48, **params: Any) -> Cohort:
    request = ReadRequest(
        dataset="icu", place=str(place) if place else None, seed=0, window_hours=window_hours
    )
    cohort: Cohort = omop.run(request, OmopParams(**params))
    return cohort


def refused(place: Path | None, **params: Any) -> list[str]:
    with pytest.raises(CannotRun) as stopped:
        read(place, **params)
    return [f"{problem.where}: {problem.found}" for problem in stopped.value.problems]


def counts(cohort: Cohort) -> dict[str, int]:
    return {row.reason: row.count for row in cohort.flow}


def excluded(cohort: Cohort) -> dict[str, int]:
    return {row.reason: row.count for row in cohort.flow if row.kind == "excluded" and row.count}


def observed(cohort: Cohort, name: str, unit: int = 0) -> list[tuple[float, float]]:
    series = cohort.series
    assert series is not None
    index = [v.name for v in series.variables].index(name)
    chosen = (series.variable_index == index) & (series.unit_index == unit)
    pairs = zip(series.time_hours[chosen], series.value[chosen], strict=True)
    return [(round(float(t), 3), round(float(v), 3)) for t, v in pairs]


def with_first(tables: Tables, name: str, **columns: Any) -> Tables:
    """Return the tables with other values in the first row of one."""
    first = pl.int_range(pl.len()) == 0
    changed = [
        pl.when(first).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)
        for column, value in columns.items()
    ]
    return tables | {name: tables[name].with_columns(changed)}


def same(left: Cohort, right: Cohort) -> bool:
    a, b = left.series, right.series
    assert a is not None
    assert b is not None
    names = ("unit_index", "variable_index", "time_hours", "value")
    series = all(getattr(a, n).tobytes() == getattr(b, n).tobytes() for n in names)
    return (
        series
        and left.flow == right.flow
        and left.label.tolist() == right.label.tolist()
        and left.unit_id.tolist() == right.unit_id.tolist()
        and {k: v.tolist() for k, v in left.groups.items()}
        == {k: v.tolist() for k, v in right.groups.items()}
        and left.attachments == right.attachments
    )


# broken input


def test_no_place_names_both_ways_to_a_warehouse() -> None:
    with pytest.raises(CannotRun, match=r"--dataset omop=PATH.*params\.connection_variable"):
        read(None)


def test_place_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="nothing at"):
        read(tmp_path / "none.duckdb")


def test_file_that_is_no_database_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "omop.duckdb").write_text("secret " * 1000)
    (found,) = refused(tmp_path / "omop.duckdb")
    assert found == "data set 'icu': tables that the engine cannot read (not a DuckDB file)"


def test_truncated_parquet(tmp_path: Path) -> None:
    path = write_parquet(tmp_path, omop_tables()) / "measurement.parquet"
    path.write_bytes(path.read_bytes()[:-40])
    (found,) = refused(tmp_path)
    assert found.endswith("(a damaged or truncated Parquet file)")


def test_parquet_damaged_within_its_values(tmp_path: Path) -> None:
    path = write_parquet(tmp_path, omop_tables()) / "measurement.parquet"
    content = bytearray(path.read_bytes())
    content[4:200] = bytes(196)
    path.write_bytes(content)
    with pytest.raises(CannotRun, match="cannot read"):
        read(tmp_path)


def test_shards_of_one_table_with_other_columns(tmp_path: Path) -> None:
    tables = omop_tables()
    values = tables.pop("measurement")
    write_parquet(tmp_path, tables)
    (tmp_path / "measurement").mkdir()
    values.write_parquet(tmp_path / "measurement/0.parquet")
    values.drop("value_as_number").write_parquet(tmp_path / "measurement/1.parquet")
    (found,) = refused(tmp_path)
    assert found.endswith("(files of one table whose columns differ)")


def test_every_missing_table_is_listed(tmp_path: Path) -> None:
    assert refused(tmp_path) == [f"{one.name}: no such table" for one in NEEDED]


def test_table_as_file_and_as_folder_is_refused(tmp_path: Path) -> None:
    tables = omop_tables()
    write_parquet(tmp_path, tables)
    (tmp_path / "person").mkdir()
    tables["person"].write_parquet(tmp_path / "person/0.parquet")
    assert refused(tmp_path) == ["person: a file and a folder of it"]


def test_missing_columns_and_other_types_of_all_tables_are_listed(tmp_path: Path) -> None:
    tables = omop_tables()
    tables["visit_occurrence"] = tables["visit_occurrence"].rename(
        {"discharged_to_concept_id": "discharge_to_concept_id"}  # as v5.3 had it
    )
    tables["measurement"] = tables["measurement"].with_columns(
        pl.col("value_as_number").cast(pl.String),
        pl.col("measurement_datetime").dt.replace_time_zone("UTC"),
    )
    tables["person"] = tables["person"].with_columns(pl.col("person_id").cast(pl.String))
    assert refused(write_parquet(tmp_path, tables)) == [
        "person: column 'person_id' of type string",
        "visit_occurrence: no column 'discharged_to_concept_id'",
        "measurement: column 'measurement_datetime' of type timestamp('UTC', 6)",
        "measurement: column 'value_as_number' of type string",
    ]


def test_keys_that_are_none(tmp_path: Path) -> None:
    tables = omop_tables()
    tables["person"] = pl.concat([tables["person"], tables["person"]])
    tables = with_first(tables, "visit_detail", visit_detail_id=None)
    assert refused(write_duckdb(tmp_path / "omop.duckdb", tables)) == [
        "person: 1 rows with a person_id seen before",
        "visit_detail: 1 rows without visit_detail_id",
    ]


def test_schema_that_is_not_there(tmp_path: Path) -> None:
    path = write_duckdb(tmp_path / "omop.duckdb", omop_tables())
    assert refused(path, database_schema="cdm") == [f"{one.name}: no such table" for one in NEEDED]


def test_no_intensive_care_names_the_parameter(tmp_path: Path) -> None:
    tables = with_first(omop_tables(), "visit_detail", visit_detail_concept_id=9201)
    write_parquet(tmp_path, tables)
    with pytest.raises(CannotRun, match=r"\(32037, 581379\).*\n.*\n.*params\.concepts\.icu"):
        read(tmp_path)


def test_unmapped_measurements_are_no_empty_cohort(tmp_path: Path) -> None:
    tables = omop_tables() | {"observation": rows("observation")}
    unmapped = tables["measurement"].with_columns(measurement_concept_id=pl.lit(0))
    with pytest.raises(CannotRun, match="mapped to standard concepts"):
        read(write_parquet(tmp_path, tables | {"measurement": unmapped}))


def test_site_needs_its_tables(tmp_path: Path) -> None:
    tables = omop_tables()
    del tables["location"], tables["care_site"]
    write_parquet(tmp_path, tables)
    assert refused(tmp_path, site="location") == ["care_site, location: no such table"]
    assert read(tmp_path).groups["first_careunit"].tolist() == [""]


def test_variable_that_is_not_set() -> None:
    found = refused(None, connection_variable="NO_SUCH_VARIABLE")
    assert found == ["environment variable NO_SUCH_VARIABLE: no such environment variable"]


@pytest.mark.parametrize(
    "url",
    [
        "warehouse://ann:s3cret@db.example.org/omop",
        "s3cret",
        "duckdb:///no/such/folder/s3cret.duckdb",
    ],
)
def test_connection_that_fails_is_never_shown(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("OMOP_URL", url)
    with pytest.raises(CannotRun) as stopped:
        read(None, connection_variable="OMOP_URL")
    assert stopped.value.problems[0].where == "environment variable OMOP_URL"
    assert "s3cret" not in str(stopped.value)
    assert stopped.value.__cause__ is None
    assert stopped.value.__suppress_context__


def test_refused_connection_says_so_and_shows_no_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("psycopg", reason="needs the driver of PostgreSQL")
    monkeypatch.setenv("OMOP_URL", "postgres://ann:s3cret@127.0.0.1:9/omop")
    with pytest.raises(CannotRun, match="connection refused") as stopped:
        read(None, connection_variable="OMOP_URL")
    assert "s3cret" not in str(stopped.value)


# stays


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


# values


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
    found = counts(cohort)
    assert found["before the index time, not used"] == 2
    assert found["after the observation window, not used"] == 1
    assert found["without a time, not used"] == 1
    assert found["without a number, not used"] == 3
    assert found["outside plausible limits, not used"] == 1
    assert found["in a unit without a conversion, not used"] == 1
    assert found["used"] == 2
    table: Any = cohort.attachments["harmonisation_icu"]
    json.dumps(table, allow_nan=False)
    ways = {row["unit_written"]: row for row in table["items"]}
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


# forms, engines, other sources


@pytest.fixture(scope="module")
def mimic() -> dict[str, pl.DataFrame]:
    tables = mimic_tables(stays=12)
    unstored = pl.lit(None, dtype=pl.String)  # the model does not tell when a value was stored
    for name in ("icu/chartevents", "hosp/labevents", "icu/outputevents"):
        tables[name] = tables[name].with_columns(storetime=unstored)
    return tables


@pytest.fixture(scope="module")
def folder(mimic: dict[str, pl.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_parquet(tmp_path_factory.mktemp("omop"), omop_of_mimic(mimic))


@pytest.fixture(scope="module")
def whole(folder: Path) -> Cohort:
    return read(folder)


def test_stays_written_for_mimic_and_for_omop_are_one_cohort(
    tmp_path: Path, mimic: dict[str, pl.DataFrame], whole: Cohort
) -> None:
    write_tables(tmp_path, mimic)
    names = [one.name for one in whole.series.variables] if whole.series else []
    request = ReadRequest(dataset="icu", place=str(tmp_path), seed=0, window_hours=48)
    other: Cohort = mimic_iv.run(request, MimicIvParams(keep_cache=False, variables=names))
    assert whole.label.tolist() == other.label.tolist()
    assert whole.n_events == 3
    assert whole.unit_id.tolist() == other.unit_id.tolist()
    assert whole.numbers["age_years"].tolist() == other.numbers["age_years"].tolist()
    for name in ("age_band", "sex", "ethnicity", "first_careunit"):
        assert whole.groups[name].tolist() == other.groups[name].tolist()
    assert whole.series is not None
    assert other.series is not None
    assert whole.series.variables == other.series.variables
    for name in ("unit_index", "variable_index", "time_hours", "value"):
        assert np.array_equal(getattr(whole.series, name), getattr(other.series, name))
    assert whole.series.value.size > 7000


def test_duckdb_file_gives_the_cohort_of_the_folder(
    tmp_path: Path, mimic: dict[str, pl.DataFrame], whole: Cohort
) -> None:
    path = write_duckdb(tmp_path / "omop.duckdb", omop_of_mimic(mimic))
    content = path.read_bytes()
    assert same(read(path), whole)
    assert path.read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == ["omop.duckdb"]


def test_shards_case_and_order_change_nothing(
    tmp_path: Path, mimic: dict[str, pl.DataFrame], whole: Cohort
) -> None:
    for name, frame in omop_of_mimic(mimic).items():
        mixed = frame.sample(fraction=1, shuffle=True, seed=3).select(sorted(frame.columns))
        upper = mixed.rename(str.upper).with_columns(pl.lit("more").alias("MORE"))
        (tmp_path / name).mkdir()
        for number in range(2):
            upper[number::2].write_parquet(tmp_path / name / f"{number}.parquet")
    assert same(read(tmp_path), whole)


def test_types_of_the_published_definition_are_read(tmp_path: Path) -> None:
    tables = omop_tables()
    whole_numbers = pl.col(pl.Int64).cast(pl.Int32)
    for name in ("measurement", "observation"):
        number = pl.col("value_as_number").cast(pl.Decimal(18, 2))
        tables[name] = tables[name].with_columns(whole_numbers, number)
    tables["person"] = tables["person"].with_columns(whole_numbers)
    tables["visit_detail"] = tables["visit_detail"].with_columns(
        pl.col("visit_detail_id").cast(pl.Decimal(19, 0))
    )
    cohort = read(write_parquet(tmp_path, tables))
    assert cohort.unit_id.tolist() == ["100"]
    assert observed(cohort, "heart_rate") == [(0.833, 85.0)]


def test_columns_without_any_value_may_have_any_type(tmp_path: Path) -> None:
    tables = omop_tables()
    empty = pl.lit(None)
    tables["person"] = tables["person"].with_columns(month_of_birth=empty, day_of_birth=empty)
    tables["measurement"] = tables["measurement"].with_columns(unit_source_value=empty)
    tables["death"] = tables["death"].with_columns(death_date=empty, death_datetime=empty)
    cohort = read(write_parquet(tmp_path, tables))
    assert cohort.numbers["age_years"].tolist() == [60]  # by the year alone
    assert observed(cohort, "heart_rate") == [(0.833, 85.0)]


def test_values_after_the_window_change_nothing(
    folder: Path, whole: Cohort, tmp_path: Path
) -> None:
    tables = {path.stem: pl.read_parquet(path) for path in folder.glob("*.parquet")}
    ends = tables["visit_detail"].select(
        "person_id", end=pl.col("visit_detail_start_datetime") + pl.duration(hours=48)
    )
    for name in ("measurement", "observation"):
        known = tables[name].join(ends, on="person_id")
        tables[name] = known.filter(pl.col(f"{name}_datetime") < pl.col("end")).drop("end")
    cut = read(write_parquet(tmp_path, tables)).series
    assert cut is not None
    assert whole.series is not None
    assert np.array_equal(cut.value, whole.series.value)
    assert np.array_equal(cut.time_hours, whole.series.time_hours)


def test_connection_of_the_environment_is_read_and_not_kept(
    tmp_path: Path, mimic: dict[str, pl.DataFrame], whole: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_duckdb(tmp_path / "s3cret.duckdb", omop_of_mimic(mimic))
    monkeypatch.setenv("OMOP_URL", f"duckdb://{path}")
    cohort = read(None, connection_variable="OMOP_URL")
    assert same(cohort, whole)
    assert cohort.provenance.files == ()
    assert "s3cret" not in repr((cohort.provenance, dict(cohort.attachments)))
    assert cohort.provenance.fingerprint != whole.provenance.fingerprint
    assert (
        cohort.provenance.fingerprint
        == read(None, connection_variable="OMOP_URL").provenance.fingerprint
    )


def test_nothing_of_the_place_enters_the_cohort(folder: Path, whole: Cohort) -> None:
    assert str(folder) not in repr((whole.provenance, dict(whole.attachments)))
    assert {file.name for file in whole.provenance.files} >= {"person.parquet"}


@pytest.fixture
def database(mimic: dict[str, pl.DataFrame]) -> Iterator[str]:
    """Fill a schema of its own in the database that the environment names, if it names one."""
    url = os.environ.get(URL)
    if not url:
        pytest.skip(f"no database to test with: set {URL} to a connection, as postgres://...")
    connection = ibis.connect(url)
    if SCHEMA not in connection.list_databases():
        connection.create_database(SCHEMA)
    fill(connection, omop_of_mimic(mimic), SCHEMA)
    yield URL
    connection.drop_database(SCHEMA, force=True, cascade=True)
    connection.disconnect()


def test_database_gives_the_cohort_of_the_folder(database: str, whole: Cohort) -> None:
    cohort = read(None, connection_variable=database, database_schema=SCHEMA)
    assert same(cohort, whole)
    assert os.environ[database] not in repr(cohort.provenance)


@pytest.mark.filterwarnings("ignore")  # PySpark 4.0 calls what pandas 3 deprecates, leaves sockets
def test_spark_gives_the_cohort_of_the_folder(folder: Path, whole: Cohort) -> None:
    pytest.importorskip("pyspark", reason="needs PySpark, which is no part of the environment")
    assert same(read(folder, engine="pyspark"), whole)
