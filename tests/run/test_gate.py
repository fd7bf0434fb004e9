"""The gate before training: what fails there trains nothing, and nothing of it is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from samd_validate.core.errors import CannotRun
from samd_validate.pipeline import planned, run

pytestmark = pytest.mark.requirement("REQ-DATA-INDEPENDENCE")
TOO_STRICT = (
    "criteria:\n",
    """criteria:
  - id: no-strong-input
    finding: {check: leakage, measure: strongest_single_auroc, population: development}
    at_most: 0.51
    rationale: no input may rank the outcome alone, which every vital sign does
    requirements: [REQ-DATA-INDEPENDENCE]
""",
)
GOES_ON = ("- use: leakage\n", "- use: leakage\n    on_failure: report\n")


def acts(folder: Path) -> list[str]:
    lines = (folder / "audit.jsonl").read_text().splitlines()
    return [json.loads(line)["action"] for line in lines]


@pytest.mark.requirement("SW-GATE-LEAKS")
def test_failed_criterion_at_the_gate_stops_before_training_and_keeps_what_was_seen(
    small_protocol: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small_protocol(TOO_STRICT)
    monkeypatch.chdir(path.parent)
    with pytest.raises(CannotRun, match="no-strong-input") as stopped:
        run(path, {}, tmp_path)
    assert len(stopped.value.problems) == 1
    (folder,) = tmp_path.glob("*.stopped")
    kept_beside = {path.suffix for path in tmp_path.iterdir()} - {".stopped"}
    assert kept_beside == {".checkpoints"}
    assert acts(folder)[-2:] == ["looked for leaks before training", "stopped"]
    seen = json.loads((folder / "gate.json").read_text())["findings"]
    assert {"leakage"} == {finding["check"] for finding in seen}


def test_protocol_that_says_report_trains_all_the_same_and_fails(
    small_protocol: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small_protocol(TOO_STRICT, GOES_ON)
    monkeypatch.chdir(path.parent)
    done = run(path, {}, tmp_path)
    outcomes = {verdict.criterion: verdict.outcome for verdict in done.bundle.verdicts}
    assert outcomes["no-strong-input"] == "FAIL"
    steps = [step.id for step in done.bundle.steps]
    assert steps.index("leakage") < steps.index("model_leakage")
    order = acts(done.evidence)
    assert order.index("looked for leaks before training") < order.index("trained a model")


def test_check_that_runs_after_training_cannot_be_told_to_stop_before_it(
    small_protocol: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    late = ("- use: discrimination\n", "- use: discrimination\n    on_failure: stop\n")
    path = small_protocol(late)
    monkeypatch.chdir(path.parent)
    with pytest.raises(CannotRun, match="which runs after training"):
        planned(path)


def test_part_that_only_the_gate_looks_at_is_refused_elsewhere(
    small_protocol: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = ("measure: auroc, population: test}", "measure: auroc, population: development}")
    path = small_protocol(elsewhere)
    monkeypatch.chdir(path.parent)
    with pytest.raises(CannotRun, match="'development'"):
        planned(path)
