"""Runs that are killed go on to the same bytes; a half-written step is never taken for whole."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import killing
import pytest
from black_box import small_black_box

from samd_validate import pipeline
from samd_validate.core.errors import CannotRun
from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.finding import CheckOutput, Figure, Finding, Table
from samd_validate.evidence.bundle import read_bundle
from samd_validate.evidence.chain import entries_of
from samd_validate.evidence.claim import claimed
from samd_validate.evidence.steps import StepStore

pytestmark = pytest.mark.requirement("REQ-REPRODUCIBILITY")
KILLS = 50
KEY = {"check": "c", "seed": "1"}


def output() -> CheckOutput:
    measured = Estimate(value=1.0, low=0.1 + 0.2, high=2, level=0.95, method="m", n=3)
    lacking = NotEstimable(code="one_class", reason="no events", n=3)
    return CheckOutput(
        findings=tuple(
            Finding(check="c", measure=m, population="t", subset="all", measurement=one)
            for m, one in (("a", measured), ("b", lacking))
        ),
        figures=(
            Figure(id="f", kind="roc", title="t", caption="c", alt="a", content={"x": [1, 0.5]}),
        ),
        tables=(Table(id="t", title="t", caption="c", columns=("a",), rows=((1.0,), ("x",))),),
        notes=("a note",),
    )


def test_step_reads_back_as_it_was_given_out_the_first_time(tmp_path: Path) -> None:
    first = StepStore(tmp_path, {"code": "1"}).put("c", KEY, output())
    again = StepStore(tmp_path, {"code": "1"})
    assert again.get("c", KEY) == first == output()
    assert again.taken == ["c"]


@pytest.mark.parametrize(
    ("context", "key"),
    [({"code": "2"}, KEY), ({"code": "1"}, {**KEY, "seed": "2"}), ({"code": "1"}, {"check": "c"})],
    ids=["other code", "other seed", "fewer"],
)
def test_step_of_another_key_is_not_taken(
    tmp_path: Path, context: dict[str, str], key: dict[str, str]
) -> None:
    StepStore(tmp_path, {"code": "1"}).put("c", KEY, output())
    assert StepStore(tmp_path, context).get("c", key) is None


def test_step_cut_at_any_byte_or_with_any_byte_changed_is_not_taken(tmp_path: Path) -> None:
    StepStore(tmp_path, {}).put("c", KEY, output())
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    changed = [whole[:cut] for cut in range(0, len(whole), 7)]
    changed += [
        whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(0, len(whole), 5)
    ]
    for content in changed:
        path.write_bytes(content)
        taken = StepStore(tmp_path, {}).get("c", KEY)
        if taken is not None:  # the version of the form is the one thing its digest does not cover
            assert taken == output()
            assert json.loads(content)["output"] == json.loads(whole)["output"]
        else:
            assert not path.exists()


@pytest.mark.requirement("SW-RUN-RESUMES")
def test_killed_runs_go_on_to_the_same_bytes(tmp_path: Path) -> None:
    command = [sys.executable, killing.__file__, str(tmp_path), str(KILLS), "20261125"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr or done.stdout
    told = json.loads(done.stdout)
    assert sum(len(one["killed_after_seconds"]) for one in told) >= KILLS
    assert [one["differ"] for one in told if one["differ"]] == []
    assert [one["left"] for one in told if one["left"]] == []
    assert any(one["taken_up"] for one in told)
    assert any(one["steps_taken"] for one in told)


def small_run(place: Path, *, is_resumed: bool) -> pipeline.Run:
    options = pipeline.Options(is_resumed=is_resumed)
    data = {"my-predictions": place / "p.csv"}
    return pipeline.run(place / "p.yaml", data, place / "r", options=options)


def test_run_killed_before_its_reports_were_written_gets_them_and_nothing_is_done_twice(
    tmp_path: Path,
) -> None:
    small_black_box(tmp_path / "p.yaml")
    done = small_run(tmp_path, is_resumed=False)
    trail = (done.evidence / "audit.jsonl").read_bytes()
    wanted = done.reports["html"].read_bytes()
    done.reports["html"].unlink()
    again = small_run(tmp_path, is_resumed=True)
    assert again.evidence == done.evidence
    assert again.reports["html"].read_bytes() == wanted
    assert (done.evidence / "audit.jsonl").read_bytes() == trail


def sealed(place: Path, **options: Any) -> Path:
    data = {"my-predictions": place / "p.csv"}
    given = pipeline.Options(**options)
    with pipeline.sealed_run(place / "p.yaml", data, place / "r", options=given) as evidence:
        return evidence


def test_run_without_resume_starts_anew_and_keeps_what_had_stopped(tmp_path: Path) -> None:
    small_black_box(tmp_path / "p.yaml")
    plan = pipeline.planned(tmp_path / "p.yaml")
    name = pipeline.run_name(plan)
    steps = tmp_path / "r" / f"{name}.checkpoints" / "steps"
    steps.mkdir(parents=True)
    (steps / "old.json").write_bytes(b"{}")
    (tmp_path / "r" / f"{name}.partial").mkdir()
    evidence = sealed(tmp_path)
    left = sorted(path.suffix for path in (tmp_path / "r").iterdir() if path.is_dir())
    assert left == [f".0-{name[-8:]}", ".stopped"]
    entries = entries_of((evidence / "audit.jsonl").read_bytes())
    (ran,) = (entry for entry in entries if entry["action"] == "ran the checks")
    assert ran["details"]["taken_from_before"] == []  # type: ignore[index]


def test_second_run_of_a_protocol_in_a_folder_is_refused_and_touches_nothing(
    tmp_path: Path,
) -> None:
    small_black_box(tmp_path / "p.yaml")
    name = pipeline.run_name(pipeline.planned(tmp_path / "p.yaml"))
    with (
        claimed(tmp_path / "r", name),
        pytest.raises(CannotRun, match="a run of this protocol that goes on"),
    ):
        sealed(tmp_path, is_resumed=True)
    assert list((tmp_path / "r").iterdir()) == []


def test_run_that_goes_on_is_one_look_at_the_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMD_VALIDATE_LEDGER", str(tmp_path / "ledger"))
    small_black_box(tmp_path / "p.yaml")
    with (tmp_path / "p.yaml").open("a") as file:
        file.write("looks: {at_most: 1, rationale: one look and no more}\n")

    def stop(what: str, share: float) -> None:
        if what == "checking: calibration":
            raise KeyboardInterrupt

    data = {"my-predictions": tmp_path / "p.csv"}
    with pytest.raises(KeyboardInterrupt):
        pipeline.run(tmp_path / "p.yaml", data, tmp_path / "r", stop)
    done = read_bundle(sealed(tmp_path, is_resumed=True))
    assert done.all_verdicts[-1].outcome == "PASS"
    lines = (tmp_path / "ledger" / "looks.jsonl").read_bytes().splitlines()
    assert len(lines) == 1
    shutil.rmtree(tmp_path / "r")
    again = read_bundle(sealed(tmp_path, is_resumed=True))
    assert again.all_verdicts[-1].outcome == "FAIL"
    assert again.content_digest == done.content_digest
    assert again.verdicts == done.verdicts
