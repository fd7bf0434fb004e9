"""What is broken in a folder of eICU-CRD is told together, and nothing half read remains."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from eicu_folder import eicu_tables
from eicu_reading import (
    HOSPITAL,
    LAB,
    PATIENT,
    PERIODIC,
    RESULT,
    Tables,
    changed,
    first,
    read,
    refused,
)
from mimic_folder import write_tables

from samd_validate.core.errors import CannotRun


@pytest.fixture(scope="module")
def tables() -> Tables:
    return eicu_tables(stays=12)


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
