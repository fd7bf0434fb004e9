"""The matrix: every requirement is a row, gaps come first, and no state claims compliance."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from samd_validate.core.bundle import Bundle
from samd_validate.core.errors import CannotRun
from samd_validate.protocol.folders import shipped
from samd_validate.trace.matrix import trace_matrix
from samd_validate.trace.requirements import load_requirements
from samd_validate.trace.runs import TracedRun
from samd_validate.trace.write import write_csv

STATES = {"evidence from this run", "partial", "open - manufacturer supplies"}


def copy_of(tmp_path: Path, *changes: tuple[str, str, str]) -> Path:
    folder = shutil.copytree(shipped("traceability"), tmp_path / "traceability")
    for name, old, new in changes:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))
    return folder


def test_link_that_leads_nowhere_is_refused_with_its_line(tmp_path: Path) -> None:
    folder = copy_of(
        tmp_path, ("requirements.yaml", "hazards: [ICU-H09, ICU-H16]", "hazards: [ICU-H99]")
    )
    with pytest.raises(CannotRun):
        load_requirements(folder)


def test_unknown_key_is_refused(tmp_path: Path) -> None:
    folder = copy_of(tmp_path, ("hazards.yaml", "schema_version: 1", "schema_version: 1\nextra: 2"))
    with pytest.raises(CannotRun, match="unknown key 'extra'"):
        load_requirements(folder)


def test_no_word_of_compliance_stands_in_the_catalogue() -> None:
    for path in shipped("traceability").rglob("*.yaml"):
        assert "compliant" not in path.read_text().lower(), path.name


def test_draft_guidance_is_marked_as_such() -> None:
    text = "".join(
        path.read_text() for path in (shipped("traceability") / "clauses").glob("*.yaml")
    )
    assert "FDA draft guidance (January 2025), not for implementation" in text


def test_every_requirement_is_a_row_and_gaps_come_first(bundle: Bundle) -> None:
    requirements = load_requirements(shipped("traceability"))
    matrix = trace_matrix(TracedRun(name="run", bundle=bundle), requirements)
    ids = [row.id for row in matrix.rows]
    assert requirements.requirements.keys() <= set(ids)
    own = [row.state for row in matrix.rows if row.id in requirements.requirements]
    assert set(own) <= STATES
    assert own.index("open - manufacturer supplies") < own.index("evidence from this run")


def test_written_table_has_a_row_for_each(bundle: Bundle, tmp_path: Path) -> None:
    run = TracedRun(name="run", bundle=bundle)
    matrix = trace_matrix(run, load_requirements(shipped("traceability")))
    write_csv(matrix, tmp_path / "matrix.csv")
    with (tmp_path / "matrix.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["id"] for row in rows} == {row.id for row in matrix.rows}
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())
