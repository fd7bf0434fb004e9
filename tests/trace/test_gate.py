"""The gate: every rule answers, what cannot be computed is never a pass, exit codes say it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from black_box import small_black_box
from example_bundle import sealed_example
from small_evidence import signed_run

from samd_validate import cli
from samd_validate.core.bundle import Bundle, StepRecord
from samd_validate.core.errors import CannotRun
from samd_validate.core.estimate import Estimate
from samd_validate.core.finding import Finding
from samd_validate.core.looks import LookRecord, Looks
from samd_validate.core.matrix import Matrix, State
from samd_validate.evidence.identity import load_identity, new_identity
from samd_validate.evidence.locking import lock_protocol
from samd_validate.pipeline import planned, sealed_run
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.lock import Signer
from samd_validate.publish import known_requirements
from samd_validate.trace.gate.asked import FAILED, NOT_APPLICABLE, OK, OPEN, Answer, Asked
from samd_validate.trace.gate.run import RULES, asked_of, load_rules
from samd_validate.trace.matrix import trace_matrix
from samd_validate.trace.own import own_of, with_own
from samd_validate.trace.runs import read_run
from samd_validate.trace.schema import Acceptability, Hazard
from samd_validate.tracing import gate_answers, traced

pytestmark = [
    pytest.mark.requirement("REQ-TRACEABILITY"),
    pytest.mark.requirement("SW-TRACE-GATE"),
]
DAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def asked(evidence: Path) -> Asked:
    found = traced([evidence])
    return asked_of(found.runs[0], found.matrix, known_requirements(), DAY)


def answer(asked: Asked, rule: str, **bundle: Any) -> Answer:
    run = replace(asked.run, bundle=replace(asked.bundle, **bundle))
    return RULES[rule](replace(asked, run=run))


def number(value: float, **changes: Any) -> Estimate:
    fields: dict[str, Any] = {"level": 0.95, "method": "wilson", "n": 100}
    return Estimate(**{"value": value, "low": value, "high": value, **fields, **changes})


def finding(measure: str, value: float, subset: str = "all", **changes: Any) -> Finding:
    measurement = number(value, **changes)
    return Finding(
        check="c", measure=measure, population="test", subset=subset, measurement=measurement
    )


def locked(bundle: Bundle, locked_at: str, signature: object) -> Mapping[str, object]:
    record = {"locked_at": locked_at, "signature": signature, "signer": {"name": "A"}}
    lock = {"state": "locked", "protocol_digest": bundle.protocol_digest, "record": record}
    return {"protocol_lock": lock}


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


def test_g01_criterion_without_result(asked: Asked) -> None:
    assert RULES["G-01"](asked).status == FAILED
    assert "no result" in RULES["G-01"](asked).why


def own_hazards(asked: Asked, hazard: Hazard, unacceptable: tuple[str, ...]) -> Asked:
    known = replace(
        known_requirements(),
        hazards={hazard.id: hazard},
        own=frozenset([hazard.id]),
        acceptability=Acceptability(unacceptable=unacceptable),
    )
    return replace(asked, requirements=known)


def test_g02_controls_of_what_is_unacceptable(asked: Asked) -> None:
    fields = known_requirements().hazards["ICU-H01"].model_dump()
    rated = Hazard.model_validate({**fields, "initial": "P4"})
    assert RULES["G-02"](asked).status == OPEN
    untested = RULES["G-02"](own_hazards(asked, rated, ("S5/P4",)))
    assert untested.status == FAILED
    assert "ICU-H01-C1 (implementation)" in untested.why
    assert RULES["G-02"](own_hazards(asked, rated, ("S5/P5",))).status == NOT_APPLICABLE
    unrated = Hazard.model_validate(fields)
    assert RULES["G-02"](own_hazards(asked, unrated, ("S5/P4",))).status == OPEN
    tests = [
        {"id": f"{c['id']}-{kind}", "kind": kind, "test": "a test", "control": c["id"]}
        for c in fields["controls"]
        for kind in ("implementation", "effectiveness")
    ]
    whole = Hazard.model_validate({**fields, "initial": "P4", "verification": tests})
    assert RULES["G-02"](own_hazards(asked, whole, ("S5/P4",))).status == OK


@pytest.mark.parametrize(
    ("locked_at", "signature", "status", "word"),
    [
        ("2000-01-01T00:00:00.000+00:00", {"algorithm": "x"}, OK, "signed"),
        ("2000-01-01T00:00:00.000+00:00", None, FAILED, "nobody signed"),
        ("2999-01-01T00:00:00.000+00:00", {"algorithm": "x"}, FAILED, "labels opened"),
    ],
)
def test_g04_lock_comes_before_the_labels(
    asked: Asked, locked_at: str, signature: object, status: str, word: str
) -> None:
    found = answer(asked, "G-04", attachments=locked(asked.bundle, locked_at, signature))
    assert found.status == status
    assert word in found.why


def test_g04_draft_is_not_locked(asked: Asked) -> None:
    assert RULES["G-04"](asked).status == FAILED


def test_g05_changed_file(bundle: Bundle, tmp_path: Path) -> None:
    folder = sealed_example(bundle, tmp_path)
    (folder / "tables" / "order.json").write_bytes(b"[] ")
    found = {one.rule.id: one.answer for one in gate_answers(traced([folder]), DAY)}
    assert found["G-05"].status == FAILED


def test_g05_files_that_verify_are_still_signed_by_nobody(asked: Asked) -> None:
    found = RULES["G-05"](replace(asked, faults={}))
    assert found.status == OPEN
    assert "nobody signed the manifest" in found.why


def test_g05_manifest_that_people_have_signed(tmp_path: Path) -> None:
    folder = signed_run(tmp_path)
    run = read_run(folder)
    catalogue = known_requirements()
    signed = asked_of(run, trace_matrix(run, catalogue), catalogue, DAY)
    assert signed.faults == {}
    kept, shown = (RULES[name](signed) for name in ("G-05", "G-06"))
    assert kept.status == OK
    assert "Ada Lovelace (author)" in kept.why
    assert shown.status == OPEN
    assert "a signature of the protocol" in shown.why
    assert RULES["G-06"](replace(signed, faults={"signature 1": "no"})).status == FAILED


def test_g06_signature_that_does_not_hold(asked: Asked) -> None:
    assert RULES["G-06"](asked).status == OPEN
    state = locked(asked.bundle, "2000-01-01T00:00:00.000+00:00", {"algorithm": "x"})
    assert answer(asked, "G-06", attachments=state).status == FAILED


def test_g07_manufacturers_clause_shown_as_met(asked: Asked) -> None:
    assert RULES["G-07"](asked).status == OK
    rows = tuple(replace(row, state=State.PARTIAL) for row in asked.matrix.clauses)
    met = RULES["G-07"](replace(asked, matrix=replace(asked.matrix, clauses=rows)))
    assert met.status == FAILED


def test_g08_verdict_on_a_point_estimate(asked: Asked) -> None:
    points = tuple(replace(c, reads="point", why_point="so") for c in asked.bundle.criteria)
    assert answer(asked, "G-08", criteria=points).status == FAILED
    whole = tuple(replace(c, reads="interval") for c in asked.bundle.criteria)
    assert answer(asked, "G-08", criteria=whole).status == OK
    assert answer(asked, "G-08", criteria=()).status == FAILED


def test_g09_run_without_an_estimate(asked: Asked) -> None:
    assert RULES["G-09"](asked).status == OK
    assert answer(asked, "G-09", findings=()).status == FAILED


def test_g10_number_of_a_group_below_the_minimum(asked: Asked) -> None:
    step = StepRecord(
        id="c", check="c", version=1, status="ran", why="", params={"min_units": 200}, doc="",
        requirements=("REQ-ROBUSTNESS",),
    )  # fmt: skip
    small = (finding("auroc", 0.8, "sex=F"),)
    assert answer(asked, "G-10", steps=(step,), findings=small).status == FAILED
    assert answer(asked, "G-10", findings=(finding("auroc", 0.8),)).status == NOT_APPLICABLE
    assert RULES["G-10"](asked).status == OK


def test_g11_patients_in_two_parts(asked: Asked) -> None:
    assert answer(asked, "G-11", findings=(finding("patients_in_two_parts", 2),)).status == FAILED
    assert answer(asked, "G-11", findings=(finding("patients_in_two_parts", 0),)).status == OK
    assert answer(asked, "G-11", findings=()).status == OPEN


def test_g12_units_left_out(asked: Asked) -> None:
    assert RULES["G-12"](asked).status == OPEN
    blind = tuple(replace(cohort, flow=()) for cohort in asked.bundle.cohorts)
    assert answer(asked, "G-12", cohorts=blind).status == FAILED


def test_g13_number_of_looks(asked: Asked) -> None:
    looks = Looks(
        population="test", dataset="a", fingerprint="f", labels="l", n_units=1, n_before=3,
        readers=(),
    )  # fmt: skip
    record = LookRecord(status="recorded", looks=(looks,))
    assert "3 times" in answer(asked, "G-13", looks=record).why
    failing = replace(record, verdicts=(replace(asked.bundle.verdicts[0], outcome="FAIL"),))
    assert answer(asked, "G-13", looks=failing).status == FAILED
    assert RULES["G-13"](asked).status == OPEN


def test_g14_draft_without_its_label(asked: Asked) -> None:
    assert RULES["G-14"](asked).status == OK
    known = asked.requirements
    source = known.sources["FDA-AIDSF"].model_copy(update={"draft_label": ""})
    bare = replace(known, sources={**known.sources, "FDA-AIDSF": source})
    assert RULES["G-14"](replace(asked, requirements=bare)).status == FAILED


@pytest.mark.parametrize("claim", ["MDR compliant", "FDA-approved", "a certified device"])
def test_g15_word_of_conformity(asked: Asked, claim: str) -> None:
    assert RULES["G-15"](asked).status == OK
    assert answer(asked, "G-15", model={"card": {"summary": claim}}).status == FAILED


def test_g15_board_certified_reader_is_no_claim(asked: Asked) -> None:
    reader = {"card": {"summary": "read by a board-certified radiologist"}}
    assert answer(asked, "G-15", model=reader).status == OK


def test_g16_status_that_is_stale(asked: Asked) -> None:
    assert RULES["G-16"](asked).status == OK
    assert RULES["G-16"](replace(asked, today=date(2027, 11, 25))).status == FAILED


def test_g18_what_hangs_loose_is_named(asked: Asked, matrix: Matrix) -> None:
    found = RULES["G-18"](asked)
    assert found.status == FAILED
    assert "hazards that no criterion cites" in found.why
    assert with_own(known_requirements(), own_of(asked.bundle)).ids
    assert matrix.hazards
