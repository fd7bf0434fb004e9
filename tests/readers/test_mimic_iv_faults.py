"""MIMIC-IV folders that cannot be read: all faults are told, and nothing is left."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from mimic_folder import mimic_tables, write_tables
from mimic_reading import (
    ADMISSIONS,
    CHARTED,
    LABS,
    OUTPUTS,
    PATIENTS,
    STAYS,
    Tables,
    changed,
    cut,
    read,
)

from samd_validate.core.errors import CannotRun
from samd_validate.readers.mimic.events import INPUTEVENTS, TABLES


@pytest.fixture(scope="module")
def tables() -> Tables:
    return mimic_tables(stays=12)


def refused(place: Path | None) -> list[str]:
    with pytest.raises(CannotRun) as stopped:
        read(place)
    return [f"{problem.where}: {problem.found}" for problem in stopped.value.problems]


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
