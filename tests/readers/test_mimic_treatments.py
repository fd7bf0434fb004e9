"""Rates of infusions from MIMIC-IV: known while they run, read only where they are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from mimic_folder import mimic_tables, write_tables
from seen import counts

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.mimic_iv import MimicIvParams, mimic_iv

NORADRENALINE, VASOPRESSIN = 221906, 222315
Row = tuple[str | None, str | None, float | None, str | None]


def given(
    *rows: Row, item: int = NORADRENALINE, stored: str | None = None, status: str = "Stopped"
) -> pl.DataFrame:
    """Return infusions of the first stay, admitted to the ICU at 06:30 on the first of January."""
    starts, ends, rates, units = zip(*rows, strict=True)
    n = len(rows)
    return pl.DataFrame(
        {
            "subject_id": [10_000_000] * n,
            "stay_id": [30_000_000] * n,
            "itemid": [item] * n,
            "starttime": pl.Series(starts, dtype=pl.String),
            "endtime": pl.Series(ends, dtype=pl.String),
            "storetime": pl.Series([stored] * n, dtype=pl.String),
            "rate": pl.Series(rates, dtype=pl.Float64),
            "rateuom": pl.Series(units, dtype=pl.String),
            "statusdescription": [status] * n,
        }
    )


def read(place: Path, frame: pl.DataFrame, *names: str) -> Cohort:
    tables = mimic_tables(stays=4) | {"icu/inputevents": frame}
    write_tables(place, tables, ".parquet")
    request = ReadRequest(dataset="icu", place=str(place), seed=0, window_hours=24)
    params = MimicIvParams(keep_cache=False, variables=names or ("norepinephrine_rate",))
    cohort: Cohort = mimic_iv.run(request, params)
    return cohort


def observed(cohort: Cohort) -> list[tuple[float, float]]:
    series = cohort.series
    assert series is not None
    first = series.unit_index == 0
    pairs = zip(series.time_hours[first], series.value[first], strict=True)
    return [(round(float(t), 3), round(float(v), 4)) for t, v in pairs]


def test_rate_is_known_at_its_start_and_every_hour_while_it_runs(tmp_path: Path) -> None:
    rate = ("2150-01-01 08:00:00", "2150-01-01 10:30:00", 0.1, "mcg/kg/min")
    assert observed(read(tmp_path, given(rate))) == [(1.5, 0.1), (2.5, 0.1), (3.5, 0.1)]


def test_rate_begun_before_admission_counts_from_there_on(tmp_path: Path) -> None:
    rate = ("2150-01-01 04:45:00", "2150-01-01 07:50:00", 0.2, "mcg/kg/min")
    cohort = read(tmp_path, given(rate))
    assert observed(cohort) == [(0.25, 0.2), (1.25, 0.2)]
    assert counts(cohort)["before the index time, not used"] == 2


def test_rate_that_runs_past_the_prediction_ends_with_the_window(tmp_path: Path) -> None:
    rate = ("2150-01-02 04:30:00", "2150-01-02 09:30:00", 0.2, "mcg/kg/min")
    cohort = read(tmp_path, given(rate))
    assert observed(cohort) == [(22.0, 0.2), (23.0, 0.2)]
    assert counts(cohort)["after the observation window, not used"] == 3


def test_rate_stored_after_the_prediction_is_not_used(tmp_path: Path) -> None:
    early = given(("2150-01-01 07:30:00", "2150-01-01 08:00:00", 0.3, "mcg/kg/min"))
    late = given(
        ("2150-01-01 09:00:00", "2150-01-01 10:00:00", 0.2, "mcg/kg/min"),
        stored="2150-01-02 09:00:00",
    )
    cohort = read(tmp_path, pl.concat([early, late]))
    assert observed(cohort) == [(1.0, 0.3)]
    assert counts(cohort)["stored after the prediction time, not used"] == 1


def test_voided_rows_bad_times_and_units_are_counted(tmp_path: Path) -> None:
    good = ("2150-01-01 07:30:00", "2150-01-01 08:00:00", 0.3, "mcg/kg/min")
    backwards = ("2150-01-01 12:00:00", "2150-01-01 11:00:00", 0.4, "mcg/kg/min")
    voided = given(("2150-01-01 09:00:00", "2150-01-01 20:00:00", 9, "mcg/kg/min"))
    frame = pl.concat(
        [
            given(good, backwards),
            voided.with_columns(statusdescription=pl.lit("Rewritten")),
            given(("2150-01-01 14:00:00", "2150-01-01 15:00:00", 5, "mcg/min")),
            given((None, "2150-01-01 15:00:00", 5, "mcg/kg/min")),
        ]
    )
    cohort = read(tmp_path, frame)
    assert observed(cohort) == [(1.0, 0.3), (5.5, 0.4)]
    found = counts(cohort)
    assert found["without a number, not used"] == 1
    assert found["in a unit without a conversion, not used"] == 1
    assert found["without a time, not used"] == 1


def test_units_of_an_hour_and_of_a_minute_are_one(tmp_path: Path) -> None:
    frame = given(
        ("2150-01-01 08:00:00", "2150-01-01 09:00:00", 2.4, "units/hour"),
        ("2150-01-01 10:00:00", "2150-01-01 11:00:00", 0.04, "units/min"),
        item=VASOPRESSIN,
    )
    assert observed(read(tmp_path, frame, "vasopressin_rate")) == [(1.5, 2.4), (3.5, 2.4)]


def test_treatments_are_read_only_where_they_are_named(tmp_path: Path) -> None:
    write_tables(tmp_path, mimic_tables(stays=4), ".parquet")
    request = ReadRequest(dataset="icu", place=str(tmp_path), seed=0, window_hours=24)
    cohort = mimic_iv.run(request, MimicIvParams(keep_cache=False))
    assert "norepinephrine_rate" not in {one.name for one in cohort.series.variables}
    named: Any = MimicIvParams(keep_cache=False, variables=("norepinephrine_rate",))
    with pytest.raises(CannotRun, match="icu/inputevents"):
        mimic_iv.run(request, named)
