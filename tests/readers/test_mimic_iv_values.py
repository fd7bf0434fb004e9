"""Which values of MIMIC-IV are used, and that every other is counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from mimic_folder import mimic_tables, write_tables
from mimic_reading import CHARTED, OUTPUTS, Tables, charted, read
from seen import counts, observed


@pytest.fixture(scope="module")
def tables() -> Tables:
    return mimic_tables(stays=12)


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


def test_series_tells_when_the_last_of_an_interval_was_stored(
    tmp_path: Path, tables: Tables
) -> None:
    events = charted(
        ("2150-01-01 07:00:00", 70, "bpm", "2150-01-01 07:30:00"),
        ("2150-01-01 07:10:00", 80, "bpm", "2150-01-01 07:15:00"),
        ("2150-01-01 09:00:00", 90, "bpm", None),
    )
    cohort = read(write_tables(tmp_path, one_stay(tables, events)), variables=("heart_rate",))
    assert cohort.series is not None
    stored = cohort.series.stored_hours
    assert stored is not None
    first = stored[cohort.series.unit_index == 0]
    assert first[0] == 1.0
    assert np.isnan(first[1])


def test_hours_to_death_are_told_of_the_dead_alone(tmp_path: Path, tables: Tables) -> None:
    cohort = read(write_tables(tmp_path, tables))
    hours = cohort.numbers["outcome_hours"]
    assert np.isfinite(hours).tolist() == (cohort.label == 1).tolist()
    assert (hours[cohort.label == 1] >= 48).all()
