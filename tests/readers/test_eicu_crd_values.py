"""Which values of eICU-CRD are used, and how every other is counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from eicu_folder import FIRST_STAY, OUTPUT, eicu_tables, labs
from eicu_reading import (
    LAB,
    NURSE,
    PATIENT,
    PERIODIC,
    Tables,
    changed,
    first,
    nursed,
    read,
    resulted,
)
from mimic_folder import write_tables
from seen import counts, observed


@pytest.fixture(scope="module")
def tables() -> Tables:
    return eicu_tables(stays=12)


def test_negative_offsets_after_the_window_and_late_revisions_are_counted(
    tmp_path: Path, tables: Tables
) -> None:
    events = resulted(
        (-1, 30, 9.0, "mg/dL"),
        (0, 40, 1.0, "mg/dL"),
        (2879, 2880, 2.0, "mg/dL"),
        (2870, 2881, 9.0, "mg/dL"),
        (2880, 2880, 9.0, "mg/dL"),
        (10**15, 10**15, 9.0, "mg/dL"),
        (-(10**15), None, 9.0, "mg/dL"),
        (None, 7, 9.0, "mg/dL"),
        (60, None, 1.5, "mg/dL"),
    )
    cohort = read(write_tables(tmp_path, tables | {LAB: events}), variables=("creatinine",))
    assert observed(cohort, "creatinine") == [(0.0, 1.0), (1.0, 1.5), (47.983, 2.0)]
    found = counts(cohort)
    assert found["before the index time, not used"] == 2
    assert found["after the observation window, not used"] == 2
    assert found["stored after the prediction time, not used"] == 1
    assert found["without a time, not used"] == 1
    assert found["used"] == 3


def test_result_in_words_another_unit_or_beyond_limits_is_counted(
    tmp_path: Path, tables: Tables
) -> None:
    events = resulted(
        (60, 70, None, "mg/dL"),
        (130, 140, 88.42, "umol/L"),
        (190, 200, 1.0, "stones"),
        (250, 260, 400.0, "mg/dL"),
        (310, 320, 2.0, None),
        (370, 380, float("nan"), "mg/dL"),
    )
    cohort = read(write_tables(tmp_path, tables | {LAB: events}), variables=("creatinine",))
    assert observed(cohort, "creatinine") == [(2.167, 1.0), (5.167, 2.0)]
    found = counts(cohort)
    assert found["without a number, not used"] == 2
    assert found["in a unit without a conversion, not used"] == 1
    assert found["outside plausible limits, not used"] == 1
    table: Any = cohort.attachments["harmonisation_icu"]
    json.dumps(table, allow_nan=False)
    ways = {(row["item"], row["unit_written"]): row for row in table["items"]}
    assert ways["creatinine", "stones"]["factor"] is None
    assert ways["creatinine", None]["unit_assumed"] == "mg/dL"


def test_of_one_minute_the_last_revision_stands(tmp_path: Path, tables: Tables) -> None:
    events = resulted(
        (60, 90, 3.0, "mg/dL"),
        (60, 70, 5.0, "mg/dL"),
        (60, 70, 5.0, "mg/dL"),
        (60, 9999, 7.0, "mg/dL"),
    )
    cohort = read(write_tables(tmp_path, tables | {LAB: events}), variables=("creatinine",))
    assert observed(cohort, "creatinine") == [(1.0, 3.0)]
    reason = "of these replaced by a value of the same minute that was stored later"
    assert counts(cohort)[reason] == 2


def test_units_of_the_release_are_all_known(tmp_path: Path, tables: Tables) -> None:
    names = ("inr", "platelets", "calcium_ionised", "sodium")
    cohort = read(write_tables(tmp_path, tables), variables=names)
    assert counts(cohort)["in a unit without a conversion, not used"] == 0
    series = cohort.series
    assert series is not None
    median = {
        one.name: float(np.median(series.value[series.variable_index == index]))
        for index, one in enumerate(series.variables)
    }
    assert median["calcium_ionised"] == pytest.approx(4.6 * 0.2495, abs=0.05)
    assert median["inr"] == pytest.approx(1.3, abs=0.1)


def test_ionised_calcium_in_the_other_unit_is_seen(tmp_path: Path, tables: Tables) -> None:
    minute = np.array([60, 130])
    events = labs(np.array([0, 0]), minute, "ionized calcium", np.array([1.1, 4.8]), "mg/dL")
    cohort = read(write_tables(tmp_path, tables | {LAB: events}), variables=("calcium_ionised",))
    assert observed(cohort, "calcium_ionised") == [(1.0, 1.1), (2.167, 1.198)]


def test_temperature_as_text_in_both_scales(tmp_path: Path, tables: Tables) -> None:
    events = nursed(
        (5, 6, "Temperature", "Temperature (F)", "98.6"),
        (65, 66, "Temperature", "Temperature (C)", " 37.5 "),
        (125, 126, "Temperature", "Temperature (F)", "38.0"),
        (185, 186, "Temperature", "Temperature (C)", "101.3"),
        (245, 246, "Temperature", "Temperature (C)", "refused"),
        (305, 306, "Temperature", "Temperature Location", "oral"),
    )
    no_monitor = changed(tables, PERIODIC, lambda t: t.with_columns(temperature=pl.lit(None)))
    cohort = read(write_tables(tmp_path, no_monitor | {NURSE: events}), variables=("temperature",))
    assert observed(cohort, "temperature") == [(0.083, 37.0), (1.083, 37.5), (2.083, 38.0)]
    assert counts(cohort)["outside plausible limits, not used"] == 1
    assert counts(cohort)["without a number, not used"] == 1


def test_monitor_and_nurse_make_one_mean(tmp_path: Path, tables: Tables) -> None:
    monitor = tables[PERIODIC].head(1).with_columns(observationoffset=7, temperature=39.0)
    events = nursed((5, 6, "Temperature", "Temperature (C)", "37"))
    both = tables | {NURSE: events, PERIODIC: monitor.cast({"observationoffset": pl.Int64})}
    cohort = read(write_tables(tmp_path, both), variables=("temperature",))
    assert observed(cohort, "temperature") == [(0.117, 38.0)]


def test_coma_score_is_the_total_or_its_three_parts(tmp_path: Path, tables: Tables) -> None:
    score = "Glasgow coma score"
    events = nursed(
        (10, 11, score, "GCS Total", "12"),
        (70, 71, score, "Eyes", "2"),
        (70, 71, score, "Verbal", "1"),
        (70, 71, score, "Motor", "4"),
        (130, 131, score, "Eyes", "2"),
        (190, 191, "Score (Glasgow Coma Scale)", "Value", "9"),
        (250, 251, "Pain", "Value", "3"),
        (310, 311, score, "GCS Total", "99"),
    )
    cohort = read(write_tables(tmp_path, tables | {NURSE: events}), variables=("gcs",))
    assert observed(cohort, "gcs") == [(0.167, 12.0), (1.167, 7.0), (3.167, 9.0)]
    found = counts(cohort)
    assert found["scores of which not all parts were charted together, not used"] == 1
    assert found["outside plausible limits, not used"] == 1


def test_urine_is_added_up_by_the_interval(tmp_path: Path, tables: Tables) -> None:
    paths = [f"{OUTPUT}Urine", f"{OUTPUT}URINE CATHETER", f"{OUTPUT}Stool", "Urine"]
    events = pl.DataFrame(
        {
            "patientunitstayid": [FIRST_STAY] * 4,
            "intakeoutputoffset": [5, 50, 55, 57],
            "intakeoutputentryoffset": [5, 50, 55, 57],
            "cellpath": paths,
            "cellvaluenumeric": [100.0, 50.0, 7.0, 9.0],
        }
    )
    place = write_tables(tmp_path, tables | {"intakeOutput": events})
    assert observed(read(place, variables=("urine_output",)), "urine_output") == [(0.833, 150.0)]


def test_oxygen_in_per_cent_or_as_a_fraction(tmp_path: Path, tables: Tables) -> None:
    cohort = read(write_tables(tmp_path, tables), variables=("fio2",))
    assert observed(cohort, "fio2")[0] == (1.0, 0.4)
    assert observed(cohort, "fio2", unit=1)[0] == (1.0, 0.5)


def test_weight_of_the_patient_table_is_known_at_admission(tmp_path: Path, tables: Tables) -> None:
    light = changed(tables, PATIENT, first(admissionweight=0.5))
    cohort = read(write_tables(tmp_path, light), variables=("weight",))
    assert observed(cohort, "weight") == []
    assert observed(cohort, "weight", unit=1) == [(0.0, 61.0)]
    assert counts(cohort)["without any usable measurement, kept"] == 1


def test_empty_cells_of_a_wide_table_are_no_lost_values(tmp_path: Path, tables: Tables) -> None:
    cohort = read(write_tables(tmp_path, tables), variables=("heart_rate", "resp_rate"))
    found = counts(cohort)
    assert found["without a number, not used"] == 0
    cells = ["heartrate", "respiration"]
    full = tables[PERIODIC].with_columns(full=pl.sum_horizontal(pl.col(cells).is_not_null()))
    in_window = full.filter(pl.col("observationoffset") < 2880)["full"].sum()
    assert found["used"] == in_window
    assert found["after the observation window, not used"] == full["full"].sum() - in_window


def test_values_of_stays_without_a_patient_are_counted(tmp_path: Path, tables: Tables) -> None:
    fewer = changed(tables, PATIENT, lambda t: t.slice(1))
    cohort = read(write_tables(tmp_path, fewer), variables=("creatinine",))
    assert counts(cohort)["of stays that are not in patient, not used"] == 8
    assert cohort.size == 11
