"""Estimates made again from the stored predictions, and whole runs made again from the data."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from killing import smallest

from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.errors import CannotRun
from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.finding import Finding
from samd_validate.core.inputs import Population
from samd_validate.core.model import no_progress
from samd_validate.evidence.predictions import parquet_bytes
from samd_validate.evidence.stored import Missing, NotStored, read_population
from samd_validate.evidence.verification.item import Item
from samd_validate.pipeline import sealed_run
from samd_validate.recompute import compare, recompute_items, rerun_items
from samd_validate.record import Options

WHENCE = Provenance(source="s", title="t", licence="l", citation="c", fingerprint="f")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the evidence of the smallest run, and its file of predictions."""
    place = tmp_path_factory.mktemp("recompute")
    protocol, _ = smallest(place)
    with sealed_run(protocol, {"my-predictions": place / "p.csv"}, place / "runs") as evidence:
        return evidence, place / "p.csv"


@pytest.fixture
def evidence(made: tuple[Path, Path], tmp_path: Path) -> Path:
    return shutil.copytree(made[0], tmp_path / "run")


def statuses(items: tuple[Item, ...]) -> dict[str, str]:
    return {item.name: item.status for item in items}


def test_damaged_or_missing_predictions_are_told(evidence: Path) -> None:
    (file,) = (evidence / "predictions").iterdir()
    file.write_bytes(b"PAR1")
    (item,) = recompute_items(evidence)
    assert item.is_failed
    run = json.loads((evidence / "run.json").read_bytes())
    (evidence / "run.json").write_text(json.dumps({**run, "has_predictions": False}))
    (item,) = recompute_items(evidence)
    assert (item.status, item.words) == (
        "not possible",
        "the scores of cases were left out of this bundle",
    )


def test_every_estimate_comes_out_to_the_last_digit(evidence: Path) -> None:
    assert statuses(recompute_items(evidence)) == {
        "the program that recomputes": "ok",
        "step cohort_table recomputed": "not possible",
        "step discrimination recomputed": "ok",
        "step operating_point recomputed": "ok",
    }


def test_recorded_digit_that_was_changed_is_shown(evidence: Path) -> None:
    path = evidence / "findings.json"
    findings = json.loads(path.read_bytes())
    (auroc,) = (one for one in findings if one["measure"] == "auroc")
    auroc["measurement"]["low"] += 0.001
    path.write_text(json.dumps(findings))
    (item,) = (one for one in recompute_items(evidence) if one.is_failed)
    assert item.name == "step discrimination recomputed"
    assert "discrimination/auroc/validation/all/device low" in item.words
    assert "2 digits agree" in item.words
    assert item.files == ("findings.json",)


def one_finding(value: float) -> Finding:
    measured = Estimate(value=value, low=0.1, high=0.9, level=0.95, method="m", n=5)
    return Finding(check="c", measure="auroc", population="p", subset="all", measurement=measured)


def test_rounding_of_the_last_digits_is_told_apart() -> None:
    assert compare([one_finding(0.5)], [one_finding(0.5)]) == ([], [])
    differing, rounded = compare([one_finding(0.5)], [one_finding(0.5 + 1e-15)])
    assert differing == []
    assert "14 digits agree" in rounded[0]
    assert compare([one_finding(0.5)], [])[0] == [
        "c/auroc/p/all/device is recorded, but not found again"
    ]
    none = replace(one_finding(0.5), measurement=NotEstimable(code="c", reason="r", n=5))
    assert compare([one_finding(0.5)], [none])[0]


def test_what_is_not_kept_cannot_be_read() -> None:
    cohort = Cohort(
        name="c",
        unit_id=np.array(["u1", "u2", "u3"]),
        patient_id=np.array(["b", "a", "b"]),
        site=np.array(["s", "s", "s"]),
        label=np.array([0, 1, 0]),
        groups={"sex": np.array(["f", "m", ""])},
        numbers={"age_years": np.array([1.0, 2.0, 3.0])},
        provenance=WHENCE,
    )
    scored = Population(name="c", cohort=cohort, score=np.array([0.1, 0.2, 0.3]))
    content = parquet_bytes(scored, b"key", np.array(["a", "b"]))
    stored = read_population("c", content, WHENCE, is_external=True)
    assert np.unique(stored.cohort.patient_id, return_inverse=True)[1].tolist() == [1, 0, 1]
    assert stored.cohort.take(np.array([True, False, True])).groups["sex"].tolist() == ["f", ""]
    with pytest.raises(NotStored, match="numbers"):
        _ = stored.cohort.take(np.array([0])).numbers
    with pytest.raises(NotStored, match="drew"):
        _ = stored.segmentations


def test_whatever_is_asked_of_a_missing_model_is_refused() -> None:
    model = Missing("model")
    for ask in (
        lambda: model.predict,
        lambda: bool(model),
        lambda: model(1),
        lambda: isinstance(model, int),
    ):
        with pytest.raises(NotStored, match="the model"):
            ask()


def test_rerun_on_the_same_data_gives_the_same_digest(made: tuple[Path, Path]) -> None:
    evidence, data = made
    items = rerun_items(evidence, {"my-predictions": data}, None, no_progress)
    assert {item.status for item in items} == {"ok"}


def test_rerun_on_other_data_is_found(made: tuple[Path, Path], tmp_path: Path) -> None:
    evidence, data = made
    other = tmp_path / "p.csv"
    other.write_text(data.read_text().replace("u4,p2,s,0", "u4,p2,s,1"))
    items = rerun_items(evidence, {"my-predictions": other}, None, no_progress)
    assert "findings.json" in {file for item in items if item.is_failed for file in item.files}
    with pytest.raises(CannotRun):
        rerun_items(evidence, {}, None, no_progress)


def test_rerun_keeps_what_was_left_out(made: tuple[Path, Path], tmp_path: Path) -> None:
    _, data = made
    protocol, _ = smallest(tmp_path)
    places, options = {"my-predictions": data}, Options(keeps_predictions=False)
    with sealed_run(protocol, places, tmp_path / "runs", options=options) as evidence:
        items = rerun_items(evidence, places, None, no_progress)
    assert {item.status for item in items} == {"ok"}
