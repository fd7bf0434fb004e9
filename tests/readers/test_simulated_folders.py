"""Folders of simulated stays have the shape of a release, and give back what was drawn."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.eicu_apache import EicuApacheParams, eicu_apache
from samd_validate.readers.eicu_crd import EicuCrdParams, eicu_crd
from samd_validate.readers.events.simulated import MARK
from samd_validate.readers.mimic_iv import MimicIvParams, mimic_iv
from samd_validate.readers.simulation import eicu_people, mimic_folder
from samd_validate.readers.simulation.draw import Draw, draw_stays, site_of
from samd_validate.readers.simulation.eicu_folder import eicu_tables
from samd_validate.readers.simulation.folders import Simulation, simulated_folder
from samd_validate.readers.simulation.mimic_folder import mimic_tables
from samd_validate.readers.simulation.variables import SIMULATED

STAYS, SEED, WINDOW = 120, 4, 24
NAMES = tuple(one.name for one in SIMULATED)
TABLES = {"mimic_iv": mimic_tables, "eicu_crd": eicu_tables}
WANTED = {
    "mimic_iv": Simulation(
        shape="mimic_iv", site="riverside", stays=STAYS, seed=SEED, window_hours=WINDOW
    ),
    "eicu_crd": Simulation(
        shape="eicu_crd", site="hillcrest", stays=STAYS, seed=SEED, window_hours=WINDOW
    ),
}


def drawn(shape: str) -> Draw:
    generator = np.random.Generator(np.random.Philox(SEED))
    return draw_stays(site_of(WANTED[shape].site, is_planted=True), STAYS, WINDOW, generator)


def read(place: Path, shape: str = "mimic_iv") -> Cohort:
    request = ReadRequest(dataset="d", place=str(place), seed=1, window_hours=WINDOW)
    options: dict[str, Any] = {"stays": "all", "variables": NAMES, "keep_cache": False}
    cohort: Cohort
    if shape == "mimic_iv":
        cohort = mimic_iv.run(request, MimicIvParams(**options))
    else:
        cohort = eicu_crd.run(request, EicuCrdParams(**options))
    return cohort


def folder(place: Path, shape: str = "mimic_iv", **options: Any) -> Path:
    simulated_folder(place / shape, WANTED[shape], **options)
    return place / shape


@pytest.fixture(scope="module")
def eicu(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder(tmp_path_factory.mktemp("b"), "eicu_crd", form="parquet")


@pytest.fixture(scope="module")
def mimic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder(tmp_path_factory.mktemp("a"), form="parquet")


@pytest.mark.parametrize("what", ["a file", "a folder with something in it"])
def test_place_that_is_taken_is_refused_and_left_as_it_is(tmp_path: Path, what: str) -> None:
    place = tmp_path / "mimic_iv"
    if what == "a file":
        place.write_text("mine")
    else:
        place.mkdir()
        (place / "mine").write_text("mine")
    with pytest.raises(CannotRun, match="new or empty"):
        folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mimic_iv"]


def test_write_that_is_interrupted_leaves_no_folder(tmp_path: Path) -> None:
    def stop(what: str, share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folder(tmp_path, progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shape", TABLES)
def test_empty_folder_is_filled_and_the_same_seed_gives_the_same_bytes(
    tmp_path: Path, shape: str
) -> None:
    (tmp_path / "one" / shape).mkdir(parents=True)
    prints = []
    for name in ("one", "two"):
        place = folder(tmp_path / name, shape)
        paths = sorted(path for path in place.rglob("*") if path.is_file())
        prints.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in paths])
        assert len(paths) == len(TABLES[shape](drawn(shape))) + 1
    assert prints[0] == prints[1]


def header(path: Path) -> list[str]:
    return pl.read_csv(path, n_rows=0).columns


@pytest.mark.parametrize("name", ["hosp/patients", "hosp/admissions", "hosp/labevents"])
def test_columns_are_those_of_the_mimic_iv_demo(shared: Path, name: str) -> None:
    release = shared / "data" / "mimic-iv-demo-2.2" / f"{name}.csv.gz"
    assert mimic_tables(drawn("mimic_iv"))[name].columns == header(release)


@pytest.mark.parametrize("name", ["patient", "hospital", "vitalAperiodic", "apachePatientResult"])
def test_columns_are_those_of_the_eicu_demo(shared: Path, name: str) -> None:
    release = shared / "data" / "eicu-crd-demo" / "tables" / f"{name}.csv.gz"
    assert eicu_tables(drawn("eicu_crd"))[name].columns == header(release)


def test_laboratory_items_are_in_the_units_of_the_mimic_iv_demo(shared: Path) -> None:
    release = pl.read_csv(shared / "data" / "mimic-iv-demo-2.2" / "hosp" / "labevents.csv.gz")
    pairs = ["itemid", "valueuom"]
    known = set(release.select(pairs).unique().rows())
    written = mimic_tables(drawn("mimic_iv"))["hosp/labevents"].select(pairs).unique()
    assert written.height == 18
    assert {(item, None if unit == "" else unit) for item, unit in written.rows()} <= known


def test_words_of_patients_are_those_of_the_eicu_demo(shared: Path) -> None:
    release = pl.read_csv(
        shared / "data" / "eicu-crd-demo" / "tables" / "patient.csv.gz", infer_schema=False
    )
    patient = eicu_tables(drawn("eicu_crd"))["patient"]
    for name in ("gender", "ethnicity", "unitadmitsource", "unittype", "hospitaldischargestatus"):
        assert set(patient[name]) <= set(release[name].fill_null(""))


def test_temperature_and_coma_score_are_charted_as_in_the_release() -> None:
    tables = mimic_tables(drawn("mimic_iv"))
    events = tables["icu/chartevents"]
    fahrenheit = events.filter(pl.col("itemid") == 223761)
    assert set(fahrenheit["valueuom"]) == {"°F"}
    assert 97 < fahrenheit["valuenum"].median() < 100  # type: ignore[operator]
    assert not (events["itemid"] == 223762).any()
    for item, most in ((220739, np.inf), (223900, 5), (223901, 6)):  # errors are in the eye's
        response = events.filter(pl.col("itemid") == item)["valuenum"]
        assert response.is_between(1, most).all()
        assert (response % 1 == 0).all()


def test_second_stay_of_a_patient_is_later_in_the_same_year() -> None:
    tables = mimic_tables(drawn("mimic_iv"))
    both = tables["icu/icustays"].join(tables["hosp/admissions"], on="hadm_id")
    again = both.filter(pl.len().over("subject_id") == 2)
    assert again.height > 4
    assert (again["dischtime"].shift(1).gather_every(2, 1) < again["admittime"][1::2]).all()
    assert tables["hosp/patients"]["subject_id"].is_unique().all()


def expected_values(draw: Draw, *, is_late: np.ndarray) -> dict[tuple[int, str, int], float]:
    """Return stay, variable and hour -> value, by a plain loop over what was drawn."""
    charted = draw.charted
    found: dict[tuple[int, str, int], list[tuple[int, int, float]]] = defaultdict(list)
    columns = (charted.unit, charted.minute, charted.variable, charted.value, charted.stored_minute)
    for row, (unit, minute, variable, value, stored) in enumerate(zip(*columns, strict=True)):
        entry = SIMULATED[variable].entry
        if entry.limits[0] <= value <= entry.limits[1] and not is_late[row]:
            found[unit, entry.name, minute // 60].append((minute, stored, value))
    how = {one.name: one.entry.aggregate for one in SIMULATED}
    return {
        place: {
            "mean": lambda v: float(np.mean([one[2] for one in v])),
            "sum": lambda v: float(np.sum([one[2] for one in v])),
            "last": lambda v: max(v)[2],
        }[how[place[1]]](values)
        for place, values in found.items()
    }


def values_read(cohort: Cohort) -> dict[tuple[int, str, int], float]:
    series = cohort.series
    assert series is not None
    names = [one.name for one in series.variables]
    rows = zip(
        series.unit_index.tolist(),
        series.variable_index.tolist(),
        (np.round(series.time_hours.astype(float) * 60).astype(int) // 60).tolist(),
        series.value.tolist(),
        strict=True,
    )
    return {(unit, names[variable], hour): value for unit, variable, hour, value in rows}


def compare(found: dict[Any, float], expected: dict[Any, float]) -> None:
    assert found.keys() == expected.keys()
    for place, value in expected.items():
        # temperatures are written to a tenth of a degree Fahrenheit; the series is single precision
        tolerance = 0.03 if place[1] == "temperature" else 1e-5 * abs(value) + 1e-6
        assert found[place] == pytest.approx(value, abs=tolerance), place


def compare_people(
    cohort: Cohort, draw: Draw, stay: np.ndarray, patient: np.ndarray, oldest: int
) -> None:
    assert stay.tolist() == list(range(STAYS))
    assert patient.tolist() == draw.people.patient.tolist()
    assert cohort.label.tolist() == draw.people.label.tolist()
    for name in ("sex", "age_band", "ethnicity"):
        assert cohort.groups[name].tolist() == draw.people.groups[name].tolist()
    age = draw.people.age_years
    assert (age > 89).any()
    assert cohort.numbers["age_years"].tolist() == np.where(age > 89, oldest, age).tolist()


def test_what_was_drawn_is_what_is_read_from_the_shape_of_mimic_iv(mimic: Path) -> None:
    draw, cohort = drawn("mimic_iv"), read(mimic)
    stay, patient = mimic_folder.drawn_numbers(cohort.unit_id, cohort.patient_id)
    compare_people(cohort, draw, stay, patient, oldest=91)
    assert cohort.groups["admission_type"].tolist() == draw.people.groups["admission_type"].tolist()
    over = draw.course.second[draw.charted.unit] > 0
    late = draw.charted.stored_minute + over > 60 * WINDOW
    assert late.sum() > 100
    compare(values_read(cohort), expected_values(draw, is_late=late))


def test_what_was_drawn_is_what_is_read_from_the_shape_of_eicu(eicu: Path) -> None:
    draw, cohort = drawn("eicu_crd"), read(eicu, "eicu_crd")
    stay, patient = eicu_people.drawn_numbers(cohort.unit_id, cohort.patient_id)
    compare_people(cohort, draw, stay, patient, oldest=90)
    kind = eicu_people.admission_types(cohort.groups["admission_source"])
    assert kind.tolist() == draw.people.groups["admission_type"].tolist()
    assert np.unique(cohort.site).size == 12
    assert set(cohort.groups["region"]) == {"Midwest", "Northeast", "South", "West"}
    monitored = [one.panel in ("vitals", "temperature") for one in SIMULATED]  # no time of entry
    late = (draw.charted.stored_minute > 60 * WINDOW) & ~np.array(monitored)[draw.charted.variable]
    assert late.sum() > 30
    compare(values_read(cohort), expected_values(draw, is_late=late))


def test_apache_prediction_of_the_eicu_shape_ranks_and_is_missing_for_some(eicu: Path) -> None:
    cohort = read(eicu, "eicu_crd")
    score = cohort.scores["apache_iva"]
    told = np.isfinite(score)
    assert (~told).sum() == sum(int(one) % eicu_people.UNPREDICTED == 0 for one in cohort.unit_id)
    died = cohort.label == 1
    assert np.median(score[told & died]) > 2 * np.median(score[told & ~died])


def test_reader_of_deployed_scores_says_that_the_patients_are_simulated(tmp_path: Path) -> None:
    request = ReadRequest(
        dataset="d", place=str(folder(tmp_path, "eicu_crd")), seed=1, window_hours=WINDOW
    )
    cohort = eicu_apache.run(request, EicuApacheParams())
    assert cohort.provenance.is_simulated
    assert "simulation_truth_d" in cohort.attachments


def test_both_forms_and_any_size_of_batch_are_read_alike(mimic: Path, tmp_path: Path) -> None:
    one = read(mimic)
    packed = read(folder(tmp_path / "packed"))
    assert values_read(packed) == values_read(one)
    assert packed.unit_id.tolist() == one.unit_id.tolist()
    small = read(folder(tmp_path / "small", form="parquet", batch_stays=50))
    assert small.unit_id.tolist() == one.unit_id.tolist()
    assert np.unique(small.patient_id).size > 100
    in_batches = pl.read_parquet(tmp_path / "small" / "mimic_iv" / "hosp" / "labevents")
    assert in_batches["labevent_id"].is_unique().all()


@pytest.mark.parametrize("shape", TABLES)
def test_reader_says_that_the_patients_are_simulated(
    request: pytest.FixtureRequest, shape: str
) -> None:
    cohort = read(request.getfixturevalue(shape.partition("_")[0]), shape)
    assert cohort.provenance.is_simulated
    assert "no person" in cohort.provenance.licence
    truth = cohort.attachments["simulation_truth_d"]
    assert isinstance(truth, dict)
    assert truth["prevalence"] == pytest.approx(cohort.n_events / STAYS)
    assert truth["parameters"]["stays"] == STAYS


@pytest.mark.parametrize("text", ["{", "[]", '{"site": 3}'])
def test_damaged_mark_is_refused_and_a_folder_without_one_is_not_called_simulated(
    tmp_path: Path, text: str
) -> None:
    place = folder(tmp_path, form="parquet")
    (place / MARK).write_text(text)
    with pytest.raises(CannotRun, match="damaged"):
        read(place)
    (place / MARK).unlink()
    assert not read(place).provenance.is_simulated
