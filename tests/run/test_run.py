"""The whole line on a small scale: protocol to sealed evidence and reports."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader

from samd_validate.core.estimate import Estimate
from samd_validate.core.verdict import Outcome
from samd_validate.evidence.bundle import read_bundle
from samd_validate.evidence.verify import verify
from samd_validate.pipeline import Run, remade, run
from samd_validate.report.words import BANNER


def test_every_test_of_the_evidence_is_passed(small_run: Run) -> None:
    assert [test.name for test in verify(small_run.evidence) if test.is_failed] == []


def test_every_criterion_has_a_verdict_and_every_finding_an_address(small_run: Run) -> None:
    bundle = small_run.bundle
    assert [v.criterion for v in bundle.verdicts] == [c.id for c in bundle.criteria]
    keys = [finding.key for finding in bundle.findings]
    assert len(keys) == len(set(keys))
    assert {criterion.finding for criterion in bundle.criteria} <= set(keys)


@pytest.mark.requirement("SW-RUN-SAME-BYTES")
def test_second_run_agrees_to_the_byte(
    small_run: Run,
    small_protocol: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = small_protocol()
    monkeypatch.chdir(path.parent)
    again = run(path, {}, tmp_path)
    assert again.bundle.content_digest == small_run.bundle.content_digest
    for name in ("findings.json", "verdicts.json", "predictions/hillcrest.parquet"):
        assert (again.evidence / name).read_bytes() == (small_run.evidence / name).read_bytes()
    for name in ("html", "matrix"):
        assert len(again.reports[name].read_bytes()) > 0


@pytest.mark.requirement("SW-RUN-RESUMES")
def test_run_interrupted_in_training_goes_on_to_the_same_bytes(
    small_run: Run,
    small_protocol: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(what: str, share: float) -> None:
        if what.startswith("training") and share > 0.5:
            raise KeyboardInterrupt

    def stop_when_sealed(what: str, share: float) -> None:
        if what == "writing the report":
            raise KeyboardInterrupt

    path = small_protocol()
    monkeypatch.chdir(path.parent)
    with pytest.raises(KeyboardInterrupt):
        run(path, {}, tmp_path, stop)
    assert len(list(tmp_path.glob("*.checkpoints/*.safetensors"))) == 2
    with pytest.raises(KeyboardInterrupt):
        run(path, {}, tmp_path, stop_when_sealed)
    again = read_bundle(tmp_path / small_run.evidence.name)
    assert again.content_digest == small_run.bundle.content_digest
    assert not list(tmp_path.glob("*.checkpoints"))


@pytest.mark.requirement("SW-RUN-NEIGHBOUR")
def test_a_number_does_not_move_when_a_neighbour_is_left_out(
    small_run: Run,
    small_protocol: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = small_protocol().read_text()
    criterion = text[text.index("  - id: attributions-add-up") :]
    criterion = criterion[: criterion.index("  - id: attributions-of-random-weights")]
    path = small_protocol(
        ("  - use: shap_attribution\n    params: {patients: 12, local: 1, blocks: 4}\n", ""),
        (criterion, ""),
    )
    monkeypatch.chdir(path.parent)
    fewer = run(path, {}, tmp_path)
    before = {finding.key: finding for finding in small_run.bundle.findings}
    assert fewer.bundle.findings == tuple(before[f.key] for f in fewer.bundle.findings)


def test_every_page_says_that_the_data_are_simulated(small_run: Run) -> None:
    pages = PdfReader(small_run.reports["pdf"]).pages
    assert len(pages) > 10
    for number, page in enumerate(pages, start=1):
        text = " ".join(page.extract_text().split())
        assert BANNER in text, f"page {number}"
        assert len(text) > 150, f"page {number} is empty"


def test_pdf_is_whole(small_run: Run) -> None:
    qpdf = shutil.which("qpdf")
    assert qpdf, "qpdf is needed: see .ci/system_libraries"
    done = subprocess.run(
        [qpdf, "--check", small_run.reports["pdf"]], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.requirement("SW-REPORT-ALONE")
def test_reports_can_be_made_again_from_the_evidence_alone(small_run: Run, tmp_path: Path) -> None:
    moved = shutil.copytree(small_run.evidence, tmp_path / small_run.evidence.name)
    again = remade(moved, tmp_path / "reports")
    for name in ("html", "pdf", "matrix"):
        assert again.reports[name].read_bytes() == small_run.reports[name].read_bytes()


@pytest.mark.requirement("SW-PRIVACY-IDS")
def test_no_identifier_of_a_unit_or_patient_is_in_the_evidence(small_run: Run) -> None:
    from pyarrow import parquet

    table = parquet.read_table(small_run.evidence / "predictions" / "hillcrest.parquet")
    assert not any("patient" in name for name in table.column("patient").to_pylist())
    for path in small_run.evidence.rglob("*.json"):
        assert "hillcrest-patient-" not in path.read_text(), path.name


def test_truth_of_the_simulation_lies_beside_the_findings(small_run: Run) -> None:
    path = small_run.evidence / "attachments" / "simulation_truth_hillcrest.json"
    truth = json.loads(path.read_text())
    assert truth["subgroup"]["level"] == "Black"
    assert truth["differs_from_riverside"].keys() >= {"age_mean", "laboratory_rate", "odds_factor"}


def test_subgroup_that_is_too_small_stays_as_a_row(small_run: Run) -> None:
    from samd_validate.core.estimate import NotEstimable

    found = [f for f in small_run.bundle.findings if f.check == "subgroups"]
    small = [f for f in found if f.subset == "ethnicity=Asian"]
    assert small
    assert all(isinstance(finding.measurement, NotEstimable) for finding in small)


def test_attributions_add_up_to_the_prediction(small_run: Run) -> None:
    (finding,) = [f for f in small_run.bundle.findings if f.measure == "additivity_error"]
    assert isinstance(finding.measurement, Estimate)
    assert finding.measurement.value < 1e-4  # single precision, some hundred summands


def test_only_a_met_bound_is_called_a_pass(small_run: Run) -> None:
    measured = {finding.key: finding.measurement for finding in small_run.bundle.findings}
    for criterion, verdict in zip(
        small_run.bundle.criteria, small_run.bundle.verdicts, strict=True
    ):
        measurement = measured[criterion.finding]
        if verdict.outcome is Outcome.PASS:
            assert isinstance(measurement, Estimate)
            assert criterion.at_least is None or measurement.low >= criterion.at_least
            assert criterion.at_most is None or measurement.high <= criterion.at_most
