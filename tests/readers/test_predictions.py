"""Devices known by their predictions: a file of one's own, and the APACHE score of eICU."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.inputs import IntervalPlan
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.eicu_apache import EicuApacheParams, eicu_apache
from samd_validate.readers.predictions_file import PredictionsFileParams, predictions_file
from samd_validate.stats.engine import estimate
from samd_validate.stats.sample import Sample

ROWS = ["u1,p1,a,1,0.9,f", "u2,p1,a,0,0.2,f", "u3,p2,b,0,0.1,m"]


def request(place: Path | None) -> ReadRequest:
    return ReadRequest(dataset="d", place=str(place) if place else None, seed=0, window_hours=24)


def read(
    tmp_path: Path, rows: list[str], head: str = "unit_id,patient_id,site,label,score,sex"
) -> Cohort:
    path = tmp_path / "p.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    cohort: Cohort = predictions_file.run(request(path), PredictionsFileParams(groups=("sex",)))
    return cohort


def refusal(tmp_path: Path, rows: list[str], **options: str) -> str:
    with pytest.raises(CannotRun) as stopped:
        read(tmp_path, rows, **options)
    return str(stopped.value)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("u4,p3,b,0,1.7,m", "no number in [0, 1] in 1 rows (lines 5)"),
        ("u4,p3,b,0,-0.1,m", "no number in [0, 1]"),
        ("u4,p3,b,0,,m", "no number in [0, 1]"),
        ("u4,p3,b,0,nan,m", "no number in [0, 1]"),
        ("u4,p3,b,2,0.1,m", "something else than 0 or 1"),
        ("u3,p3,b,0,0.1,m", "an id a second time in 1 rows (lines 5)"),
        ("u4,,b,0,0.1,m", "no value in 1 rows"),
    ],
)
def test_row_that_cannot_be_used_is_named_by_line_and_never_shown(
    tmp_path: Path, row: str, words: str
) -> None:
    told = refusal(tmp_path, [*ROWS, row])
    assert words in told
    assert "1.7" not in told


def test_all_faults_come_together(tmp_path: Path) -> None:
    told = refusal(tmp_path, [*ROWS, "u1,p3,b,7,2,m"])
    assert told.count("found:") == 3


def test_file_without_an_event(tmp_path: Path) -> None:
    assert "no positive label in 2 rows" in refusal(tmp_path, ROWS[1:])


def test_missing_column_is_told_with_the_nearest(tmp_path: Path) -> None:
    head = "unit_id,patient_id,site,label,scores,sex"
    assert "did you mean 'scores'?" in refusal(tmp_path, ROWS, head=head)


def test_no_file_and_empty_file_and_damaged_parquet(tmp_path: Path) -> None:
    empty, broken = tmp_path / "e.csv", tmp_path / "b.parquet"
    empty.write_bytes(b"")
    broken.write_bytes(b"PAR1nothing")
    for path, words in (
        (None, "no place"),
        (tmp_path / "nowhere.csv", "no such file"),
        (empty, "an empty file"),
        (broken, "damaged or truncated"),
    ):
        with pytest.raises(CannotRun, match=words):
            predictions_file.run(request(path), PredictionsFileParams())


def test_csv_and_parquet_give_the_same_cohort(tmp_path: Path) -> None:
    from pyarrow import csv, parquet

    cohort = read(tmp_path, ROWS)
    parquet.write_table(csv.read_csv(tmp_path / "p.csv"), tmp_path / "p.parquet")
    params = PredictionsFileParams(groups=("sex",))
    again = predictions_file.run(request(tmp_path / "p.parquet"), params)
    assert again.unit_id.tolist() == cohort.unit_id.tolist() == ["u1", "u2", "u3"]
    assert again.scores["score"].tolist() == cohort.scores["score"].tolist()
    assert again.groups["sex"].tolist() == ["f", "f", "m"]


TABLES = {
    "patient": "patientunitstayid,uniquepid,hospitalid,age,gender,ethnicity,unittype,"
    "hospitaldischargeyear\n"
    "1,A,7,> 89,Female,Asian,MICU,2014\n2,A,7,50,Male,,MICU,2015\n3,B,8,,Male,Asian,MICU,2015\n",
    "hospital": "hospitalid,region,teachingstatus\n7,West,True\n8,,False\n",
    "apachePatientResult": "patientunitstayid,apacheversion,predictedhospitalmortality,"
    "actualhospitalmortality\n1,IVa,0.5,EXPIRED\n2,IVa,0.1,ALIVE\n3,IVa,-1,ALIVE\n1,IV,0.4,EXPIRED\n",
}


def eicu(place: Path, **changes: str) -> Path:
    for name, text in {**TABLES, **changes}.items():
        (place / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode()))
    return place


def test_missing_prediction_is_excluded_and_counted_and_old_age_is_ninety(tmp_path: Path) -> None:
    cohort = eicu_apache.run(request(eicu(tmp_path)), EicuApacheParams())
    assert cohort.unit_id.tolist() == ["1", "2"]
    assert cohort.patient_id.tolist() == ["A", "A"]
    assert cohort.site.tolist() == ["hospital 7", "hospital 7"]
    assert cohort.numbers["age_years"].tolist() == [90.0, 50.0]
    assert cohort.groups["discharge_year"].tolist() == ["2014", "2015"]
    counts = {row.reason: row.count for row in cohort.flow}
    assert counts["no prediction was made (-1)"] == 1
    assert counts["age recorded as '> 89', taken as 90"] == 1


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("apachePatientResult", "EXPIRED", "ALIVE", "no death"),
        ("apachePatientResult", "0.1,ALIVE", "0.1,GONE", "an unknown outcome in 1 rows"),
        ("apachePatientResult", "0.1", "1.1", "no probability"),
        ("apachePatientResult", "IVa", "II", "no rows of version 'IVa'"),
        ("patient", "uniquepid", "uniqueid", "did you mean 'uniqueid'"),
        ("patient", "\n2,A", "\n9,A", "keys of another table"),
    ],
)
def test_tables_that_do_not_fit(tmp_path: Path, name: str, old: str, new: str, words: str) -> None:
    eicu(tmp_path, **{name: TABLES[name].replace(old, new)})
    with pytest.raises(CannotRun) as stopped:
        eicu_apache.run(request(tmp_path), EicuApacheParams())
    assert words in str(stopped.value)


def test_absent_and_truncated_tables_come_together(tmp_path: Path) -> None:
    eicu(tmp_path)
    (tmp_path / "hospital.csv.gz").unlink()
    whole = (tmp_path / "patient.csv.gz").read_bytes()
    (tmp_path / "patient.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CannotRun) as stopped:
        eicu_apache.run(request(tmp_path), EicuApacheParams())
    assert len(stopped.value.problems) == 2


@pytest.mark.requirement("REQ-PERF-DISCRIMINATION")
def test_known_facts_of_the_deployed_score_come_out(shared: Path) -> None:
    cohort = eicu_apache.run(request(shared / "data" / "eicu-crd-demo"), EicuApacheParams())
    assert (cohort.size, cohort.n_events) == (1683, 139)
    sample = Sample(label=cohort.label, score=cohort.scores["apache"], cluster=cohort.patient_id)
    plan = IntervalPlan(n_resamples=200, seed=1)
    found = estimate(("auroc", "mean_predicted", "prevalence"), sample, plan)
    values = {name: getattr(one, "value", np.nan) for name, one in found.items()}
    assert values["auroc"] == pytest.approx(0.862, abs=5e-4)
    assert values["mean_predicted"] == pytest.approx(0.104, abs=5e-4)
    assert values["prevalence"] == pytest.approx(0.083, abs=5e-4)
