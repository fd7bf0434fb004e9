"""The open MEDS demo beside the tables of MIMIC-IV that it was made from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from meds_reading import counts, read
from mimic_folder import demo_folder

from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.events.dictionary import shipped_dictionary
from samd_validate.readers.mimic_iv import MimicIvParams, mimic_iv

DEMO = "data/mimic-iv-demo-2.2"


RELATIVE = 1e-5  # values are single precision


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
