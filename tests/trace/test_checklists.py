"""Checklists: no item is silently absent, and each page is the one of the finished PDF."""

from __future__ import annotations

import csv
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from samd_validate.core.bundle import Bundle
from samd_validate.core.checklist import Checklist, Met
from samd_validate.core.errors import CannotRun
from samd_validate.core.matrix import Matrix
from samd_validate.protocol.folders import shipped
from samd_validate.publish import known_places, known_requirements, write_reports
from samd_validate.report.checklists import titles_of
from samd_validate.report.document import document
from samd_validate.report.html import render_html
from samd_validate.trace.checklists import checklists, load_places

pytestmark = [
    pytest.mark.requirement("REQ-TRACEABILITY"),
    pytest.mark.requirement("SW-TRACE-CHECKLISTS"),
]
COUNTS = {"reviewer-tables": 26, "checklist-tripod-ai": 52, "checklist-claim-2024": 44}
COUNTS |= {"checklist-stard-ai": 48}


def made(bundle: Bundle) -> tuple[Checklist, ...]:
    return checklists(bundle, known_requirements(), known_places())


@pytest.fixture(scope="module")
def reports(evidence: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_reports(evidence, tmp_path_factory.mktemp("reports"))


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("report_places.yaml", "  calibration: [", "  calibratoin: [", "calibratoin"),
        ("report_places.yaml", "  TRIPOD-AI-1: {", "  TRIPOD-AI-1x: {", "TRIPOD-AI-1x"),
        ("report_places.yaml", "REQ-MISSING-DATA", "REQ-MISSING", "REQ-MISSING"),
        ("report_places.yaml", "[section:design]", "[design]", "design"),
        ("reviewer_tables.yaml", "REQ-COMPARATOR", "REQ-COMPARE", "REQ-COMPARE"),
    ],
)
def test_name_that_leads_nowhere_is_refused(
    tmp_path: Path, file: str, old: str, new: str, told: str
) -> None:
    folder = shutil.copytree(shipped("traceability"), tmp_path / "traceability")
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    with pytest.raises(CannotRun, match=told):
        load_places(folder, known_requirements())


def test_every_item_of_every_checklist_is_there(bundle: Bundle) -> None:
    listed = {one.id: [item.id for item in one.items] for one in made(bundle)}
    assert {name: len(items) for name, items in listed.items()} == COUNTS
    assert all(len(set(items)) == len(items) for items in listed.values())
    clauses, source_of = known_requirements().clauses, known_requirements().source_of
    of_tripod = [name for name in clauses if source_of[name] == "TRIPOD-AI"]
    assert listed["checklist-tripod-ai"] == of_tripod
    assert listed["reviewer-tables"] == [f"RV-{number:02d}" for number in range(1, 27)]


def test_every_item_is_printed_with_a_page_or_as_a_gap(bundle: Bundle, matrix: Matrix) -> None:
    tree = document(bundle, matrix, made(bundle))
    html = render_html(tree, shipped("templates"))
    for one in tree.checklists:
        if not one.is_printed:
            assert f"{one.title}: for studies of images" in html
            continue
        table = html.split(f'id="table-{one.id}"')[1].split("</table>")[0]
        rows = table.split("<tr>")[2:]
        assert len(rows) == len(one.items)
        for row, item in zip(rows, one.items, strict=True):
            assert f"<b>{item.number}</b>" in row
            assert item.met.value in row
            assert ("pageref" in row) == bool(item.anchors)


def test_every_page_reference_leads_to_a_heading(bundle: Bundle, matrix: Matrix) -> None:
    tree = document(bundle, matrix, made(bundle))
    known = dict(titles_of(tree.sections))
    anchors = [name for one in tree.checklists for item in one.items for name in item.anchors]
    assert anchors
    assert set(anchors) <= known.keys()


def test_every_fixed_place_is_a_section_of_every_report(bundle: Bundle, matrix: Matrix) -> None:
    known = {name for name, _ in titles_of(document(bundle, matrix, made(bundle)).sections)}
    places = known_places()
    named = {place for found in places.kinds.values() for place in found}
    named |= {place for item in places.items.values() for place in item.places or ()}
    named |= {place for table in places.tables for place in table.places}
    fixed = {place.split(":")[1] for place in named if place.startswith(("section:", "lock:"))}
    assert fixed <= known


def test_run_that_showed_nothing_meets_no_item_of_results(bundle: Bundle, matrix: Matrix) -> None:
    barren = replace(bundle, steps=(), findings=(), criteria=(), verdicts=())
    items = {item.id: item for one in made(barren) for item in one.items}
    assert items["RV-15"].met is Met.GAP
    assert items["TRIPOD-AI-23a"].met is Met.GAP
    assert items["RV-11"].met is Met.PART
    assert "acceptance criteria" in items["RV-11"].missing_words()
    assert matrix.rows


def test_item_that_only_the_manufacturer_can_meet_is_open(bundle: Bundle) -> None:
    clauses = known_requirements().clauses
    for one in made(bundle)[1:]:
        for item in one.items:
            is_theirs = clauses[item.id].coverage == "manufacturer"
            assert (item.met is Met.OPEN) == is_theirs


def test_draft_protocol_lacks_its_lock(bundle: Bundle) -> None:
    item = next(item for item in made(bundle)[0].items if item.id == "RV-09")
    assert item.met is Met.PART
    assert "a lock of the protocol" in item.lacks


def test_pages_in_the_table_are_those_of_the_finished_pdf(reports: dict[str, Path]) -> None:
    pdf = PdfReader(reports["pdf"])
    pages = {
        name: pdf.get_destination_page_number(place) + 1
        for name, place in pdf.named_destinations.items()
    }
    with reports["checklists as CSV"].open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(COUNTS.values())
    for row in rows:
        anchors = [name for name in row["sections"].split(", ") if name]
        wanted = sorted({pages[name] for name in anchors})
        assert row["page"] == ", ".join(map(str, wanted))
    assert len({row["page"] for row in rows}) > 5


def test_page_printed_in_the_pdf_is_that_of_its_heading(reports: dict[str, Path]) -> None:
    pdf = PdfReader(reports["pdf"])
    texts = [" ".join(page.extract_text().split()) for page in pdf.pages]
    named = pdf.named_destinations
    limits = pdf.get_destination_page_number(named["limitations"]) + 1
    place = pdf.get_destination_page_number(named["checklist-tripod-ai"])
    after = " ".join(texts[place:])
    assert re.search(rf"p\. {limits} Limitations", after)


def test_workbook_holds_a_sheet_for_each(reports: dict[str, Path]) -> None:
    book = load_workbook(reports["checklists"])
    assert {name: book[name].max_row - 1 for name in book.sheetnames} == COUNTS
    assert all(book[name].auto_filter.ref for name in book.sheetnames)
