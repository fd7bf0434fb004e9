"""Plain tables: what becomes of stays and values, and that the layout and form change nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_tables import COLUMNS, HEART, STAYS, frame, read, same, written

from samd_validate.core.cohort import Cohort

HAND = [
    ("b", "0.5", "HR", "80", "bpm"),
    ("b", "0.7", "HR", "90", None),
    ("b", "0.6", "HR", "500", None),
    ("b", "47.99", "HR", "70", "stone"),
    ("a", "1.25", "HR", "x", None),
    ("a", "-1", "HR", "80", None),
    ("a", "1e300", "HR", "80", None),
    ("a", "soon", "HR", "80", None),
    ("a", "2.3", "LACT", "18", "mg/dL"),
    ("zz", "1", "HR", "80", None),
    (None, "1", "HR", "80", None),
    ("c", "1", "OTHER", "80", None),
    ("c", "1", "HR", "", None),
]
MAPPED: dict[str, Any] = {
    "stays": {
        "groups": {"sex": {"column": "gender", "words": {"F": "female", "M": "male"}}},
        "numbers": {"age_years": "age"},
    },
    "values": {"unit": "unit"},
    "variables": {"heart_rate": {"item": "HR"}, "lactate": {"item": "LACT"}},
}


def counts(cohort: Cohort) -> dict[str, int]:
    return {row.reason: row.count for row in cohort.flow if row.count}


def observed(cohort: Cohort) -> list[tuple[str, str, float, float]]:
    series = cohort.series
    assert series is not None
    columns = (series.unit_index, series.variable_index, series.time_hours, series.value)
    return [
        (
            str(cohort.unit_id[unit]),
            series.variables[variable].name,
            round(float(time), 3),
            round(float(value), 3),
        )
        for unit, variable, time, value in zip(*columns, strict=True)
    ]


def test_every_value_is_used_or_counted(tmp_path: Path) -> None:
    cohort = read(written(tmp_path, pl.DataFrame(STAYS), frame(HAND)), **MAPPED)
    assert observed(cohort) == [("a", "lactate", 2.3, 1.998), ("b", "heart_rate", 0.7, 85)]
    assert counts(cohort) == {
        "in the table stays": 3,
        "age_band not recorded": 1,
        "sex not recorded": 1,
        "age_years not recorded": 1,
        "without any usable measurement, kept": 1,
        "of stays that the table of stays does not have, not used": 2,
        "of variables that are not asked for, not used": 1,
        "without a time, not used": 1,
        "without a number, not used": 2,
        "before the index time, not used": 1,
        "after the observation window, not used": 1,
        "in a unit without a conversion, not used": 1,
        "outside plausible limits, not used": 1,
        "used": 3,
        "in the cohort": 3,
    }
    values = sum(row.count for row in cohort.flow if row.counted == "values")
    assert values == len(HAND)


def test_people_are_told_in_the_words_of_the_cohort(tmp_path: Path) -> None:
    cohort = read(written(tmp_path, pl.DataFrame(STAYS), frame(HAND)), **MAPPED)
    assert cohort.unit_id.tolist() == ["a", "b", "c"]
    assert cohort.patient_id.tolist() == ["p2", "p1", "p2"]
    assert cohort.site.tolist() == ["South", "North", "South"]
    assert cohort.label.tolist() == [0, 1, 0]
    assert cohort.groups["sex"].tolist() == ["male", "female", ""]
    assert cohort.groups["age_band"].tolist() == ["", "65-79", "18-44"]
    assert np.array_equal(cohort.numbers["age_years"], [np.nan, 70, 33], equal_nan=True)
    assert cohort.units == {"age_years": "years"}


def test_harmonisation_says_what_was_found_converted_and_missing(tmp_path: Path) -> None:
    more = MAPPED | {"variables": MAPPED["variables"] | {"sodium": {}}}
    cohort = read(written(tmp_path, pl.DataFrame(STAYS), frame(HAND)), **more)
    told: Any = cohort.attachments["harmonisation_mine"]
    status = {one["name"]: one["status"] for one in told["variables"]}
    assert status == {"heart_rate": "found", "lactate": "found", "sodium": "missing"}
    factors = {(one["item"], one["unit_written"]): one["factor"] for one in told["items"]}
    assert factors["LACT", "mg/dL"] == 0.111
    assert factors["HR", "stone"] is None


def test_stays_that_end_early_or_have_no_outcome_leave(tmp_path: Path) -> None:
    stays = {
        "unit_id": ["a", "b", "c", "d", "e"],
        "label": ["1", "0", "", "0", "0"],
        "hours": ["48", "47.9", "50", "", "inf"],
    }
    params = {"patient_id": None, "site": None, "stay_hours": "hours"}
    values = frame([("a", *HEART[1:])])
    cohort = read(written(tmp_path, pl.DataFrame(stays), values), stays=params)
    assert cohort.unit_id.tolist() == cohort.patient_id.tolist() == ["a", "e"]
    assert cohort.site.tolist() == ["mine", "mine"]
    excluded = {row.reason: row.count for row in cohort.flow if row.kind == "excluded"}
    assert excluded == {
        "without a label": 1,
        "without an index time": 0,
        "of unknown length": 1,
        "shorter than 48 h": 1,
    }


def test_variable_that_the_dictionary_does_not_know(tmp_path: Path) -> None:
    values = frame([("b", "1", "PEEP", "8", None), ("b", "2", "PEEP", "80", None)])
    peep = {"item": "PEEP", "unit": "cm[H2O]", "limits": [0, 50], "aggregate": "mean"}
    cohort = read(written(tmp_path, pl.DataFrame(STAYS), values), variables={"peep": peep})
    assert observed(cohort) == [("b", "peep", 1, 8)]
    assert counts(cohort)["outside plausible limits, not used"] == 1


def test_several_items_of_one_variable_and_unit_of_the_file(tmp_path: Path) -> None:
    values = frame([("b", "1", "T1", "98.6", None), ("b", "2", "T2", "100.4", None)])
    warm = {"temperature": {"item": ["T1", "T2"], "unit": "°F"}}
    cohort = read(written(tmp_path, pl.DataFrame(STAYS), values), variables=warm)
    assert observed(cohort) == [("b", "temperature", 1, 37), ("b", "temperature", 2, 38)]


def test_value_that_was_stored_late_is_not_used(tmp_path: Path) -> None:
    values = frame(
        [("b", "47", "heart_rate", "80", "48"), ("b", "46", "heart_rate", "90", "48.1")],
        (*COLUMNS[:4], "stored"),
    )
    cohort = read(written(tmp_path, pl.DataFrame(STAYS), values), values={"stored": "stored"})
    assert observed(cohort) == [("b", "heart_rate", 47, 80)]
    assert counts(cohort)["stored after the prediction time, not used"] == 1


def test_datetimes_with_an_index_time_are_the_same_hours(tmp_path: Path) -> None:
    begin = pl.DataFrame(STAYS | {"begin": ["2024-02-28 23:30:00"] * 3})
    rows = [("b", "2024-02-29 00:00:00", "heart_rate", "80", None), HEART]
    calendar = read(
        written(tmp_path / "calendar", begin, frame(rows[:1])),
        stays={"index_time": "begin"},
        values={"time_unit": "datetime"},
    )
    hours = read(written(tmp_path / "hours", pl.DataFrame(STAYS), frame(rows[1:])))
    minutes = frame([("b", "30", "heart_rate", "80", None)])
    written(tmp_path / "minutes", pl.DataFrame(STAYS), minutes)
    assert same(calendar, hours)
    assert same(hours, read(tmp_path / "minutes", values={"time_unit": "minutes"}))


def test_stay_without_an_index_time_leaves(tmp_path: Path) -> None:
    begin = pl.DataFrame(STAYS | {"begin": ["2024-02-28 23:30:00", None, "2024-02-29 00:30:00"]})
    rows = [(unit, "2024-02-29 00:00:00", "heart_rate", "80", None) for unit in "abc"]
    cohort = read(
        written(tmp_path, begin, frame(rows)),
        stays={"index_time": "begin"},
        values={"time_unit": "datetime"},
    )
    assert cohort.unit_id.tolist() == ["b", "c"]
    assert observed(cohort) == [("b", "heart_rate", 0.5, 80)]
    assert counts(cohort)["without an index time"] == 1
    assert counts(cohort)["before the index time, not used"] == 1


def test_row_of_an_hour_is_known_when_the_hour_ends(tmp_path: Path) -> None:
    rows = [
        ("b", "0", "80", ""),
        ("b", "47", "90", "n/a"),
        ("b", "48", "70", "2"),
        ("b", "", "", "3"),
    ]
    values = frame(rows, ("unit_id", "time", "heart_rate", "lactate"))
    written(tmp_path, pl.DataFrame(STAYS), values)
    cohort = read(tmp_path, layout="wide_hourly")
    assert observed(cohort) == [("b", "heart_rate", 0.983, 80), ("b", "heart_rate", 47.983, 90)]
    found = counts(cohort)
    assert found["without a number, not used"] == 1
    assert found["without a time, not used"] == 1
    assert found["after the observation window, not used"] == 2


def test_column_that_is_called_like_ours_is_still_a_variable(tmp_path: Path) -> None:
    values = frame([("b", "1", "7", "80")], ("unit_id", "time", "hour", "value"))
    written(tmp_path, pl.DataFrame(STAYS), values)
    hour = {
        "heart_rate": {"item": "value"},
        "late": {"item": "hour", "unit": "h", "limits": [0, 9]},
    }
    cohort = read(tmp_path, layout="wide_hourly", variables=hour)
    assert observed(cohort) == [("b", "heart_rate", 1.983, 80), ("b", "late", 1.983, 7)]


def test_mark_of_the_byte_order_is_no_part_of_a_name(tmp_path: Path) -> None:
    written(tmp_path, pl.DataFrame(STAYS), frame([HEART]))
    for path in tmp_path.glob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert observed(read(tmp_path)) == [("b", "heart_rate", 0.5, 80)]


def test_wide_has_numbers_and_a_series_of_nothing(tmp_path: Path) -> None:
    written(tmp_path, pl.DataFrame(STAYS), form=".csv.gz")
    params = {"table": "stays.csv.gz", "groups": ["gender"], "numbers": ["age"]}
    cohort = read(tmp_path, layout="wide", stays=params)
    assert cohort.series is not None
    assert cohort.series.variables == ()
    assert cohort.series.value.size == 0
    assert cohort.attachments == {}
    assert cohort.groups["gender"].tolist() == ["M", "F", ""]
    assert [file.name for file in cohort.provenance.files] == ["stays.csv.gz"]


CELL = st.tuples(st.sampled_from("abc"), st.integers(-2, 50), st.sampled_from(["hr", "gl"]))
CELLS = st.dictionaries(CELL, st.integers(1, 400), min_size=1, max_size=40)
COARSE: dict[str, Any] = {"heart_rate": {"item": "hr"}, "glucose": {"item": "gl", "unit": "mmol/L"}}


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cells=CELLS, form=st.sampled_from([".csv", ".parquet"]))
def test_long_and_hourly_tables_of_the_same_values_are_one_cohort(
    tmp_path_factory: pytest.TempPathFactory, cells: dict[tuple[str, int, str], int], form: str
) -> None:
    cells = cells | {("a", 3, "hr"): 80}
    place = tmp_path_factory.mktemp("layout")
    rows = [(unit, str(60 * h + 59), name, str(v), None) for (unit, h, name), v in cells.items()]
    hours = sorted({(unit, h) for unit, h, _ in cells})
    wide = pl.DataFrame(
        {
            "unit_id": [unit for unit, _ in hours],
            "time": [h for _, h in hours],
            "hr": [cells.get((unit, h, "hr")) for unit, h in hours],
            "gl": pl.Series([cells.get((unit, h, "gl")) for unit, h in hours], dtype=pl.Float64),
        },
        schema_overrides={"hr": pl.Int64},
    )
    written(place / "long", pl.DataFrame(STAYS), frame(rows), form)
    written(place / "wide", pl.DataFrame(STAYS), wide, form)
    left = read(place / "long", values={"time_unit": "minutes"}, variables=COARSE)
    right = read(place / "wide", layout="wide_hourly", variables=COARSE)
    assert same(left, right)
    assert left.flow == right.flow


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", "zz"]),
            st.floats(-5, 60),
            st.sampled_from(["heart_rate", "urine_output", "lactate", "other"]),
            st.floats(-1e3, 1e3),
        ),
        max_size=30,
    ),
    seed=st.integers(0, 99),
)
def test_form_and_order_of_rows_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any], seed: int
) -> None:
    place = tmp_path_factory.mktemp("form")
    table = pl.DataFrame([*rows, ("b", 1.0, "heart_rate", 80.0)], schema=COLUMNS[:4], orient="row")
    mixed = table.sample(fraction=1, shuffle=True, seed=seed)
    stays = pl.DataFrame(STAYS)
    text = read(written(place / "csv", stays, table))
    packed = read(written(place / "gz", stays.reverse(), mixed, ".csv.gz"))
    typed = read(written(place / "parquet", stays, table, ".parquet"))
    assert same(text, packed)
    assert same(text, typed)
    assert text.flow == packed.flow == typed.flow


def test_hourly_means_are_those_of_plain_pandas(tmp_path: Path) -> None:
    rng = np.random.Generator(np.random.Philox(7))
    table = pd.DataFrame(
        {
            "unit_id": rng.choice(["a", "b", "c"], 500),
            "time": rng.uniform(0, 60, 500).round(2),
            "variable": "heart_rate",
            "value": rng.normal(90, 10, 500).round(1),
        }
    )
    written(tmp_path, pl.DataFrame(STAYS))
    table.to_csv(tmp_path / "values.csv", index=False)
    expected = table[table["time"] < 48].groupby(["unit_id", table["time"] // 1])["value"].mean()
    cohort = read(tmp_path)
    series = cohort.series
    assert series is not None
    found = {
        (str(cohort.unit_id[u]), float(np.floor(t))): float(v)
        for u, t, v in zip(series.unit_index, series.time_hours, series.value, strict=True)
    }
    assert found == pytest.approx(expected.to_dict(), abs=1e-4)
