"""From DICOM files of two simulated scanners to sealed evidence that names nobody."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from dicom_files import ROOT, SECRET, phantoms

from samd_validate.core.errors import CannotRun
from samd_validate.core.estimate import Estimate
from samd_validate.evidence.verify import verify
from samd_validate.pipeline import Run, run

RECIPE = """
schema_version: 1
name: tiny
title: a network small enough for a test
family: small_cnn
params: {size: 32, channels: [4], max_epochs: 2, patience: 2}
card: {summary: tiny, inputs: one, output: one, training: two epochs, limitations: [a test]}
"""
PROTOCOL = """
schema_version: 1
id: dicom
version: 1.0.0
title: Lesions in DICOM radiographs (simulated scanners)
authors: []
intended_use:
  {statement: a test, population: phantoms, users: testers, setting: none, human_role: all}
datasets:
  - {id: north, role: development, reader: dicom_folder, source: north, params: &params {
      images: images, table: labels.csv, columns: {label: lesion}, masks: {folder: masks},
      scanner: [manufacturer, model, station]}}
  - {id: south, role: external, reader: dicom_folder, source: south, params: *params}
outcome: {name: lesion, definition: a lesion was drawn, horizon: none}
split: {method: random, test: 0.3, tuning: 0.2}
model: {use: recipe, recipe: tiny}
checks:
  - use: cohort_table
    params:
      groups: [sex, view, manufacturer, station, polarity]
      numbers: [age_years, kvp, bits_stored]
  - use: discrimination
criteria:
  - id: auroc
    finding: {check: discrimination, measure: auroc, population: south}
    at_least: 0.5
    rationale: it is a test
    requirements: [REQ-PERF-DISCRIMINATION]
limitations: [the radiographs are simulated]
intervals: {resamples: 200}
seed: 3
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("dicom")
    phantoms(place / "north", "north", 40, size=64)
    phantoms(place / "south", "south", 24, size=64, first=1000)
    (place / "models").mkdir()
    (place / "models" / "tiny.yaml").write_text(RECIPE)
    (place / "protocol.yaml").write_text(PROTOCOL)
    return place


def ran(place: Path, runs: str, south: str = "south") -> Run:
    places = {"north": place / "north", "south": place / south}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return run(place / "protocol.yaml", places, place / runs)


@pytest.fixture(scope="module")
def finished(place: Path) -> Run:
    return ran(place, "runs")


def test_evidence_is_whole_and_every_criterion_has_a_number(finished: Run) -> None:
    assert [test.name for test in verify(finished.evidence) if test.is_failed] == []
    (finding,) = [
        f for f in finished.bundle.findings if f.key == finished.bundle.criteria[0].finding
    ]
    assert isinstance(finding.measurement, Estimate)
    assert finding.measurement.n == 24


def test_nothing_that_was_written_names_anybody(finished: Run) -> None:
    written = [path for path in finished.evidence.rglob("*") if path.is_file()]
    written += finished.reports.values()
    tables = [pl.read_parquet(path).write_csv() for path in written if path.suffix == ".parquet"]
    text = "".join(tables) + "".join(p.read_bytes().decode("latin-1") for p in written)
    assert "north station 1" in text
    assert "identity_north" in text
    for told in (SECRET, ROOT, "P0001", "0001.dcm"):
        assert told not in text


def test_patient_in_both_data_sets_stops_the_run(place: Path) -> None:
    phantoms(place / "shared", "south", 20, size=64, first=0)
    with pytest.raises(CannotRun, match="patients who are in the development data set"):
        ran(place, "shared_runs", "shared")
