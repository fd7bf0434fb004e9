"""The OMOP reader: forms, engines and sources change nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import ibis
import numpy as np
import polars as pl
import pytest
from mimic_folder import mimic_tables, write_tables
from omop_folder import (
    fill,
    omop_of_mimic,
    omop_tables,
    write_duckdb,
    write_parquet,
)
from omop_reading import read
from seen import observed

from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.mimic_iv import MimicIvParams, mimic_iv

SCHEMA = "samd_validate_test"  # a schema of its own: no table of a warehouse is ever replaced


URL = "SAMD_VALIDATE_TEST_DATABASE"


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
