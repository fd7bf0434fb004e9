"""The Challenge reader: broken input first, then its quirks, then the real sets."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest
from seen import counts

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.physionet_2012 import Physionet2012Params, physionet_2012

OUTCOMES = "RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death\n"
HEAD = (
    "Time,Parameter,Value\n00:00,RecordID,{}\n00:00,Age,{}\n00:00,Gender,1\n"
    "00:00,Height,-1\n00:00,ICUType,2\n00:00,Weight,-1\n"
)


def folder(place: Path, records: dict[str, str], outcomes: str | None = None) -> Path:
    (place / "set-a").mkdir(parents=True, exist_ok=True)
    for name, text in records.items():
        (place / "set-a" / f"{name}.txt").write_text(text)
    rows = [f"{name},6,1,5,-1,{number % 2}\n" for number, name in enumerate(records)]
    (place / "Outcomes-a.txt").write_text(
        OUTCOMES + "".join(rows) if outcomes is None else outcomes
    )
    return place


def read(place: Path | None, set_name: str = "a") -> Cohort:
    request = ReadRequest(
        dataset="set", place=str(place) if place else None, seed=0, window_hours=48
    )
    cohort: Cohort = physionet_2012.run(request, Physionet2012Params(set=set_name))  # type: ignore[arg-type]
    return cohort


def small(place: Path, *lines: str) -> Path:
    return folder(
        place, {"1": HEAD.format(1, 60) + "\n".join(lines) + "\n", "2": HEAD.format(2, 50)}
    )


def observed(cohort: Cohort, name: str) -> list[tuple[float, float]]:
    assert cohort.series is not None
    index = [v.name for v in cohort.series.variables].index(name)
    chosen = cohort.series.variable_index == index
    times, values = cohort.series.time_hours[chosen], cohort.series.value[chosen]
    return [(round(float(t), 3), round(float(v), 3)) for t, v in zip(times, values, strict=True)]


def test_no_place_says_how_to_bind_one() -> None:
    with pytest.raises(CannotRun, match="--dataset physionet-2012=PATH"):
        read(None)


def test_set_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "Outcomes-a.txt").write_text(OUTCOMES + "1,1,1,1,1,1\n")
    with pytest.raises(CannotRun, match=r"neither set-a\.tar\.gz nor a folder"):
        read(tmp_path)


@pytest.mark.parametrize(
    "line", ["00:07,HR", "0007,HR,70", "00:07,HR,much", "00:07,Mood,3", "nonsense"]
)
def test_broken_line_is_named_by_file_and_line_without_its_value(tmp_path: Path, line: str) -> None:
    with pytest.raises(CannotRun) as stopped:
        read(small(tmp_path, "00:01,HR,80", line))
    (problem,) = stopped.value.problems
    assert problem.where == "set-a/1.txt:9"
    assert "much" not in str(problem)


def test_every_broken_line_is_listed_at_once(tmp_path: Path) -> None:
    with pytest.raises(CannotRun) as stopped:
        read(small(tmp_path, "x", "00:07,HR,70", "y"))
    assert [problem.where for problem in stopped.value.problems] == [
        "set-a/1.txt:8",
        "set-a/1.txt:10",
    ]


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ("RecordID,SOFA\n1,2\n", "no column SAPS-I, In-hospital_death"),
        (OUTCOMES + "1,1,1,1,1,2\n2,1,1,1,1,0\n", "a label other than 0 or 1"),
        (OUTCOMES + "1,1,1,1,1,x\n", "a field that is not a number"),
        (OUTCOMES + "1,1,1,1,1,0\n2,1,1,1,1,0\n", "no positive label"),
        (OUTCOMES + "1,1,1,1,1,1\n1,1,1,1,1,1\n", "a record a second time"),
        (OUTCOMES + "1,1,1,1,1,1\n", "1 records without an outcome"),
        (OUTCOMES + "1,1,1,1,1,1\n2,1,1,1,1,1\n3,1,1,1,1,1\n", "1 outcomes without a record"),
    ],
)
def test_outcomes_that_do_not_fit(tmp_path: Path, outcomes: str, words: str) -> None:
    folder(tmp_path, {"1": HEAD.format(1, 60), "2": HEAD.format(2, 60)}, outcomes)
    with pytest.raises(CannotRun) as stopped:
        read(tmp_path)
    assert words in str(stopped.value)


def test_bytes_that_are_not_text(tmp_path: Path) -> None:
    place = small(tmp_path, "00:01,HR,80")
    (place / "set-a" / "2.txt").write_bytes(b"Time,Parameter,Value\n\xff\xfe")
    with pytest.raises(CannotRun, match=r"set-a/2\.txt"):
        read(place)


def test_two_values_in_one_minute_the_last_stands_and_is_counted(tmp_path: Path) -> None:
    cohort = read(small(tmp_path, "00:07,HR,70", "00:07,HR,90", "01:30,HR,80"))
    assert observed(cohort, "heart_rate") == [(0.117, 90.0), (1.5, 80.0)]
    assert counts(cohort)["earlier ones of a variable in the same minute; the last stands"] == 1


def test_values_that_cannot_be_are_not_observed_and_counted_by_variable(tmp_path: Path) -> None:
    cohort = read(small(tmp_path, "00:07,HR,0", "00:07,Temp,-17.8", "00:08,HR,80"))
    assert observed(cohort, "heart_rate") == [(0.133, 80.0)]
    account = cohort.attachments["harmonisation_set"]
    lost = {row["name"]: row["values_not_used"] for row in account["variables"]}
    beyond = "outside plausible limits"
    assert {name for name, why in lost.items() if beyond in why} == {"heart_rate", "temperature"}
    assert lost["heart_rate"][beyond] == lost["temperature"][beyond] == 1
    found = {row["name"] for row in account["variables"] if row["status"] == "found"}
    assert {row["variable"] for row in account["items"]} == found
    assert sum(row["values_used"] for row in account["variables"]) == cohort.series.value.size


def test_ph_without_its_decimal_point_is_mended_and_counted(tmp_path: Path) -> None:
    cohort = read(small(tmp_path, "00:07,pH,735", "00:08,pH,73.5", "00:09,pH,7.35", "00:10,pH,50"))
    assert [value for _, value in observed(cohort, "ph")] == [7.35, 7.35, 7.35]
    assert counts(cohort)["pH written without its decimal point, mended"] == 2


def test_stay_without_any_measurement_is_kept_and_counted(tmp_path: Path) -> None:
    cohort = read(small(tmp_path, "00:07,HR,70"))
    assert cohort.size == 2
    assert counts(cohort)["without any usable measurement, kept"] == 1


def test_missing_descriptors_are_missing_and_counted(tmp_path: Path) -> None:
    place = folder(
        tmp_path,
        {"1": HEAD.format(1, -1).replace("Gender,1", "Gender,-1"), "2": HEAD.format(2, 81)},
    )
    cohort = read(place)
    assert cohort.groups["age_band"].tolist() == ["", "80+"]
    assert cohort.groups["sex"].tolist() == ["", "male"]
    assert np.isnan(cohort.numbers["age_years"]).tolist() == [True, False]
    assert counts(cohort)["height_cm missing or implausible"] == 2


def test_rows_without_a_parameter_name_are_counted(tmp_path: Path) -> None:
    cohort = read(small(tmp_path, "00:07,,2.5", "00:08,HR,80"))
    assert counts(cohort)["without a parameter name, not used"] == 1


def test_archive_and_unpacked_folder_give_the_same_cohort(tmp_path: Path) -> None:
    place = small(tmp_path / "one", "00:07,HR,70", "00:09,Lactate,2")
    other = tmp_path / "two"
    other.mkdir()
    (other / "Outcomes-a.txt").write_text((place / "Outcomes-a.txt").read_text())
    with tarfile.open(other / "set-a.tar.gz", "w:gz") as tar:
        tar.add(place / "set-a", arcname="set-a")
    left, right = read(place), read(other)
    assert left.series is not None
    assert right.series is not None
    assert left.unit_id.tolist() == right.unit_id.tolist()
    assert left.series.value.tolist() == right.series.value.tolist()
    assert left.provenance.fingerprint != right.provenance.fingerprint


@pytest.mark.parametrize(("name", "deaths"), [("a", 554), ("b", 568)])
def test_real_sets_have_the_published_counts(shared: Path, name: str, deaths: int) -> None:
    cohort = read(shared / "data" / "physionet-challenge-2012", name)
    assert (cohort.size, cohort.n_events) == (4000, deaths)
    assert cohort.series is not None
    assert cohort.series.value.size > 1_700_000
    for index, variable in enumerate(cohort.series.variables):
        values = cohort.series.value[cohort.series.variable_index == index]
        assert values.min(initial=variable.low) >= np.float32(variable.low)
        assert values.max(initial=variable.low) <= np.float32(variable.high)


def test_line_and_cuff_become_one_pressure_and_the_line_stands(tmp_path: Path) -> None:
    lines = (
        "01:00,NISysABP,120",
        "02:00,NISysABP,110",
        "02:00,SysABP,118",
        "03:00,MAP,70",
        "03:30,HR,80",
    )
    place = small(tmp_path, *lines)
    request = ReadRequest(dataset="set", place=str(place), seed=0, window_hours=48)
    params = Physionet2012Params(set="a", pressures="joined")
    cohort: Cohort = physionet_2012.run(request, params)
    assert observed(cohort, "sbp") == [(1, 120), (2, 118)]
    assert observed(cohort, "map") == [(3, 70)]
    assert observed(cohort, "heart_rate") == [(3.5, 80)]
    assert counts(cohort)["of the cuff in a minute that has the arterial line's"] == 1
    assert cohort.series is not None
    names = {variable.name for variable in cohort.series.variables}
    assert names >= {"sbp", "dbp", "map"}
    assert not [name for name in names if name.endswith(("_cuff", "_invasive"))]
