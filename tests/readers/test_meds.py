"""The MEDS reader: broken input first, then stays and values, then MIMIC-IV beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from meds_folder import LIFE, Event, meds_events, write_meds
from mimic_folder import demo_folder

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.events.dictionary import shipped_dictionary
from samd_validate.readers.meds import MedsParams, meds
from samd_validate.readers.mimic_iv import MimicIvParams, mimic_iv

DEMO = "data/mimic-iv-demo-2.2"
RELATIVE = 1e-5  # values are single precision


def read(place: Path | None, window_hours: float = 48, **params: Any) -> Cohort:
    request = ReadRequest(
        dataset="icu", place=str(place) if place else None, seed=0, window_hours=window_hours
    )
    cohort: Cohort = meds.run(request, MedsParams(**params))
    return cohort


def written(place: Path, rows: Sequence[Event]) -> Path:
    return write_meds(place, meds_events(rows))


def refused(place: Path | None, **params: Any) -> list[str]:
    with pytest.raises(CannotRun) as stopped:
        read(place, **params)
    return [f"{problem.where}: {problem.found}" for problem in stopped.value.problems]


def without(rows: Sequence[Event], start: str) -> list[Event]:
    return [row for row in rows if not row[2].startswith(start)]


def excluded(cohort: Cohort) -> dict[str, int]:
    return {row.reason: row.count for row in cohort.flow if row.kind == "excluded" and row.count}


def counts(cohort: Cohort) -> dict[str, int]:
    return {row.reason: row.count for row in cohort.flow}


def observed(cohort: Cohort, name: str) -> list[tuple[float, float]]:
    series = cohort.series
    assert series is not None
    index = [v.name for v in series.variables].index(name)
    rows = series.variable_index == index
    pairs = zip(series.time_hours[rows], series.value[rows], strict=True)
    return [(round(float(t), 3), round(float(v), 3)) for t, v in pairs]


# a second subject, who stays in the cohort whatever is done to the first
OTHER: list[Event] = [(2, time, code, value) for _, time, code, value in LIFE]


# broken input


def test_no_place_says_how_to_bind_one() -> None:
    with pytest.raises(CannotRun, match="--dataset meds=PATH"):
        read(None)


def test_file_that_is_no_parquet_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "events.txt").write_text("")
    with pytest.raises(CannotRun, match="neither a folder nor a Parquet file"):
        read(tmp_path / "events.txt")


def test_folder_without_shards(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert refused(tmp_path) == ["data: no such table"]


def test_missing_columns_and_other_types_are_told_together(tmp_path: Path) -> None:
    events = meds_events(LIFE).rename({"numeric_value": "value"})
    write_meds(tmp_path, events.with_columns(subject_id=pl.lit("1")), shards=1)
    assert refused(tmp_path) == [
        "data/train/0.parquet: no column 'numeric_value'",
        "data/train/0.parquet: column 'subject_id' of type String",
    ]


def test_shard_that_is_cut_off(tmp_path: Path) -> None:
    path = written(tmp_path, LIFE) / "data/train/0.parquet"
    path.write_bytes(path.read_bytes()[:-50])
    (found,) = refused(tmp_path)
    assert found.endswith("a damaged or truncated Parquet file")


def test_shard_of_other_columns_than_the_first(tmp_path: Path) -> None:
    written(tmp_path, [*LIFE, *OTHER])
    pl.DataFrame({"subject": [1]}).write_parquet(tmp_path / "data/train/9.parquet")
    (found,) = refused(tmp_path)
    assert found.startswith("data: ")


def test_events_of_nobody_and_of_nothing(tmp_path: Path) -> None:
    events = meds_events([*LIFE, *OTHER])
    first = pl.int_range(pl.len()) == 0
    broken = events.with_columns(code=pl.when(~first).then("code"))
    write_meds(tmp_path, broken, shards=1)
    assert refused(tmp_path) == ["data/train/0.parquet: 1 of 18 events without code"]


def test_codes_that_do_not_occur_are_all_named_with_their_parameter(tmp_path: Path) -> None:
    place = written(tmp_path, without(without(LIFE, "ICU_ADM"), "MEDS_BIRTH"))
    assert refused(place) == [
        "data: no event with the code 'MEDS_BIRTH'",
        "data: no event with the code 'ICU_ADMISSION'",
    ]
    with pytest.raises(CannotRun, match=r"params\.codes\.icu_admission"):
        read(place)


def test_codes_of_no_variable_are_no_empty_cohort(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match=r"params\.code_map"):
        read(written(tmp_path, without(LIFE, "LAB")))


def test_nobody_left_says_why(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="in the ICU for less than 96 h: 1"):
        read(written(tmp_path, LIFE), window_hours=96)


def mapped(place: Path, text: str) -> str:
    path = place / "codes.yaml"
    path.write_text("schema_version: 1\ncodes:\n" + text)
    return str(path)


def test_faults_of_a_code_map_are_told_with_their_lines(tmp_path: Path) -> None:
    own = mapped(
        tmp_path,
        '- {code: "HR//{unit}", variable: hart_rate, unit: /min}\n'
        '- {code: "HR//{unit}", variable: heart_rate, unit: kg}\n'
        '- {code: "X//{unit}//Y", variable: heart_rate, unit: /min}\n'
        '- {code: "K", variable: potassium, unit: mmol/L}\n'
        '- {code: "K", variable: potassium, unit: mmol/L}\n',
    )
    assert refused(written(tmp_path, LIFE), code_map=own) == [
        "codes.yaml:3: variable 'hart_rate'",
        "codes.yaml:4: unit 'kg'",
        "codes.yaml:5: code 'X//{unit}//Y'",
        "codes.yaml:7: code 'K' a second time",
    ]


def test_code_map_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="a code map"):
        read(written(tmp_path, LIFE), code_map=str(tmp_path / "none.yaml"))


# stays


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


# values


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
    found = counts(cohort)
    assert found["before the index time, not used"] == 1
    assert found["after the observation window, not used"] == 1
    assert found["without a time, not used"] == 1
    assert found["without a number, not used"] == 2
    assert found["in a unit without a conversion, not used"] == 1
    assert found["outside plausible limits, not used"] == 1
    assert found["used"] == 2
    table: Any = cohort.attachments["harmonisation_icu"]
    json.dumps(table, allow_nan=False)
    ways = {row["unit_written"]: row for row in table["items"]}
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


# the open demo, beside its tables as MIMIC-IV has them


@pytest.fixture(scope="module")
def demo(shared: Path) -> Cohort:
    return read(shared / DEMO / "meds", window_hours=24, value_column="value")


@pytest.fixture(scope="module")
def tables(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo_folder(shared / DEMO, tmp_path_factory.mktemp("demo") / "in")


def read_tables(place: Path) -> Cohort:
    request = ReadRequest(dataset="icu", place=str(place), seed=0, window_hours=24)
    cohort: Cohort = mimic_iv.run(request, MimicIvParams(keep_cache=False))
    return cohort


def beside(left: Cohort, right: Cohort) -> pl.DataFrame:
    """Return the values of two cohorts by patient, variable and hour, and whether they agree."""
    frames = [hourly(left, "left"), hourly(right, "right")]
    joined = frames[0].join(
        frames[1], on=["patient", "variable", "hour"], how="full", coalesce=True
    )
    near = (pl.col("left") - pl.col("right")).abs() <= RELATIVE * (1 + pl.col("left").abs())
    return joined.with_columns(is_same=near.fill_null(False))


def hourly(cohort: Cohort, name: str) -> pl.DataFrame:
    series = cohort.series
    assert series is not None
    names = np.array([variable.name for variable in series.variables])
    return pl.DataFrame(
        {
            "patient": cohort.patient_id[series.unit_index],
            "variable": names[series.variable_index],
            "hour": np.floor(series.time_hours).astype(int),
            name: series.value,
        }
    )


def labs() -> list[str]:
    every = shipped_dictionary().chosen("mimic_iv", None)
    return [
        one.name
        for one in every
        if {item.table for item in one.sources["mimic_iv"]} == {"labevents"}
    ]


def test_demo_has_the_people_that_its_hospital_tables_have(demo: Cohort, shared: Path) -> None:
    hosp = shared / DEMO / "hosp"
    admissions = pl.read_csv(hosp / "admissions.csv.gz", try_parse_dates=True)
    died = set(admissions.filter(pl.col("hospital_expire_flag") == 1)["subject_id"].cast(pl.String))
    flagged = demo.patient_id[demo.label == 1].tolist()
    assert set(flagged) <= died
    found = counts(demo)
    assert found["ICU stays in codes ICU_ADMISSION"] == 140
    assert found["without an admission in codes HOSPITAL_ADMISSION"] == 2
    assert (demo.size, demo.n_events) == (83, 7)


def test_demo_is_the_cohort_of_its_tables(demo: Cohort, tables: Path) -> None:
    other = read_tables(tables)
    assert demo.patient_id.tolist() == other.patient_id.tolist()
    assert demo.label.tolist() == other.label.tolist()
    assert demo.numbers["age_years"].tolist() == other.numbers["age_years"].tolist()
    for name in ("age_band", "sex", "admission_type", "first_careunit"):
        assert demo.groups[name].tolist() == other.groups[name].tolist()


def test_demo_labs_differ_from_the_table_only_by_the_time_of_storing(
    demo: Cohort, tables: Path, shared: Path, tmp_path: Path
) -> None:
    told = beside(demo, read_tables(tables)).filter(pl.col("variable").is_in(labs()))
    share = told["is_same"].sum() / told.height
    assert (told.height, told["is_same"].sum()) == (5791, 5703)
    assert share > 0.98
    (tmp_path / "icu").symlink_to(tables / "icu")
    (tmp_path / "hosp").mkdir()
    hosp = shared / DEMO / "hosp"
    for name in ("patients", "admissions"):
        (tmp_path / "hosp" / f"{name}.csv.gz").symlink_to(hosp / f"{name}.csv.gz")
    table = pl.read_csv(hosp / "labevents.csv.gz", infer_schema=False)
    unstored = table.with_columns(storetime=pl.lit(None, dtype=pl.String))
    unstored.write_csv(tmp_path / "hosp/labevents.csv")
    untold = beside(demo, read_tables(tmp_path))
    assert untold.height == 26_011
    assert untold["is_same"].all()
