"""The matrix as files: every row is there, filters filter, and no cell calculates."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from example_bundle import sealed_example
from openpyxl import load_workbook

from samd_validate.core.bundle import Bundle
from samd_validate.core.errors import CannotRun
from samd_validate.core.matrix import Matrix, State
from samd_validate.core.visible import SHOWN_AS
from samd_validate.protocol.folders import shipped
from samd_validate.trace.lines import COLUMNS, filtered, lines, make_filter
from samd_validate.trace.links import FILES
from samd_validate.trace.records import RECORDS
from samd_validate.trace.spreadsheet import (
    CUT,
    FAIL_PALE,
    LONGEST,
    NONE_PALE,
    OPEN_PALE,
    PASS_PALE,
    Sheet,
    workbook_bytes,
)
from samd_validate.trace.write import csv_bytes
from samd_validate.tracing import traced, write_matrix

pytestmark = [
    pytest.mark.requirement("REQ-TRACEABILITY"),
    pytest.mark.requirement("SW-TRACE-MATRIX"),
]
PALE = {"fail": FAIL_PALE, "open": OPEN_PALE, "none": NONE_PALE, "pass": PASS_PALE}
HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "=cmd|' /C calc'!A0", "'=1", "plain")


@pytest.fixture(scope="module")
def files(matrix: Matrix, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    written = write_matrix(matrix, tmp_path_factory.mktemp("matrix"))
    return {place.suffix: place for place in written}


def test_words_that_name_nothing_are_all_told_at_once(matrix: Matrix) -> None:
    with pytest.raises(CannotRun) as stopped:
        make_filter(matrix, ["ISO-1497"], ["met"], ["calibratoin"])
    words = str(stopped.value)
    assert len(stopped.value.problems) == 3
    assert "did you mean 'ISO-14971'" in words
    assert "did you mean 'calibration'" in words


def test_cell_that_begins_as_a_formula_is_inert_in_csv() -> None:
    content = csv_bytes(["a"], [[cell] for cell in HOSTILE]).decode("utf-8-sig")
    cells = [row[0] for row in csv.reader(io.StringIO(content, newline=""))][1:]
    assert [cell for cell in cells if not cell.startswith("'")] == ["plain"]


def test_cell_that_begins_as_a_formula_is_text_in_the_workbook() -> None:
    sheet = Sheet(name="t", columns=["a"], rows=[[cell] for cell in HOSTILE], looks={})
    book = load_workbook(io.BytesIO(workbook_bytes([sheet])))
    cells = [row[0] for row in book["t"].iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value for cell in cells] == list(HOSTILE)


def test_text_longer_than_a_cell_holds_is_cut_and_says_so() -> None:
    sheet = Sheet(name="t", columns=["a"], rows=[["x" * 40_000], ["\x00\x1f"]], looks={})
    book = load_workbook(io.BytesIO(workbook_bytes([sheet])))
    assert len(book["t"]["A2"].value) == LONGEST
    assert book["t"]["A2"].value.endswith(CUT)
    assert book["t"]["A3"].value == "\ufffd\ufffd"


def test_same_matrix_gives_the_same_bytes(matrix: Matrix, tmp_path: Path) -> None:
    once = [place.read_bytes() for place in write_matrix(matrix, tmp_path / "a")]
    again = [place.read_bytes() for place in write_matrix(matrix, tmp_path / "b")]
    assert once == again


def test_workbook_filters_every_column_and_keeps_its_head(
    files: dict[str, Path], matrix: Matrix
) -> None:
    page = load_workbook(files[".xlsx"])["traceability"]
    assert page.freeze_panes == "C2"
    assert page.auto_filter.ref == f"A1:R{len(lines(matrix)) + 1}"
    assert tuple(cell.value for cell in page[1]) == COLUMNS


def test_workbook_lists_sources_with_the_day_of_their_status(files: dict[str, Path]) -> None:
    page = load_workbook(files[".xlsx"])["sources"]
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=2)]
    assert len(rows) == 48
    assert all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", row[-1]) for row in rows)


def test_no_row_of_the_matrix_is_left_out_of_any_file(
    files: dict[str, Path], matrix: Matrix
) -> None:
    ids = {row.id for row in matrix.rows}
    with files[".csv"].open(encoding="utf-8-sig", newline="") as file:
        assert {row["id"] for row in csv.DictReader(file)} == ids
    page = load_workbook(files[".xlsx"])["traceability"]
    assert {row[1].value for row in page.iter_rows(min_row=2)} == ids
    html = files[".html"].read_text()
    assert all(f">{name}</span>" in html for name in ids)


def test_gaps_come_first_in_each_kind_of_row(matrix: Matrix) -> None:
    for rows in (matrix.requirements, matrix.hazards, matrix.clauses):
        order = [tuple(State).index(row.state) for row in rows]
        assert order == sorted(order)


def test_page_needs_nothing_else_and_escapes_what_a_run_says(files: dict[str, Path]) -> None:
    html = files[".html"].read_text()
    assert not re.search(r"src=|href=.(?!#)|@import|url\(|https?://", html)
    assert "<script>alert" not in html


def test_words_of_a_run_hide_and_do_nothing_in_any_file(matrix: Matrix, tmp_path: Path) -> None:
    row = replace(matrix.rows[0], title="<script>alert(1)</script>", text="\u202egnp.exe\x1b[2J")
    places = write_matrix(replace(matrix, requirements=(row,)), tmp_path)
    page = load_workbook(tmp_path / "traceability.xlsx")["traceability"]
    cells = "".join(str(cell.value) for line in page.iter_rows() for cell in line)
    texts = [places[0].read_text(encoding="utf-8-sig"), cells, places[2].read_text()]
    for text in texts:
        assert f"{SHOWN_AS}gnp.exe" in text
        assert "\u202e" not in text
        assert "\x1b" not in text
    assert "<script>alert" not in texts[-1]
    assert "&lt;script&gt;alert" in texts[-1]


def test_colours_of_the_workbook_are_those_of_the_pages() -> None:
    css = (shipped("templates") / "colours.css").read_text()
    for name, colour in PALE.items():
        assert f"--{name}-pale: #{colour.lower()};" in css


def test_no_file_claims_conformity_or_gives_a_score(files: dict[str, Path]) -> None:
    text = files[".html"].read_text() + files[".csv"].read_text(encoding="utf-8-sig")
    assert not re.search(r"\bcompliant\b|\bcertified\b|FDA approved", text, re.IGNORECASE)
    assert "% met" not in text


def test_link_carries_the_digest_that_the_manifest_lists(matrix: Matrix, evidence: Path) -> None:
    import hashlib

    digest = f"sha256:{hashlib.sha256((evidence / 'findings.json').read_bytes()).hexdigest()}"
    links = [link for row in matrix.rows for link in row.links if link.file == "findings.json"]
    assert links
    assert {link.sha256 for link in links} == {digest}
    assert all(link.sha256 for row in matrix.rows for link in row.links)


def test_every_record_has_a_file_to_be_followed_to() -> None:
    assert FILES.keys() == RECORDS.keys()


def test_filters_keep_order_and_only_what_they_name(matrix: Matrix) -> None:
    of_risk = filtered(matrix, make_filter(matrix, ["ISO-14971"], [], ["clause"]))
    assert {row.sources for row in of_risk.clauses} == {("ISO-14971",)}
    assert not of_risk.requirements
    is_open = filtered(matrix, make_filter(matrix, [], ["open"], []))
    assert {row.state for row in is_open.rows} == {State.OPEN}
    calibration = filtered(matrix, make_filter(matrix, [], [], ["calibration"]))
    assert all("calibration" in row.evidence_kinds for row in calibration.rows)
    assert calibration.requirements


def test_two_runs_are_one_matrix_and_gaps_name_their_run(
    bundle: Bundle, tmp_path: Path, evidence: Path
) -> None:
    barren = replace(bundle, verdicts=(), findings=(), steps=(), software_version="0.2.0")
    other = sealed_example(barren, tmp_path, "barren")
    both = traced([evidence, other]).matrix
    assert [head.name for head in both.runs] == ["example", "barren"]
    assert {link.run for row in both.rows for link in row.links} == {"example", "barren"}
    assert State.EVIDENCE not in {row.state for row in both.requirements if row.criteria}
    assert any(gap.startswith("[barren] criterion") for row in both.rows for gap in row.gaps)
    one = traced([evidence]).matrix
    assert {row.id for row in both.rows} == {row.id for row in one.rows}


def test_the_same_evidence_twice_does_not_count_twice(evidence: Path) -> None:
    with pytest.raises(CannotRun, match="does not count twice"):
        traced([evidence, evidence])


def test_folders_that_are_no_runs_are_told_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(CannotRun) as stopped:
        traced([tmp_path / "a", tmp_path / "b"])
    assert len(stopped.value.problems) == 2
