"""Reports of a sealed bundle: made from its folder alone, whole or not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from samd_validate.core.bundle import Bundle
from samd_validate.core.checklist import Checklist
from samd_validate.core.errors import CannotRun, Problem
from samd_validate.core.visible import visible
from samd_validate.evidence.attached import attached_files
from samd_validate.evidence.beside import listed_files, write_list
from samd_validate.evidence.whole import write_whole
from samd_validate.protocol.folders import shipped
from samd_validate.report.document import document
from samd_validate.report.html import render_html
from samd_validate.report.pdf import write_pdf
from samd_validate.report.sheets import plain_tables, texts_of
from samd_validate.report.tree import Document
from samd_validate.trace.checklists import (
    CHECKLIST_COLUMNS,
    CHECKLIST_LOOKS,
    Places,
    checklist_cells,
    checklists,
    load_places,
)
from samd_validate.trace.matrix import trace_matrix
from samd_validate.trace.requirements import Requirements, load_requirements
from samd_validate.trace.runs import TracedRun, read_run
from samd_validate.trace.spreadsheet import MOST_OF_NAME, Sheet, workbook_bytes
from samd_validate.trace.write import csv_bytes, write_csv

REPORT_EPOCH = 1_767_225_600
"""The date inside report files (2026-01-01): the time of a run stands in its audit trail."""


def places_of(out: Path, name: str) -> dict[str, Path]:
    """Return where the reports of a run are written, by what they are."""
    return {
        "pdf": out / f"{name}.pdf",
        "html": out / f"{name}.html",
        "matrix": out / f"{name}-traceability.csv",
        "tables": out / f"{name}-tables.xlsx",
        "findings": out / f"{name}-findings.csv",
        "checklists": out / f"{name}-checklists.xlsx",
        "checklists as CSV": out / f"{name}-checklists.csv",
    }


def write_reports(evidence: Path, out: Path, *, page: str = "a4") -> dict[str, Path]:
    """Write the PDF, the HTML page and the matrix from a sealed folder alone.

    The machine-readable part of the evidence is attached to the PDF; ``page`` is ``a4`` or
    ``letter``.

    Raises
    ------
    CannotRun
        Where they cannot be written; the bundle is not touched.
    """
    run, templates = read_run(evidence), shipped("templates")
    places = places_of(out, run.name)
    unsigned = replace(run, signed=())  # what is signed cannot show the signatures on it
    tree = _tree(unsigned, is_paper=True)
    _keep_signed(places["pdf"])
    try:
        write_page(places["html"], evidence)
        write_csv(trace_matrix(run, known_requirements()), places["matrix"])
        attached = attached_files(evidence)
        paper = places["pdf"]
        pages = write_pdf(tree, templates, paper, REPORT_EPOCH, page=page, attached=attached)
        _write_tables(run.bundle, places)
        _write_checklists(tree.checklists, pages, places)
        others = [path for what, path in places.items() if what != "pdf"]
        write_list(evidence, others, out)
    except OSError as error:
        raise CannotRun(_unwritten(out, run.name, error)) from None
    return places


def write_page(place: Path, evidence: Path) -> None:
    """Write the HTML page, with the signatures that the evidence has by now."""
    tree = _tree(read_run(evidence))
    write_whole(place, render_html(tree, shipped("templates")).encode())
    if place.parent == evidence.parent and (others := listed_files(evidence)):
        write_list(evidence, {*others, place})


def report_tree(evidence: Path) -> Document:
    """Return the report of a sealed folder as it is set on paper, without signatures."""
    return _tree(replace(read_run(evidence), signed=()), is_paper=True)


def _tree(run: TracedRun, *, is_paper: bool = False) -> Document:
    catalogue = known_requirements()
    held = checklists(run.bundle, catalogue, known_places())
    return document(run.bundle, trace_matrix(run, catalogue), held, run.signed, is_paper=is_paper)


def _keep_signed(pdf: Path) -> None:
    """Raise where a PDF that people have signed would be written over."""
    if pdf.is_file() and b"/ByteRange" in pdf.read_bytes():
        raise CannotRun(
            Problem(
                where=pdf.name,
                found="a report that is signed",
                expected="a place without one: signatures are never written over",
                todo="give another folder with --out",
            )
        )


@cache
def known_requirements() -> Requirements:
    """Return the requirements that the project ships; read once in a process."""
    return load_requirements(shipped("traceability"))


@cache
def known_places() -> Places:
    """Return where a report has what checklists ask for; read once in a process."""
    return load_places(shipped("traceability"), known_requirements())


def _write_tables(bundle: Bundle, places: Mapping[str, Path]) -> None:
    """Write every finding and every table, none shortened, as a workbook and as CSV."""
    tables = plain_tables(bundle)
    sheets = [
        Sheet(name=one.id, columns=one.columns, rows=texts_of(one), looks={}) for one in tables
    ]
    write_whole(places["tables"], workbook_bytes(sheets))
    findings = next(one for one in tables if one.id == "findings")
    rows = [tuple(map(visible, row)) for row in texts_of(findings)]
    write_whole(places["findings"], csv_bytes(findings.columns, rows))


def _write_checklists(
    held: tuple[Checklist, ...], pages: Mapping[str, int], places: Mapping[str, Path]
) -> None:
    tables = {one.id: [checklist_cells(item, pages) for item in one.items] for one in held}
    sheets = [
        Sheet(name=name[:MOST_OF_NAME], columns=CHECKLIST_COLUMNS, rows=rows, looks=CHECKLIST_LOOKS)
        for name, rows in tables.items()
    ]
    lines = [(name, *map(visible, cells)) for name, rows in tables.items() for cells in rows]
    write_whole(places["checklists"], workbook_bytes(sheets))
    content = csv_bytes(("checklist", *CHECKLIST_COLUMNS), lines)
    write_whole(places["checklists as CSV"], content)


def _unwritten(out: Path, name: str, error: OSError) -> Problem:
    return Problem(
        where=str(error.filename or out),
        found=(error.strerror or type(error).__name__).lower(),
        expected="a place for the reports",
        todo=f"free space, then run samd-validate report on {name}: the evidence is sealed",
    )
