"""Hourly series of the eICU hospitals: broken input, rules, and the demo counted out apart."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import ReadRequest
from samd_validate.plan import make_plan
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.load import load_protocol
from samd_validate.readers.eicu_hourly import EicuHourlyParams, eicu_hourly
from samd_validate.readers.events.dictionary import shipped_dictionary
from samd_validate.readers.physionet.pressures import JOINED
from samd_validate.readers.physionet.variables import VARIABLES as VARIABLES_2012
from samd_validate.trace.requirements import load_requirements

PATIENT: dict[str, Any] = {
    "patientunitstayid": 1,
    "patienthealthsystemstayid": 11,
    "uniquepid": "002-1",
    "hospitalid": 59,
    "gender": "Female",
    "age": "> 89",
    "ethnicity": "African American",
    "unittype": "MICU",
    "unitvisitnumber": 1,
    "unitdischargeoffset": 3000,
    "hospitaldischargeoffset": 5000,
    "hospitaldischargestatus": "Expired",
    "admissionheight": 160,
    "admissionweight": 1000,
}
VARIABLES = ("heart_rate", "lactate", "fio2")
Tables = dict[str, pl.DataFrame]


def tables(*changes: dict[str, Any]) -> Tables:
    """Return one stay that is in the cohort, and one more for each change of it."""
    people = [
        PATIENT,
        *({**PATIENT, "patientunitstayid": 2 + i} | c for i, c in enumerate(changes)),
    ]
    hours = [(p["patientunitstayid"], hour) for p in people for hour in (0, 47, 48)]
    dyn = pl.DataFrame(
        {
            "stay_id": [stay for stay, _ in hours],
            "time": [timedelta(hours=hour) for _, hour in hours],
            "hr": [80.0 + hour for _, hour in hours],
            "lact": [None if hour else 500.0 for _, hour in hours],
            "fio2": [40.0] * len(hours),
        },
        schema_overrides={"stay_id": pl.Int32, "time": pl.Duration("ms")},
    )
    return {
        "tables/patient": pl.DataFrame(people),
        "tables/hospital": pl.DataFrame({"hospitalid": [59], "region": ["Midwest"]}),
        "yaib/los/dyn": dyn,
    }


def written(place: Path, frames: Tables) -> Path:
    for name, frame in frames.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("dyn"):
            frame.write_parquet(place / f"{name}.parquet")
        else:
            frame.write_csv(place / f"{name}.csv")
    return place


def read(place: Path | None, **params: Any) -> Cohort:
    request = ReadRequest(
        dataset="eicu", place=str(place) if place else None, seed=0, window_hours=48
    )
    cohort: Cohort = eicu_hourly.run(request, EicuHourlyParams(**params))
    return cohort


def refused(place: Path, **params: Any) -> list[str]:
    with pytest.raises(CannotRun) as stopped:
        read(place, variables=VARIABLES, **params)
    return [f"{problem.where}: {problem.found}" for problem in stopped.value.problems]


def test_no_place_says_how_to_bind_one() -> None:
    with pytest.raises(CannotRun, match="--dataset eicu-crd-demo=PATH"):
        read(None)


def test_every_missing_table_is_listed(tmp_path: Path) -> None:
    names = ("tables/patient", "tables/hospital", "yaib/los/dyn")
    assert refused(tmp_path) == [f"{name}: no such table" for name in names]


def test_missing_columns_and_other_types_are_told_together(tmp_path: Path) -> None:
    broken = tables()
    broken["tables/patient"] = broken["tables/patient"].drop("age")
    broken["yaib/los/dyn"] = broken["yaib/los/dyn"].with_columns(time=pl.lit(1.0)).drop("hr")
    assert refused(written(tmp_path, broken)) == [
        "tables/patient.csv: no column 'age'",
        "yaib/los/dyn.parquet: no column 'hr'",
        "yaib/los/dyn.parquet: column 'time' of type Float64",
    ]


def test_rows_twice_without_patient_and_with_another_outcome(tmp_path: Path) -> None:
    again = {"patientunitstayid": 1, "uniquepid": None, "hospitaldischargestatus": "dead"}
    assert refused(written(tmp_path, tables(again))) == [
        "tables/patient.csv: 1 rows without patientunitstayid, or with one seen before",
        "tables/patient.csv: 1 rows without uniquepid",
        "tables/patient.csv: hospitaldischargestatus other than Alive and Expired in 1 rows",
    ]


def test_truncated_series_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, tables()) / "yaib/los/dyn.parquet"
    path.write_bytes(path.read_bytes()[:-40])
    assert refused(tmp_path) == ["yaib/los/dyn.parquet: a damaged or truncated Parquet file"]


def test_nothing_measured_in_the_window_is_no_empty_cohort(tmp_path: Path) -> None:
    late = tables()
    late["yaib/los/dyn"] = late["yaib/los/dyn"].filter(pl.col("time") >= timedelta(hours=48))
    assert refused(written(tmp_path, late)) == [
        "data set 'eicu': no usable value of any of 3 variables"
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"hospitaldischargestatus": None}, "whose outcome is not recorded"),
        ({"age": None}, "age not known"),
        ({"age": "17"}, "younger than 18 years"),
        ({"unitvisitnumber": 2}, "not the admission's first unit stay"),
        ({"unitdischargeoffset": None}, "without time of discharge from the unit"),
        ({"unitdischargeoffset": 2879}, "in the unit for less than 48 h"),
        ({"hospitaldischargeoffset": 2879}, "dead or out of hospital within 48 h"),
    ],
)
def test_stay_that_is_excluded_is_counted_once_under_its_reason(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    cohort = read(written(tmp_path, tables(change)), variables=VARIABLES)
    excluded = {row.reason: row.count for row in cohort.flow if row.kind == "excluded"}
    assert cohort.unit_id.tolist() == ["1"]
    assert excluded.pop(reason) == 1
    assert set(excluded.values()) == {0}


def test_series_of_a_stay_without_a_patient_is_counted(tmp_path: Path) -> None:
    strange = tables({})
    strange["tables/patient"] = strange["tables/patient"].head(1)
    cohort = read(written(tmp_path, strange), variables=VARIABLES)
    assert {r.reason: r.count for r in cohort.flow}["without a row in tables/patient"] == 1


def test_people_and_values_are_in_the_words_and_units_of_other_sources(tmp_path: Path) -> None:
    cohort = read(written(tmp_path, tables()), variables=VARIABLES)
    assert {name: column.tolist() for name, column in cohort.groups.items()} == {
        "age_band": ["80+"],
        "sex": ["female"],
        "ethnicity": ["Black"],
        "region": ["Midwest"],
        "unit_type": ["MICU"],
        "icu_type": ["medical"],
    }
    assert cohort.site.tolist() == ["hospital 59"]
    assert cohort.numbers["age_years"].tolist() == [90]
    assert np.isnan(cohort.numbers["weight_kg"]).all()
    series = cohort.series
    assert series is not None
    names = [series.variables[index].name for index in series.variable_index]
    rows = list(zip(names, series.time_hours.round(3), series.value.round(3), strict=True))
    assert [(name, float(time)) for name, time, _ in rows] == [
        ("heart_rate", pytest.approx(0.983)),
        ("fio2", pytest.approx(0.983)),
        ("heart_rate", pytest.approx(47.983)),
        ("fio2", pytest.approx(47.983)),
    ]
    assert [float(value) for *_, value in rows] == pytest.approx([80, 0.4, 127, 0.4])


def test_regions_can_be_the_sites(tmp_path: Path) -> None:
    elsewhere = tables({"hospitalid": 60})
    cohort = read(written(tmp_path, elsewhere), variables=VARIABLES, site="region")
    assert cohort.site.tolist() == ["Midwest", "region not recorded"]


# the demo, counted out by plain pandas


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "data/eicu-crd-demo"


@pytest.fixture(scope="module")
def demo(folder: Path) -> Cohort:
    return read(folder, minimum_age_years=16)


@pytest.fixture(scope="module")
def people(folder: Path) -> pd.DataFrame:
    everyone = pd.read_csv(folder / "tables/patient.csv.gz")
    stays = pd.read_parquet(folder / "yaib/los/sta.parquet")["stay_id"]
    return everyone[everyone["patientunitstayid"].isin(stays)]


def test_demo_stays_are_those_of_plain_pandas(demo: Cohort, people: pd.DataFrame) -> None:
    expected = people[
        people["hospitaldischargestatus"].notna()
        & people["age"].notna()
        & (people["unitvisitnumber"] == 1)
        & (people["unitdischargeoffset"] >= 2880)
        & (people["hospitaldischargeoffset"] >= 2880)
    ].sort_values("patientunitstayid")
    assert demo.unit_id.tolist() == expected["patientunitstayid"].astype(str).tolist()
    died = expected["hospitaldischargestatus"] == "Expired"
    assert demo.label.tolist() == died.astype(int).tolist()
    assert (demo.size, demo.n_events) == (767, 90)
    assert demo.patient_id.tolist() == expected["uniquepid"].tolist()
    assert (demo.groups["sex"] == "female").sum() == (expected["gender"] == "Female").sum()
    assert (demo.numbers["age_years"] == 90).sum() == (expected["age"] == "> 89").sum() == 30
    white = (expected["ethnicity"] == "Caucasian").sum()
    assert (demo.groups["ethnicity"] == "White").sum() == white


def test_demo_exclusions_are_those_of_plain_pandas(demo: Cohort, people: pd.DataFrame) -> None:
    excluded = {row.reason: row.count for row in demo.flow if row.kind == "excluded"}
    known = people[people["hospitaldischargestatus"].notna()]
    aged = known[known["age"].notna()]
    first = aged[aged["unitvisitnumber"] == 1]
    assert demo.flow[0].count == len(people) == 2267
    assert excluded == {
        "without a row in tables/patient": 0,
        "whose outcome is not recorded": len(people) - len(known),
        "age not known": len(known) - len(aged),
        "younger than 16 years": 0,
        "not the admission's first unit stay": len(aged) - len(first),
        "without time of discharge from the unit": 0,
        "in the unit for less than 48 h": int((first["unitdischargeoffset"] < 2880).sum()),
        "dead or out of hospital within 48 h": 1,
    }


def test_demo_values_are_those_of_plain_pandas(demo: Cohort, folder: Path) -> None:
    rows = pd.read_parquet(
        folder / "yaib/los/dyn.parquet", columns=["stay_id", "time", "hr", "fio2"]
    )
    rows = rows[
        rows["stay_id"].astype(str).isin(demo.unit_id) & (rows["time"] < pd.Timedelta("48h"))
    ]
    series = demo.series
    assert series is not None
    names = [variable.name for variable in series.variables]
    for name, column, factor, low, high in (
        ("heart_rate", "hr", 1, 10, 300),
        ("fio2", "fio2", 0.01, 0.2, 1),
    ):
        expected = (rows[column] * factor).dropna()
        expected = expected[expected.between(low, high)]
        found = series.value[series.variable_index == names.index(name)]
        assert found.size == expected.size
        assert np.sort(found) == pytest.approx(np.sort(expected), abs=1e-5)


def test_protocol_from_physionet_to_eicu_can_be_planned_and_both_have_its_variables() -> None:
    loaded = load_protocol(shipped("protocols") / "icu_mortality_physionet_to_eicu.yaml")
    known = load_requirements(shipped("traceability"))
    plan = make_plan(loaded, known.requirements, known.hazards)
    assert [one.reader.name for one in plan.reads] == ["physionet_2012"] * 2 + ["eicu_hourly"]
    assert [one.recipe.name for one in plan.models] == [
        "lstm_wide_icu",
        "logistic_icu",
        "gradient_boosting_icu",
    ]
    wanted = set(loaded.protocol.variables)
    assert wanted <= {one.name for one in VARIABLES_2012} | set(JOINED)
    assert shipped_dictionary().chosen("eicu_hourly", tuple(wanted))
