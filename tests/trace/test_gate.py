"""The gate: every rule answers, what cannot be computed is never a pass, exit codes say it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from black_box import small_black_box
from gate_asking import DAY

from samd_validate import cli
from samd_validate.core.errors import CannotRun
from samd_validate.evidence.identity import load_identity, new_identity
from samd_validate.evidence.locking import lock_protocol
from samd_validate.pipeline import planned, sealed_run
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.lock import Signer
from samd_validate.trace.gate.asked import FAILED, NOT_APPLICABLE, OK, OPEN
from samd_validate.trace.gate.run import RULES, load_rules
from samd_validate.tracing import gate_answers, traced

pytestmark = [
    pytest.mark.requirement("REQ-TRACEABILITY"),
    pytest.mark.requirement("SW-TRACE-GATE"),
]


def test_rules_and_code_are_the_same_eighteen() -> None:
    assert [rule.id for rule in load_rules(shipped("traceability"))] == list(RULES)
    assert len(RULES) == 18


def test_rule_without_code_is_refused(tmp_path: Path) -> None:
    text = (shipped("traceability") / "gate_rules.yaml").read_text()
    (tmp_path / "gate_rules.yaml").write_text(text.replace("G-17", "G-99"))
    with pytest.raises(CannotRun, match="G-99"):
        load_rules(tmp_path)


def test_every_rule_answers_with_a_reason(evidence: Path) -> None:
    listed = gate_answers(traced([evidence]), DAY)
    assert [one.rule.id for one in listed] == list(RULES)
    assert {one.answer.status for one in listed} <= {OK, FAILED, OPEN, NOT_APPLICABLE}
    assert all(len(one.answer.why) > 10 for one in listed)


def test_what_the_evidence_cannot_say_names_what_to_supply_and_blocks(evidence: Path) -> None:
    listed = gate_answers(traced([evidence]), DAY)
    left = [one for one in listed if one.answer.status == OPEN]
    assert {"G-03", "G-17"} <= {one.rule.id for one in left}
    assert all("the manufacturer supplies" in one.answer.why for one in left)
    assert all(one.blocks for one in left if one.rule.severity == "block")
    assert not any(one.blocks for one in listed if one.rule.severity == "warn")


def test_command_ends_with_one_and_a_numbered_list(
    evidence: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["samd-validate", "trace", str(evidence), "--gate"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 1
    out = capsys.readouterr().out
    assert all(f"{place:2d}. {name} " in out for place, name in enumerate(RULES, start=1))


def test_command_ends_with_two_where_nothing_can_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["--gate"], [str(tmp_path), "--gate"]):
        monkeypatch.setattr(sys, "argv", ["samd-validate", "trace", *arguments])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        assert stopped.value.code == 2
        assert "to do:" in capsys.readouterr().err


SUPPLIED = """
schema_version: 1
documents:
  - {rule: G-03, title: Release record 1.0, sha256: "sha256:DIGEST"}
  - {rule: G-05, title: Signed manifest, sha256: "sha256:DIGEST"}
  - {rule: G-17, title: Log of the tests of the toolkit, sha256: "sha256:DIGEST"}
  - {rule: G-11, title: Statement on the data of development, sha256: "sha256:DIGEST"}
""".replace("DIGEST", "0" * 64)
REQUIREMENT = """
schema_version: 1
requirements:
- id: REQ-MY-RANKING
  title: Ranking
  text: The device ranks patients.
  rationale: It must.
  measured: true
  evidence_kinds: [discrimination_ci]
  clauses: [TRIPOD-AI-23a]
"""
HAZARD = """
schema_version: 1
acceptability: {unacceptable: [S5/P5]}
hazards:
- {id: MY-H01, device: mine, hazard: Wrong score, sequence: any, situation: any, harm: any,
   severity: S3, initial: P2}
"""


@pytest.fixture(scope="module")
def promised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the evidence of a run whose protocol was locked, signed, and names its texts."""
    place = tmp_path_factory.mktemp("promised")
    protocol = place / "p.yaml"
    small_black_box(protocol)
    text = protocol.read_text().replace("[REQ-PERF-DISC", "[REQ-MY-RANKING, REQ-PERF-DISC")
    protocol.write_text(text + "\nrequirements: texts/r.yaml\nhazards: texts/h.yaml\n")
    (place / "texts").mkdir()
    (place / "texts" / "r.yaml").write_text(REQUIREMENT)
    (place / "texts" / "h.yaml").write_text(HAZARD)
    (place / "supplied.yaml").write_text(SUPPLIED)
    new_identity(place / "me.p12", "A. Tester", "a long password")
    identity = load_identity(place / "me.p12", "a long password")
    who = Signer(name="A. Tester", role="author", meaning="as planned")
    lock_protocol(protocol, planned(protocol), who, identity)
    data = {"my-predictions": place / "p.csv"}
    with sealed_run(protocol, data, place / "runs") as folder:
        return folder


def gated(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["samd-validate", "trace", *map(str, arguments), "--gate"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


def test_gate_opens_where_every_rule_is_kept_or_answered_by_a_document(
    promised: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    supplied = promised.parents[1] / "supplied.yaml"
    assert gated(monkeypatch, promised, "--supplied", supplied) == 0, capsys.readouterr().out
    assert "Release record 1.0" in capsys.readouterr().out
    assert gated(monkeypatch, promised) == 1


def test_document_does_not_mend_what_the_evidence_shows_to_be_broken(
    promised: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(promised, tmp_path / "copy")
    (copy / "findings.json").write_bytes((copy / "findings.json").read_bytes() + b" ")
    supplied = promised.parents[1] / "supplied.yaml"
    listed = {one.rule.id: one for one in gate_answers(traced([copy]), DAY, supplied)}
    assert listed["G-05"].answer.status == FAILED
    assert listed["G-05"].blocks


def test_faults_of_what_is_supplied_are_told_at_once(evidence: Path, tmp_path: Path) -> None:
    place = tmp_path / "s.yaml"
    place.write_text(SUPPLIED.replace("G-17", "G-77").replace("G-05", "G-03"))
    with pytest.raises(CannotRun) as stopped:
        gate_answers(traced([evidence]), DAY, place)
    assert len(stopped.value.problems) == 2
