"""Plain tables that cannot be used, and protocols that say what cannot be."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from plain_tables import HEART, STAYS, frame, read, written
from pydantic import ValidationError

from samd_validate.core.errors import CannotRun
from samd_validate.readers.tabular.params import TableFileParams


def refused(place: Path | None, **params: object) -> list[str]:
    with pytest.raises(CannotRun) as stopped:
        read(place, **params)
    assert "secret" not in str(stopped.value)
    return [f"{problem.where}: {problem.found}" for problem in stopped.value.problems]


def test_no_place_says_how_to_bind_one() -> None:
    with pytest.raises(CannotRun, match="--dataset NAME=PATH"):
        read(None)


def test_all_that_is_missing_is_told_together(tmp_path: Path) -> None:
    assert refused(tmp_path) == ["stays: no such table", "values: no such table"]


def test_table_in_two_forms_is_refused(tmp_path: Path) -> None:
    written(tmp_path, pl.DataFrame(STAYS), frame([HEART]))
    written(tmp_path, pl.DataFrame(STAYS), form=".parquet")
    assert refused(tmp_path) == ["stays: 2 forms of it (stays.csv, stays.parquet)"]


def test_missing_columns_of_both_tables_and_the_nearest_name(tmp_path: Path) -> None:
    stays = pl.DataFrame(STAYS).rename({"label": "lable"})
    written(tmp_path, stays, frame([HEART]).rename({"variable": "name"}))
    assert refused(tmp_path) == [
        "stays.csv: no column 'label'",
        "values.csv: no column 'variable'",
    ]
    with pytest.raises(CannotRun, match="did you mean 'lable'"):
        read(tmp_path)


def test_ids_and_labels_that_cannot_be_are_counted_together(tmp_path: Path) -> None:
    stays = pl.DataFrame(
        {
            "unit_id": ["a", "a", None, "d", "e"],
            "patient_id": ["p", None, "p", "q", "r"],
            "site": ["N", "N", "N", "", "N"],
            "label": ["1", "0", "2", "secret", "0.5"],
        }
    )
    assert refused(written(tmp_path, stays, frame([HEART]))) == [
        "stays.csv: no value in column 'unit_id' in 1 rows",
        "stays.csv: no value in column 'patient_id' in 1 rows",
        "stays.csv: no value in column 'site' in 1 rows",
        "stays.csv: 1 rows with a 'unit_id' seen before",
        "stays.csv: something else than 0 or 1 in column 'label' in 3 rows",
    ]


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def latin(content: bytes) -> bytes:
    return gzip.compress(gzip.decompress(content).replace(b"bpm", b"\xb0pm"))


def longer(content: bytes) -> bytes:
    return gzip.compress(gzip.decompress(content) + b"1,2,3,4,5,6,7\n")


@pytest.mark.parametrize("table", ["stays", "values"])
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (cut, "a gzip file that breaks off"),
        (latin, "bytes that are not UTF-8"),
        (longer, "a row with more fields than the header"),
        (lambda _: b"", "an empty file"),
    ],
)
def test_damaged_file_is_refused(
    tmp_path: Path, table: str, fault: Callable[[bytes], bytes], words: str
) -> None:
    stays = pl.DataFrame(STAYS | {"site": ["bpm"] * 3})
    written(tmp_path, stays, frame([(*HEART[:4], "bpm")] * 50), ".csv.gz")
    path = tmp_path / f"{table}.csv.gz"
    path.write_bytes(fault(path.read_bytes()))
    params = {"values": {"unit": "unit"}}
    assert refused(tmp_path, **params) == [f"{table}.csv.gz: {words}"]


def test_file_that_ends_within_a_row_is_refused(tmp_path: Path) -> None:
    written(tmp_path, pl.DataFrame(STAYS), frame([HEART]))
    path = tmp_path / "values.csv"
    path.write_bytes(path.read_bytes()[:-3])
    assert refused(tmp_path) == ["values.csv: a last row without its end"]


def test_parquet_of_other_types_lists_each_column(tmp_path: Path) -> None:
    stays = pl.DataFrame(STAYS).with_columns(
        patient_id=pl.Series([1.0, 2.0, 3.0]), label=pl.Series([True, False, False])
    )
    values = frame([HEART]).with_columns(value=pl.lit(b"80"))
    assert refused(written(tmp_path, stays, values, ".parquet")) == [
        "stays.parquet: column 'label' of type Boolean",
        "stays.parquet: column 'patient_id' of type Float64",
        "values.parquet: column 'value' of type Binary",
    ]


def test_datetime_written_otherwise_is_refused(tmp_path: Path) -> None:
    stays = pl.DataFrame(STAYS | {"begin": ["1.3.2024 8:00"] * 3})
    written(tmp_path, stays, frame([HEART]))
    words = "stays.csv: a time that is not YYYY-MM-DD HH:MM:SS in column 'begin'"
    calendar = {"stays": {"index_time": "begin"}, "values": {"time_unit": "datetime"}}
    assert refused(tmp_path, **calendar) == [words]


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"hart_rate": {}}, "did you mean 'heart_rate'"),
        ({"peep": {"unit": "cm[H2O]"}}, "unit and limits"),
        ({"peep": {"unit": "cm[H2O]", "limits": [50, 0]}}, "limits in the wrong order"),
        ({"lactate": {"unit": "kg"}}, "a unit that leads to 'mmol/L'"),
        ({"lactate": {"limits": [0, 1]}}, "limits, aggregate or label given"),
        ({"lactate": {"item": ["L", "L"]}}, "an item twice"),
    ],
)
def test_variable_that_cannot_be(tmp_path: Path, variables: object, words: str) -> None:
    written(tmp_path, pl.DataFrame(STAYS), frame([HEART]))
    with pytest.raises(CannotRun, match=words):
        read(tmp_path, variables=variables)


def test_every_wrong_variable_is_told_beside_a_missing_column(tmp_path: Path) -> None:
    written(tmp_path, pl.DataFrame(STAYS).drop("site"), frame([HEART]))
    variables = {"pep": {}, "lactate": {"unit": "kg"}}
    assert len(refused(tmp_path, variables=variables)) == 3


def test_column_of_a_variable_that_is_not_there(tmp_path: Path) -> None:
    values = frame([("b", "0", "80")], ("unit_id", "time", "hr"))
    written(tmp_path, pl.DataFrame(STAYS), values)
    params = {"layout": "wide_hourly", "variables": {"heart_rate": {"item": "HR"}}}
    assert refused(tmp_path, **params) == ["values.csv: no column 'HR'"]


@pytest.mark.parametrize(
    ("layout", "words"),
    [("long", "no usable value of any of"), ("wide_hourly", "no column of a variable")],
)
def test_nothing_measured_is_no_empty_cohort(tmp_path: Path, layout: str, words: str) -> None:
    written(tmp_path, pl.DataFrame(STAYS), frame([("b", "0.5", "pulse", "80", None)]))
    with pytest.raises(CannotRun, match=words):
        read(tmp_path, layout=layout)


def test_nobody_with_the_event(tmp_path: Path) -> None:
    written(tmp_path, pl.DataFrame(STAYS | {"label": ["0", "0", ""]}), frame([HEART]))
    assert refused(tmp_path) == ["stays.csv: no positive label in 2 stays"]


def test_nobody_left_says_why(tmp_path: Path) -> None:
    written(tmp_path, pl.DataFrame(STAYS | {"label": [""] * 3}), frame([HEART]))
    with pytest.raises(CannotRun, match="without a label: 3"):
        read(tmp_path)


@pytest.mark.parametrize(
    "params",
    [
        {"layout": "tall"},
        {"layout": "long", "values": {"time_unit": "datetime"}},
        {"layout": "long", "stays": {"index_time": "begin"}},
        {"layout": "long", "stays": {"groups": ["age"], "numbers": ["age"]}},
        {"layout": "wide_hourly", "variables": {"lactate": {"item": "time"}}},
        {"layout": "wide_hourly", "values": {"time_unit": "minutes"}},
        {"layout": "wide_hourly", "values": {"stored": "stored"}},
        {"layout": "wide", "variables": ["heart_rate"]},
        {"layout": "long", "variables": {}},
        {"layout": "long", "stays": {"unit": "unit_id"}},
    ],
)
def test_params_that_do_not_fit_together(params: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TableFileParams.model_validate(params)
