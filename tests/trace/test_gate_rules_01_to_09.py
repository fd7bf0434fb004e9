"""The rules G-01 to G-09 of the gate: results, hazards, lock, files, signatures, verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from example_bundle import sealed_example
from gate_asking import DAY, answer
from small_evidence import signed_run

from samd_validate.core.bundle import Bundle
from samd_validate.core.matrix import State
from samd_validate.publish import known_requirements
from samd_validate.trace.gate.asked import FAILED, NOT_APPLICABLE, OK, OPEN, Asked
from samd_validate.trace.gate.run import RULES, asked_of
from samd_validate.trace.matrix import trace_matrix
from samd_validate.trace.runs import read_run
from samd_validate.trace.schema import Acceptability, Hazard
from samd_validate.tracing import gate_answers, traced

pytestmark = [
    pytest.mark.requirement("REQ-TRACEABILITY"),
    pytest.mark.requirement("SW-TRACE-GATE"),
]


def locked(bundle: Bundle, locked_at: str, signature: object) -> Mapping[str, object]:
    record = {"locked_at": locked_at, "signature": signature, "signer": {"name": "A"}}
    lock = {"state": "locked", "protocol_digest": bundle.protocol_digest, "record": record}
    return {"protocol_lock": lock}


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
