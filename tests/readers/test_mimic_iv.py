"""The MIMIC-IV reader: what must change nothing, its cache, and outside computations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mimic_folder import demo_folder, mimic_tables, write_tables
from mimic_reading import CHARTED, LABS, OUTPUTS, STAYS, Tables, cut, read, same
from seen import counts

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.readers.events import bins


@pytest.fixture(scope="module")
def tables() -> Tables:
    return mimic_tables(stays=12)


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


@pytest.mark.parametrize("limit", ["BATCH_ROWS", "BATCH_CELLS"])
def test_batches_of_patients_change_nothing(
    tmp_path: Path, tables: Tables, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    write_tables(tmp_path, tables)
    whole = read(tmp_path)
    monkeypatch.setattr(bins, limit, 1500)
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
