"""The MEDS reader: stays and values counted out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from meds_folder import LIFE, Event, meds_events, write_meds
from meds_reading import OTHER, counts, mapped, read, without, written
from value_account import not_used, ways_by_unit

from samd_validate.core.cohort import Cohort


def excluded(cohort: Cohort) -> dict[str, int]:
    return {row.reason: row.count for row in cohort.flow if row.kind == "excluded" and row.count}


def observed(cohort: Cohort, name: str) -> list[tuple[float, float]]:
    series = cohort.series
    assert series is not None
    index = [v.name for v in series.variables].index(name)
    rows = series.variable_index == index
    pairs = zip(series.time_hours[rows], series.value[rows], strict=True)
    return [(round(float(t), 3), round(float(v), 3)) for t, v in pairs]


def test_one_stay_counted_out_by_hand(tmp_path: Path) -> None:
    cohort = read(written(tmp_path, LIFE))
    assert (cohort.unit_id.tolist(), cohort.patient_id.tolist()) == (["1-1"], ["1"])
    assert cohort.label.tolist() == [0]
    assert cohort.numbers["age_years"].tolist() == [59]  # born in May, admitted in January
    assert {name: column.tolist() for name, column in cohort.groups.items()} == {
        "age_band": ["45-64"],
        "sex": ["female"],
        "ethnicity": ["Black"],
        "admission_type": ["emergency"],
        "first_careunit": ["MICU"],
        "split": ["train"],
    }
    assert observed(cohort, "heart_rate") == [(0.833, 85.0)]
    assert [file.name for file in cohort.provenance.files][-1] == "metadata/subject_splits.parquet"


@pytest.mark.parametrize(
    ("death", "discharge", "label"),
    [
        (None, "DIED", 1),
        ("2150-01-04 10:00", "UNK", 1),
        ("2150-01-05 12:00", "UNK", 1),
        ("2150-01-05 12:01", "HOME", 0),
        ("2150-01-05 00:00", "UNK", 1),
        ("2150-01-05 00:00", "HOME", 0),  # a day without an hour: that of the discharge home
        ("2150-01-05 00:00", "DIED", 1),
        ("2149-12-31 10:00", "HOME", 0),
        ("2160-01-01 00:00", "HOME", 0),
    ],
)
def test_death_in_hospital(tmp_path: Path, death: str | None, discharge: str, label: int) -> None:
    rows = [
        *without(LIFE, "HOSPITAL_DISCHARGE"),
        (1, "2150-01-05 12:00", f"HOSPITAL_DISCHARGE//{discharge}", None),
    ]
    rows += [(1, death, "MEDS_DEATH", None)] if death else []
    assert read(written(tmp_path, rows)).label.tolist() == [label]


def test_death_after_the_horizon_is_no_event(tmp_path: Path) -> None:
    place = written(tmp_path, [*LIFE, (1, "2150-01-04 10:00", "MEDS_DEATH", None)])
    assert read(place, horizon_hours=28).n_events == 1  # 27.5 h after the window
    assert read(place, horizon_hours=27).n_events == 0


@pytest.mark.parametrize(
    ("gone", "added", "reason"),
    [
        ("HOSPITAL_ADMISSION", (), "without an admission in codes HOSPITAL_ADMISSION"),
        ("HOSPITAL_DISCHARGE", (), "without time of discharge or death"),
        ("ICU_DISCHARGE", (), "without time of admission to or discharge from the ICU"),
        ("MEDS_BIRTH", (), "age not known"),
        ("MEDS_BIRTH", ("2140-01-01 00:00", "MEDS_BIRTH"), "younger than 18 years"),
        ("ICU_DISCHARGE", ("2150-01-02 12:00", "ICU_DISCHARGE"), "in the ICU for less than 48 h"),
        (
            "ICU_ADMISSION",
            (None, "ICU_ADMISSION"),
            "without an admission in codes HOSPITAL_ADMISSION",
        ),
        (
            "HOSPITAL_DISCHARGE",
            ("2150-01-02 12:00", "HOSPITAL_DISCHARGE"),
            "dead or out of hospital within 48 h",
        ),
    ],
)
def test_stay_that_is_excluded_is_counted_once_under_its_reason(
    tmp_path: Path, gone: str, added: tuple[str | None, str] | tuple[()], reason: str
) -> None:
    first = without(LIFE, gone) + ([(1, *added, None)] if added else [])
    cohort = read(written(tmp_path, [*first, *OTHER]))
    assert excluded(cohort) == {reason: 1}
    assert cohort.patient_id.tolist() == ["2"]


SECOND: list[Event] = [
    (1, "2150-01-04 06:30", "ICU_ADMISSION//SICU", None),
    (1, "2150-01-04 07:00", "LAB//220045//bpm", 100.0),
    (1, "2150-01-05 11:00", "ICU_DISCHARGE//SICU", None),
]


def test_second_stay_of_a_patient(tmp_path: Path) -> None:
    place = written(tmp_path, [*LIFE, *SECOND])
    first = read(place, window_hours=24)
    assert excluded(first) == {"not the patient's first ICU stay": 1}
    both = read(place, window_hours=24, stays="all", site="first_careunit")
    assert both.unit_id.tolist() == ["1-1", "1-2"]
    assert both.site.tolist() == ["MICU", "SICU"]
    assert observed(both, "heart_rate") == [(0.833, 85.0), (0.5, 100.0)]


def test_admission_within_a_stay_that_has_not_ended_overlaps(tmp_path: Path) -> None:
    inside: Event = (1, "2150-01-02 06:30", "ICU_ADMISSION//SICU", None)
    cohort = read(written(tmp_path, [*LIFE, inside, *OTHER]), stays="all", window_hours=12)
    assert excluded(cohort) == {"overlapping with another ICU stay of the patient": 2}


def test_stay_after_the_discharge_has_no_admission(tmp_path: Path) -> None:
    late = [(s, t and t.replace("2150-01-0", "2150-02-0"), c, v) for s, t, c, v in SECOND]
    cohort = read(written(tmp_path, [*LIFE, *late]), window_hours=24, stays="all")
    assert excluded(cohort) == {"without an admission in codes HOSPITAL_ADMISSION": 1}


def test_race_is_that_last_told_before_the_stay(tmp_path: Path) -> None:
    told: list[Event] = [
        (1, "2150-01-01 00:30", "RACE//WHITE", None),
        (1, "2150-02-01 00:30", "RACE//ASIAN", None),
    ]
    assert read(written(tmp_path, [*LIFE, *told])).groups["ethnicity"].tolist() == ["White"]


def test_times_units_and_numbers_that_are_not_used_are_counted(tmp_path: Path) -> None:
    lab = "LAB//223761//"
    rows: list[Event] = [
        (1, "2150-01-01 06:29", f"{lab}°F", 98.6),
        (1, "2150-01-01 06:30", f"{lab}°F", 98.6),
        (1, "2150-01-01 08:00", f"{lab}UNK", 104.0),
        (1, "2150-01-01 09:00", f"{lab}K", 310.0),
        (1, "2150-01-01 10:00", f"{lab}°C", 300.0),
        (1, "2150-01-01 11:00", f"{lab}°C", None),
        (1, "2150-01-01 12:00", f"{lab}°C", float("nan")),
        (1, "2150-01-03 06:30", f"{lab}°F", 98.6),
        (1, None, f"{lab}°F", 98.6),
        (1, "2150-01-01 12:00", "LAB//2237610//°F", 98.6),
    ]
    cohort = read(written(tmp_path, [*LIFE, *rows]), variables=("temperature",))
    assert observed(cohort, "temperature") == [(0.0, 37.0), (1.5, 40.0)]
    assert not_used(cohort) == {
        "before the index time": 1,
        "after the observation window": 1,
        "without a time": 1,
        "without a number": 2,
        "in a unit without a conversion": 1,
        "outside plausible limits": 1,
    }
    assert counts(cohort)["used"] == 2
    ways = ways_by_unit(cohort)
    assert ways["K"]["factor"] is None
    assert (ways[None]["item"], ways[None]["unit_assumed"]) == ("LAB//223761//{unit}", "[degF]")


def test_scores_and_outputs_follow_the_rules_of_mimic(tmp_path: Path) -> None:
    at = "2150-01-01 08:00"
    rows: list[Event] = [
        (1, at, "LAB//220739//UNK", 4.0),
        (1, at, "LAB//223900//UNK", 5.0),
        (1, at, "LAB//223901//UNK", 6.0),
        (1, at, "SUBJECT_FLUID_OUTPUT//227489//ml", 500.0),
        (1, at, "SUBJECT_FLUID_OUTPUT//227488//ml", 300.0),
    ]
    cohort = read(written(tmp_path, [*LIFE, *rows]))
    assert observed(cohort, "gcs") == [(1.5, 15.0)]
    assert observed(cohort, "urine_output") == [(1.5, 200.0)]


def test_codes_of_ones_own_and_the_longest_that_fits(tmp_path: Path) -> None:
    own = mapped(
        tmp_path,
        '- {code: "VITAL//{unit}", variable: heart_rate, unit: /min}\n'
        '- {code: "VITAL//TEMP//{unit}", variable: temperature, unit: Cel}\n'
        '- {code: "NA", variable: sodium, unit: mmol/L}\n',
    )
    rows: list[Event] = [
        (1, "2150-01-01 07:00", "VITAL//bpm", 70.0),
        (1, "2150-01-01 07:00", "VITAL//TEMP//deg F", 98.6),
        (1, "2150-01-01 07:00", "NA", 140.0),
        (1, "2150-01-01 07:00", "NA//late", 190.0),
    ]
    cohort = read(written(tmp_path, [*LIFE, *rows]), code_map=own)
    assert observed(cohort, "heart_rate") == [(0.5, 70.0)]  # not the code of MIMIC-IV
    assert observed(cohort, "temperature") == [(0.5, 37.0)]
    assert observed(cohort, "sodium") == [(0.5, 140.0)]


def test_value_stored_late_is_not_used_where_storing_is_told(tmp_path: Path) -> None:
    events = meds_events(LIFE)
    is_late = pl.col("numeric_value") == 90
    late = pl.when(is_late).then(pl.datetime(2150, 1, 3, 6, 31)).otherwise("time")
    write_meds(tmp_path, events.with_columns(stored=late))
    assert observed(read(tmp_path, stored_column="stored"), "heart_rate") == [(0.5, 80.0)]
    assert read(tmp_path).provenance.notes[0].startswith("values carry no time of storing")


def test_shards_files_and_order_change_nothing(tmp_path: Path) -> None:
    rows = [*LIFE, *OTHER, (2, "2150-01-01 07:10", "LAB//220045//bpm", 99.0)]
    events = meds_events(rows)
    many = read(write_meds(tmp_path / "a", events, shards=2))
    one = read(write_meds(tmp_path / "b", events.reverse(), shards=1))
    events.write_parquet(tmp_path / "events.parquet")
    file = read(tmp_path / "events.parquet")
    for other in (one, file):
        for name in ("unit_index", "variable_index", "time_hours", "value"):
            assert np.array_equal(getattr(many.series, name), getattr(other.series, name))
    assert {file.name for file in many.provenance.files} == {
        "data/held_out/0.parquet",
        "data/train/0.parquet",
        "metadata/subject_splits.parquet",
    }
    assert str(tmp_path) not in repr((many.provenance, dict(many.attachments)))
