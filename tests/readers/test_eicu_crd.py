"""The eICU-CRD reader: forms, order and cache change nothing; outside computations agree."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from eicu_folder import eicu_tables
from eicu_reading import (
    BREATH,
    HOSPITAL,
    LAB,
    NURSE,
    PATIENT,
    PERIODIC,
    RESULT,
    Tables,
    read,
    refused,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mimic_folder import write_tables
from seen import counts, observed

from samd_validate.core.cohort import Cohort
from samd_validate.readers.events import bins


@pytest.fixture(scope="module")
def tables() -> Tables:
    return eicu_tables(stays=12)


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
        "from pathlib import Path; from eicu_reading import read;"
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
