"""The rules G-10 to G-18 of the gate: groups, patients, looks, words, sources, loose ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from gate_asking import answer

from samd_validate.core.bundle import StepRecord
from samd_validate.core.estimate import Estimate
from samd_validate.core.finding import Finding
from samd_validate.core.looks import LookRecord, Looks
from samd_validate.core.matrix import Matrix
from samd_validate.publish import known_requirements
from samd_validate.trace.gate.asked import FAILED, NOT_APPLICABLE, OK, OPEN, Asked
from samd_validate.trace.gate.run import RULES
from samd_validate.trace.own import own_of, with_own

pytestmark = [
    pytest.mark.requirement("REQ-TRACEABILITY"),
    pytest.mark.requirement("SW-TRACE-GATE"),
]


def number(value: float, **changes: Any) -> Estimate:
    fields: dict[str, Any] = {"level": 0.95, "method": "wilson", "n": 100}
    return Estimate(**{"value": value, "low": value, "high": value, **fields, **changes})


def finding(measure: str, value: float, subset: str = "all", **changes: Any) -> Finding:
    measurement = number(value, **changes)
    return Finding(
        check="c", measure=measure, population="test", subset=subset, measurement=measurement
    )


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
