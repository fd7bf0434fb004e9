"""What a protocol answers of a statistical analysis plan, and that nothing is answered unseen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from samd_validate.core.errors import CannotRun
from samd_validate.pipeline import planned, planned_answers
from samd_validate.protocol.folders import shipped
from samd_validate.publish import known_requirements
from samd_validate.trace.analysis_plan import ELEMENTS_FILE, load_elements, plan_rows
from samd_validate.trace.plan_answers import ANSWERS

pytestmark = pytest.mark.requirement("REQ-PRESPECIFICATION")
DRAFT = {"state": "draft", "why": "no lock lies beside the protocol"}


def states(path: Path, lock: dict[str, Any]) -> dict[str, str]:
    rows = plan_rows(load_elements(shipped("traceability")), planned(path), lock)
    return {row.element.id: row.answer.state for row in rows}


def test_element_file_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    text = (shipped("traceability") / ELEMENTS_FILE).read_text()
    (tmp_path / ELEMENTS_FILE).write_text(text.replace("must_fix:", "must_fixe:", 1))
    with pytest.raises(CannotRun, match="did you mean 'must_fix'"):
        load_elements(tmp_path)


def test_all_27_elements_have_an_answer_and_clauses_that_exist() -> None:
    elements = load_elements(shipped("traceability"))
    assert [one.id for one in elements] == list(ANSWERS) == [f"SAP-{n:02d}" for n in range(1, 28)]
    assert {c for one in elements for c in one.clauses} <= known_requirements().clauses.keys()


@pytest.mark.parametrize("path", sorted(shipped("protocols").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_row_says_where_it_is_answered_or_what_lacks(path: Path) -> None:
    for row in planned_answers(path, planned(path)):
        answer = row.answer
        assert bool(answer.words) == (answer.state != "open")
        assert bool(answer.lacks) == (answer.state != "answered")
        assert row.where.startswith(path.name) or not row.where


def test_starter_leaves_open_what_it_does_not_say() -> None:
    told = states(shipped("protocols") / "starter.yaml", DRAFT)
    left = {name for name, state in told.items() if state == "open"}
    assert left == {"SAP-13", "SAP-19", "SAP-20", "SAP-21", "SAP-22", "SAP-27"}


def test_budget_and_signed_lock_close_what_they_answer(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    text = (shipped("protocols") / "starter.yaml").read_text()
    path.write_text(text + "looks: {at_most: 1, rationale: one look and no more}\n")
    lock = {"state": "locked", "record": {"signature": None}}
    told = states(path, lock)
    assert (told["SAP-22"], told["SAP-27"]) == ("answered", "partly")
    assert states(path, {**lock, "record": {"signature": {}}})["SAP-27"] == "partly"
    assert states(path, {**lock, "record": {"signature": {"value": "x"}}})["SAP-27"] == "answered"


def test_protocol_without_criteria_leaves_the_decision_open(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    text = (shipped("protocols") / "starter.yaml").read_text()
    start, end = text.index("criteria: "), text.index("limitations:")
    path.write_text(text[:start] + text[end:])
    told = states(path, DRAFT)
    assert {told[f"SAP-{n:02d}"] for n in (4, 5, 6, 7)} == {"open"}
