"""A report whose texts claim too much says so on its first page; a protocol is refused before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from samd_validate.core.bundle import Bundle
from samd_validate.core.errors import CannotRun
from samd_validate.core.matrix import Matrix
from samd_validate.pipeline import planned
from samd_validate.protocol.folders import shipped
from samd_validate.report.document import document

pytestmark = pytest.mark.requirement("SW-REPORT-CLAIMS")


def test_claims_of_a_protocol_are_refused_all_together_with_their_lines(tmp_path: Path) -> None:
    text = (shipped("protocols") / "icu_mortality.yaml").read_text()
    text = text.replace("title: In-hospital", "title: FDA approved in-hospital", 1)
    text = text.replace("Software that estimates", "Safe software that estimates", 1)
    place = tmp_path / "p.yaml"
    place.write_text(text)
    with pytest.raises(CannotRun) as told:
        planned(place)
    found = [problem for problem in told.value.problems if "no run can support" in problem.found]
    assert [one.found.split("'")[1] for one in found] == ["FDA approved", "Safe"]
    lines = [int(one.where.rsplit(":", 1)[1]) for one in found]
    starts = [text[: text.index(word)].count("\n") + 1 for word in ("title: FDA", "statement:")]
    assert lines == starts
    assert all(one.expected and one.todo for one in found)


def test_report_without_claims_has_no_mark(bundle: Bundle, matrix: Matrix) -> None:
    assert not [mark for mark in document(bundle, matrix).marks if "SUPPORT" in mark]


def test_claim_that_came_with_the_model_is_marked_and_printed_as_it_came(
    bundle: Bundle, matrix: Matrix
) -> None:
    card = {"name": "m", "summary": "A clinically proven and CE marked device."}
    made = document(replace(bundle, model=card), matrix)
    (mark,) = [mark for mark in made.marks if "SUPPORT" in mark]
    assert "“proven” (Device under test)" in mark
    assert "“CE marked” (Device under test)" in mark


def test_every_draft_guidance_is_cited_as_a_draft(matrix: Matrix) -> None:
    drafts = set()
    for path in (shipped("traceability") / "clauses").glob("*.yaml"):
        source = yaml.safe_load(path.read_text())["source"]
        if source["status"].lower().startswith("draft"):
            drafts.add(source["short"])
            assert "draft" in source["draft_label"].lower(), path.name
    cited = {c.text() for row in matrix.rows for c in row.citations if c.source in drafts}
    assert drafts
    assert cited
    assert all("draft" in words.lower() for words in cited)
