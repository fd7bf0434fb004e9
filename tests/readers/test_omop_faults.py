"""What is broken in an OMOP warehouse is told together, and no secret with it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from omop_folder import (
    omop_tables,
    rows,
    write_duckdb,
    write_parquet,
)
from omop_reading import read, refused, with_first

from samd_validate.core.errors import CannotRun
from samd_validate.readers.omop_tables.shapes import NEEDED


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
