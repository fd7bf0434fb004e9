"""The pages on tables and on new sources, followed to the letter."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import polars as pl
import pytest

from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import ReadRequest
from samd_validate.core.plugin import Plugin
from samd_validate.plan import make_plan
from samd_validate.protocol.folders import ROOT, shipped
from samd_validate.protocol.load import load_protocol
from samd_validate.trace.requirements import load_requirements


def block(page: str, language: str) -> str:
    """Return the first block of a language on a page."""
    text = (ROOT / "docs/howto" / page).read_text()
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def read_by(page: str, window_hours: float = 0) -> Cohort:
    """Follow a page in the working folder, and return what its protocol reads."""
    Path("make.py").write_text(block(page, "python"))
    Path("protocol.yaml").write_text(block(page, "yaml"))
    runpy.run_path("make.py")
    known = load_requirements(shipped("traceability"))
    plan = make_plan(load_protocol(Path("protocol.yaml")), known.requirements, known.hazards)
    (planned,) = plan.reads
    request = ReadRequest(dataset="mine", place=".", seed=0, window_hours=window_hours)
    cohort: Cohort = planned.reader.run(request, planned.params)
    return cohort


def test_page_on_tables_leads_to_a_cohort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cohort = read_by("read_a_table.md", window_hours=48)
    used = {row.reason: row.count for row in cohort.flow}["used"]
    assert (cohort.size, used) == (800, 800 * (48 + 6 + 6))
    assert cohort.series is not None
    names = [variable.name for variable in cohort.series.variables]
    lactate = cohort.series.value[cohort.series.variable_index == names.index("lactate")]
    assert 1.5 < lactate.mean() < 2.5  # mmol/L again


def test_page_on_images_leads_to_a_cohort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cohort = read_by("read_images.md")
    assert (cohort.size, len(set(cohort.patient_id.tolist()))) == (40, 20)
    assert cohort.images is not None
    assert cohort.images.image(0).spacing_mm == (0.5, 0.5)
    assert cohort.images.reference(0).max() == 1


def test_page_on_dicom_leads_to_a_cohort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cohort = read_by("read_dicom.md")
    assert (cohort.size, cohort.n_events, len(set(cohort.patient_id.tolist()))) == (160, 80, 80)
    assert set(cohort.site.tolist()) == {"Acme", "Bolt"}
    assert cohort.images is not None
    means = [float(cohort.images.image(row).pixels.mean()) for row in range(4)]
    assert all(0.3 < mean < 0.5 for mean in means)  # MONOCHROME1 and 2 come to one scale


def test_page_on_sources_has_a_reader_that_reads(tmp_path: Path) -> None:
    (tmp_path / "ward_log.py").write_text(block("add_a_source.md", "python"))
    found = runpy.run_path(str(tmp_path / "ward_log.py"))
    ward = found["ward_log"]
    assert isinstance(ward, Plugin)
    people = {"id": [2, 1, 3], "age": [50, 70, 12], "died": [0, 1, 0], "hours": [30, 24, 60]}
    pl.DataFrame(people).write_csv(tmp_path / "patients.csv")
    log = {"id": [1, 2, 2], "hour": [0.5, 1.0, 24.0], "what": ["TEMP_F", "PULSE", "PULSE"]}
    pl.DataFrame(log | {"value": [98.6, 80.0, 90.0]}).write_csv(tmp_path / "log.csv")
    request = ReadRequest(dataset="ward", place=str(tmp_path), seed=0, window_hours=24)
    cohort = ward.run(request, ward.params())
    assert cohort.unit_id.tolist() == ["1", "2"]
    assert cohort.series.value.tolist() == [37, 80]
