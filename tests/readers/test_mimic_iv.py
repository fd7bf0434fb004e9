"""The MIMIC-IV reader: broken input first, then rules and losses, then outside computations."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mimic_folder import demo_folder, mimic_tables, write_tables

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.events import bins
from samd_validate.readers.mimic.events import INPUTEVENTS, TABLES
from samd_validate.readers.mimic.groups import ethnicity
from samd_validate.readers.mimic_iv import MimicIvParams, mimic_iv

Tables = dict[str, pl.DataFrame]
CHARTED, LABS, OUTPUTS = "icu/chartevents", "hosp/labevents", "icu/outputevents"
STAYS, ADMISSIONS, PATIENTS = "icu/icustays", "hosp/admissions", "hosp/patients"


@pytest.fixture(scope="module")
def tables() -> Tables:
    return mimic_tables(stays=12)


def read(place: Path | None, window_hours: float = 48, **params: Any) -> Cohort:
    request = ReadRequest(
        dataset="icu", place=str(place) if place else None, seed=0, window_hours=window_hours
    )
    params = {"keep_cache": False} | params
    cohort: Cohort = mimic_iv.run(request, MimicIvParams(**params))
    return cohort


def refused(place: Path | None) -> list[str]:
    with pytest.raises(CannotRun) as stopped:
        read(place)
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


def charted(
    *rows: tuple[str | None, float, str | None, str | None], item: int = 220045
) -> pl.DataFrame:
    """Return charted values of the first stay, admitted to the ICU at 06:30."""
    times, values, units, stored = zip(*rows, strict=True)
    return pl.DataFrame(
        {
            "subject_id": [10_000_000] * len(rows),
            "stay_id": [30_000_000] * len(rows),
            "itemid": [item] * len(rows),
            "charttime": pl.Series(times, dtype=pl.String),
            "storetime": pl.Series(stored, dtype=pl.String),
            "valuenum": pl.Series(values, dtype=pl.Float64, strict=False),
            "valueuom": pl.Series(units, dtype=pl.String),
        }
    )


# broken input


def test_no_place_says_how_to_bind_one() -> None:
    with pytest.raises(CannotRun, match="--dataset mimic-iv=PATH"):
        read(None)


def test_every_missing_table_is_listed(tmp_path: Path) -> None:
    needed = [one for one in TABLES if one != INPUTEVENTS]  # that of treatments, if one is named
    assert refused(tmp_path) == [f"{one.place}: no such table" for one in needed]


def test_table_in_two_forms_is_refused(tmp_path: Path, tables: Tables) -> None:
    write_tables(tmp_path, tables)
    tables[STAYS].write_csv(tmp_path / "icu/icustays.csv")
    assert refused(tmp_path) == ["icu/icustays: 2 forms of it (icustays.csv, icustays.csv.gz)"]


def test_missing_columns_of_all_tables_are_listed(tmp_path: Path, tables: Tables) -> None:
    broken = changed(tables, LABS, lambda t: t.drop("valuenum", "storetime"))
    broken = changed(broken, PATIENTS, lambda t: t.rename({"anchor_age": "anchr_age"}))
    found = refused(write_tables(tmp_path, broken))
    assert found == [
        "hosp/patients.csv.gz: no column 'anchor_age'",
        "hosp/labevents.csv.gz: no column 'storetime'",
        "hosp/labevents.csv.gz: no column 'valuenum'",
    ]


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def garbled(content: bytes) -> bytes:
    plain = bytearray(gzip.decompress(content))
    plain[plain.index(b"bpm")] = 0xB0
    return gzip.compress(bytes(plain))


def flipped(content: bytes) -> bytes:
    return content[:-6] + bytes([content[-6] ^ 255]) + content[-5:]


def worded(content: bytes) -> bytes:
    lines = gzip.decompress(content).decode().splitlines()
    cells = lines[5].split(",")
    cells[lines[0].split(",").index("valuenum")] = "secret"
    return gzip.compress("\n".join([*lines[:5], ",".join(cells), *lines[6:], ""]).encode())


def other_time(content: bytes) -> bytes:
    return gzip.compress(gzip.decompress(content).replace(b"2150-01-01 06:35:00", b"1/1/50 6:35"))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (cut, "a gzip file that breaks off"),
        (flipped, "a damaged gzip file"),
        (garbled, "bytes that are not UTF-8"),
        (worded, "a field that is not a number in column 'valuenum'"),
        (other_time, "a time that is not YYYY-MM-DD HH:MM:SS in column 'charttime'"),
        (lambda _: b"", "an empty file"),
    ],
)
def test_damaged_events_stop_the_reading_and_leave_no_cache(
    tmp_path: Path, tables: Tables, fault: Callable[[bytes], bytes], words: str
) -> None:
    write_tables(tmp_path / "in", tables)
    path = tmp_path / "in/icu/chartevents.csv.gz"
    path.write_bytes(fault(path.read_bytes()))
    with pytest.raises(CannotRun) as stopped:
        read(tmp_path / "in", keep_cache=True, cache=str(tmp_path / "cache"))
    (problem,) = stopped.value.problems
    assert (problem.where, problem.found) == ("icu/chartevents.csv.gz", words)
    assert "secret" not in str(problem)
    kept = [path.suffix for path in (tmp_path / "cache").glob("*")]
    assert sorted(kept) in ([], [".parquet"] * 2 + [".sha256"] * 2)  # those of the other tables


def test_row_with_more_fields_than_the_header(tmp_path: Path, tables: Tables) -> None:
    write_tables(tmp_path, tables)
    path = tmp_path / "icu/icustays.csv.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + b"1," * 30 + b"1\n"))
    assert refused(tmp_path) == ["icu/icustays.csv.gz: a row with more fields than the header"]


def test_damage_in_two_tables_of_events_is_told_together(tmp_path: Path, tables: Tables) -> None:
    write_tables(tmp_path, tables)
    for name in ("icu/chartevents.csv.gz", "hosp/labevents.csv.gz"):
        (tmp_path / name).write_bytes(cut((tmp_path / name).read_bytes()))
    assert len(refused(tmp_path)) == 2


def test_plain_table_that_ends_within_a_row_is_refused(tmp_path: Path, tables: Tables) -> None:
    write_tables(tmp_path, tables, ".csv")
    path = tmp_path / "hosp/labevents.csv"
    path.write_bytes(path.read_bytes()[:-9])
    assert refused(tmp_path) == ["hosp/labevents.csv: a last row without its end"]


def test_parquet_of_other_types_lists_each_column(tmp_path: Path, tables: Tables) -> None:
    broken = changed(
        tables, CHARTED, lambda t: t.with_columns(pl.col("itemid", "valuenum").cast(pl.String))
    )
    broken = changed(broken, STAYS, lambda t: t.with_columns(intime=pl.lit(1.5)))
    assert refused(write_tables(tmp_path, broken, ".parquet")) == [
        "icu/icustays.parquet: column 'intime' of type Float64",
        "icu/chartevents.parquet: column 'itemid' of type String",
        "icu/chartevents.parquet: column 'valuenum' of type String",
    ]


def test_truncated_parquet_is_refused(tmp_path: Path, tables: Tables) -> None:
    write_tables(tmp_path, tables, ".parquet")
    path = tmp_path / "icu/chartevents.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    assert refused(tmp_path) == ["icu/chartevents.parquet: a damaged or truncated Parquet file"]


def test_ids_twice_and_flags_that_are_none_are_told_for_all_tables(
    tmp_path: Path, tables: Tables
) -> None:
    broken = changed(tables, STAYS, lambda t: pl.concat([t, t.head(2)]))
    broken = changed(broken, ADMISSIONS, lambda t: t.with_columns(hospital_expire_flag=pl.lit(2)))
    assert refused(write_tables(tmp_path, broken)) == [
        "hosp/admissions.csv.gz: hospital_expire_flag other than 0 and 1 in 12 rows",
        "icu/icustays.csv.gz: 2 rows with a stay_id seen before",
    ]


def test_unknown_items_only_is_no_empty_cohort(tmp_path: Path, tables: Tables) -> None:
    broken = dict(tables)
    for name in (CHARTED, LABS, OUTPUTS):
        broken = changed(broken, name, lambda t: t.with_columns(itemid=pl.lit(1)))
    with pytest.raises(CannotRun, match="no usable value"):
        read(write_tables(tmp_path, broken))


def test_nobody_left_says_why(tmp_path: Path, tables: Tables) -> None:
    with pytest.raises(CannotRun, match="in the ICU for less than 96 h: 12"):
        read(write_tables(tmp_path, tables), window_hours=96)


def test_unknown_variable_names_the_nearest(tmp_path: Path, tables: Tables) -> None:
    with pytest.raises(CannotRun, match="did you mean 'lactate'"):
        read(write_tables(tmp_path, tables), variables=("lactat",))


# which stays, which outcome


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


# which values


def one_stay(tables: Tables, events: pl.DataFrame) -> Tables:
    return tables | {CHARTED: events}


def test_times_before_the_stay_after_the_window_and_stored_late_are_counted(
    tmp_path: Path, tables: Tables
) -> None:
    events = charted(
        ("2150-01-01 06:29:59", 70, "bpm", None),
        ("2150-01-01 06:30:00", 71, "bpm", "2150-01-01 06:40:00"),
        ("2150-01-03 06:29:59", 72, "bpm", "2150-01-03 06:30:00"),
        ("2150-01-03 06:29:00", 99, "bpm", "2150-01-03 06:30:01"),
        ("2150-01-03 06:30:00", 98, "bpm", None),
        ("2199-01-01 00:00:00", 97, "bpm", None),
        ("2099-01-01 00:00:00", 97, "bpm", None),
        (None, 97, "bpm", None),
    )
    cohort = read(write_tables(tmp_path, one_stay(tables, events)), variables=("heart_rate",))
    assert observed(cohort, "heart_rate") == [(0.0, 71.0), (47.983, 72.0)]
    found = counts(cohort)
    assert found["before the index time, not used"] == 2
    assert found["after the observation window, not used"] == 2
    assert found["stored after the prediction time, not used"] == 1
    assert found["without a time, not used"] == 1
    assert found["used"] == 2


def test_units_are_converted_assumed_or_counted(tmp_path: Path, tables: Tables) -> None:
    events = pl.concat(
        [
            charted(("2150-01-01 07:00:00", 98.6, "°F", None), item=223761),
            charted(("2150-01-01 08:40:00", 37.5, "°C", None), item=223761),
            charted(("2150-01-01 10:00:00", 310, "K", None), item=223761),
            charted(("2150-01-01 11:00:00", 104, None, None), item=223761),
            charted(("2150-01-01 12:00:00", 212, None, None), item=223761),
            charted(("2150-01-01 07:00:00", 40, None, None), item=223835),
            charted(("2150-01-01 09:00:00", 0.6, None, None), item=223835),
        ]
    )
    variables = ("temperature", "fio2")
    cohort = read(write_tables(tmp_path, one_stay(tables, events)), variables=variables)
    assert observed(cohort, "temperature") == [(0.5, 37.0), (2.167, 37.5), (4.5, 40.0)]
    assert observed(cohort, "fio2") == [(0.5, 0.4), (2.5, 0.6)]
    found = counts(cohort)
    assert found["in a unit without a conversion, not used"] == 1
    assert found["outside plausible limits, not used"] == 1
    table: Any = cohort.attachments["harmonisation_icu"]
    json.dumps(table, allow_nan=False)
    ways = {(row["item"], row["unit_written"]): row for row in table["items"]}
    assert ways[223761, "K"]["factor"] is None
    assert ways[223761, None]["unit_assumed"] == "[degF]"


def test_missing_variable_is_named_in_the_harmonisation(tmp_path: Path, tables: Tables) -> None:
    cohort = read(write_tables(tmp_path, tables), variables=("heart_rate", "weight"))
    table: Any = cohort.attachments["harmonisation_icu"]
    assert {one["name"]: one["status"] for one in table["variables"]} == {
        "heart_rate": "found",
        "weight": "missing",
    }


def test_interval_takes_the_mean_and_the_time_of_its_last_value(
    tmp_path: Path, tables: Tables
) -> None:
    events = charted(
        ("2150-01-01 06:31:00", 70, "bpm", None),
        ("2150-01-01 07:29:00", 80, "bpm", None),
        ("2150-01-01 07:30:00", 90, "bpm", None),
    )
    write_tables(tmp_path, one_stay(tables, events))
    hourly = read(tmp_path, variables=("heart_rate",))
    assert observed(hourly, "heart_rate") == [(0.983, 75.0), (1.0, 90.0)]
    by_minute = read(tmp_path, variables=("heart_rate",), bin_minutes=1)
    assert observed(by_minute, "heart_rate") == [(0.017, 70.0), (0.983, 80.0), (1.0, 90.0)]


def test_last_of_an_interval_is_the_one_stored_last(tmp_path: Path, tables: Tables) -> None:
    events = charted(
        ("2150-01-01 07:00:00", 50, None, "2150-01-01 09:00:00"),
        ("2150-01-01 07:00:00", 40, None, "2150-01-01 08:00:00"),
        item=223835,
    )
    cohort = read(write_tables(tmp_path, one_stay(tables, events)), variables=("fio2",))
    assert observed(cohort, "fio2") == [(0.5, 0.5)]


def test_coma_score_needs_its_three_parts_in_one_minute(tmp_path: Path, tables: Tables) -> None:
    events = pl.concat(
        [
            charted(("2150-01-01 07:00:00", 3, None, None), item=220739),
            charted(("2150-01-01 07:00:00", 1, None, None), item=223900),
            charted(("2150-01-01 07:00:00", 6, None, None), item=223901),
            charted(("2150-01-01 09:00:00", 4, None, None), item=220739),
            charted(("2150-01-01 09:01:00", 5, None, None), item=223900),
        ]
    )
    cohort = read(write_tables(tmp_path, one_stay(tables, events)), variables=("gcs",))
    assert observed(cohort, "gcs") == [(0.5, 10.0)]
    reason = "scores of which not all parts were charted together, not used"
    assert counts(cohort)[reason] == 2


def test_irrigant_is_taken_off_the_urine(tmp_path: Path, tables: Tables) -> None:
    events = pl.concat(
        [
            charted(("2150-01-01 07:00:00", 500, "ml", None), item=227489),
            charted(("2150-01-01 07:10:00", 300, "ml", None), item=227488),
            charted(("2150-01-01 09:00:00", 200, "ml", None), item=227488),
        ]
    ).rename({"valuenum": "value"})
    cohort = read(write_tables(tmp_path, tables | {OUTPUTS: events}), variables=("urine_output",))
    assert observed(cohort, "urine_output") == [(0.667, 200.0)]
    reason = "outside plausible limits after they were added up, not used"
    assert counts(cohort)[reason] == 1


# forms, cache, order


def same(left: Cohort, right: Cohort) -> bool:
    a, b = left.series, right.series
    assert a is not None
    assert b is not None
    names = ("unit_index", "variable_index", "time_hours", "value")
    series = all(getattr(a, n).tobytes() == getattr(b, n).tobytes() for n in names)
    return series and left.flow == right.flow


@pytest.mark.parametrize("form", [".csv", ".parquet"])
def test_form_of_the_files_changes_nothing(tmp_path: Path, tables: Tables, form: str) -> None:
    packed = read(write_tables(tmp_path / "gz", tables))
    assert same(packed, read(write_tables(tmp_path / "other", tables, form)))


def test_timestamps_and_shards_of_parquet_are_read(tmp_path: Path, tables: Tables) -> None:
    times = pl.col("charttime", "storetime").str.to_datetime(time_unit="ns")
    write_tables(tmp_path / "gz", tables)
    shards = {name: t for name, t in tables.items() if name != CHARTED}
    write_tables(tmp_path / "pq", shards, ".parquet")
    typed = tables[CHARTED].with_columns(times, pl.col("itemid").cast(pl.Int32))
    (tmp_path / "pq" / CHARTED).mkdir()
    for number in range(2):
        typed[number::2].write_parquet(tmp_path / "pq" / CHARTED / f"{number}.parquet")
    sharded = read(tmp_path / "pq")
    assert same(read(tmp_path / "gz"), sharded)
    names = {file.name for file in sharded.provenance.files}
    assert names >= {"icu/icustays.parquet", "icu/chartevents/0.parquet"}


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


def test_rows_after_the_prediction_time_change_nothing(tmp_path: Path, tables: Tables) -> None:
    ends = tables[STAYS].select(
        "subject_id", end=pl.col("intime").str.to_datetime() + pl.duration(hours=48)
    )
    cut_off = dict(tables)
    for name in (CHARTED, LABS, OUTPUTS):
        known = tables[name].join(ends, on="subject_id")
        early = pl.max_horizontal(pl.col("charttime", "storetime").str.to_datetime())
        cut_off[name] = known.filter(early <= pl.col("end")).drop("end")
    left = read(write_tables(tmp_path / "a", tables)).series
    right = read(write_tables(tmp_path / "b", cut_off)).series
    assert left is not None
    assert right is not None
    assert np.array_equal(left.value, right.value)
    assert np.array_equal(left.time_hours, right.time_hours)


def test_batches_of_patients_change_nothing(
    tmp_path: Path, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tables(tmp_path, tables)
    whole = read(tmp_path)
    monkeypatch.setattr(bins, "BATCH_ROWS", 1500)
    assert same(whole, read(tmp_path))


def test_second_read_comes_from_the_cache_until_the_source_changes(
    tmp_path: Path, tables: Tables
) -> None:
    place, cache = write_tables(tmp_path / "in", tables), tmp_path / "cache"
    first = read(place, keep_cache=True, cache=str(cache))
    entries = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    assert same(first, read(place, keep_cache=True, cache=str(cache)))
    assert {path: path.stat().st_mtime_ns for path in cache.iterdir()} == entries
    write_tables(place, {CHARTED: tables[CHARTED].with_columns(valuenum=pl.lit(80))})
    other = read(place, keep_cache=True, cache=str(cache))
    assert not same(first, other)
    assert other.provenance.fingerprint != first.provenance.fingerprint


def test_entry_of_the_cache_that_was_changed_is_made_again(tmp_path: Path, tables: Tables) -> None:
    place, cache = write_tables(tmp_path / "in", tables), tmp_path / "cache"
    first = read(place, keep_cache=True, cache=str(cache))
    for path in cache.glob("*.parquet"):
        path.write_bytes(cut(path.read_bytes()))
    assert same(first, read(place, keep_cache=True, cache=str(cache)))


def test_cache_that_cannot_be_written_says_what_to_do(tmp_path: Path, tables: Tables) -> None:
    (tmp_path / "file").write_text("no folder")
    place = write_tables(tmp_path / "in", tables)
    with pytest.raises(CannotRun, match="SAMD_VALIDATE_CACHE"):
        read(place, keep_cache=True, cache=str(tmp_path / "file"))


def test_nothing_of_the_places_enters_the_cohort(tmp_path: Path, tables: Tables) -> None:
    cohort = read(write_tables(tmp_path, tables))
    assert {file.name for file in cohort.provenance.files} >= {"icu/chartevents.csv.gz"}
    assert str(tmp_path) not in repr((cohort.provenance, dict(cohort.attachments)))


# outside computations


def test_hourly_means_are_those_of_plain_pandas(tmp_path: Path, tables: Tables) -> None:
    cohort = read(write_tables(tmp_path, tables), variables=("heart_rate", "map"))
    events = pd.read_csv(tmp_path / f"{CHARTED}.csv.gz", parse_dates=["charttime"])
    stays = pd.read_csv(tmp_path / f"{STAYS}.csv.gz", parse_dates=["intime"])
    events = events.merge(stays[["stay_id", "intime"]], on="stay_id")
    events["hour"] = (events["charttime"] - events["intime"]).dt.total_seconds() // 3600
    names = {220045: "heart_rate", 220052: "map", 220181: "map"}
    events["variable"] = events["itemid"].map(names)
    events = events[events["variable"].notna() & events["hour"].between(0, 47)]
    expected = events.groupby(["stay_id", "variable", "hour"])["valuenum"].mean()
    series = cohort.series
    assert series is not None
    found = pd.Series(
        series.value,
        index=pd.MultiIndex.from_arrays(
            [
                cohort.unit_id.astype(int)[series.unit_index],
                np.array([v.name for v in series.variables])[series.variable_index],
                np.floor(series.time_hours),
            ]
        ),
    )
    assert found.size == expected.size
    assert np.allclose(found.loc[expected.index], expected, rtol=0, atol=1e-5)


@pytest.fixture(scope="module")
def demo(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    place = demo_folder(shared / "data/mimic-iv-demo-2.2", tmp_path_factory.mktemp("demo") / "in")
    return read(place, window_hours=24)


def test_demo_cohort_is_counted_out(demo: Cohort) -> None:
    found = counts(demo)
    assert found["ICU stays in icu/icustays"] == 138
    assert found["not the patient's first ICU stay"] == 40
    assert (demo.size, demo.n_events) == (83, 7)
    excluded = sum(row.count for row in demo.flow if row.kind == "excluded")
    assert found["ICU stays in icu/icustays"] - excluded == demo.size


def test_demo_values_are_those_of_intensive_care(demo: Cohort) -> None:
    usual = {
        "heart_rate": (75, 100),
        "temperature": (36.3, 37.6),
        "fio2": (0.35, 0.6),
        "gcs": (11, 15),
        "creatinine": (0.7, 1.6),
        "magnesium": (1.7, 2.3),
        "weight": (65, 95),
        "ph": (7.33, 7.43),
        "urine_output": (40, 150),
    }
    series = demo.series
    assert series is not None
    names = [variable.name for variable in series.variables]
    for name, (low, high) in usual.items():
        values = series.value[series.variable_index == names.index(name)]
        assert low <= np.median(values) <= high, name


def test_demo_labs_stored_late_are_counted(demo: Cohort) -> None:
    assert counts(demo)["stored after the prediction time, not used"] > 0
