"""Reports of a sealed bundle: made from its folder alone, whole or not there."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from samd_validate.core.bundle import Bundle
from samd_validate.core.errors import CannotRun, Problem
from samd_validate.evidence.attached import attached_files
from samd_validate.evidence.signatures import read_signed, signature_files
from samd_validate.evidence.whole import write_whole
from samd_validate.protocol.folders import shipped
from samd_validate.report.document import document
from samd_validate.report.html import render_html
from samd_validate.report.pdf import write_pdf
from samd_validate.trace.matrix import trace_matrix
from samd_validate.trace.requirements import Requirements, load_requirements
from samd_validate.trace.write import write_csv

REPORT_EPOCH = 1_767_225_600
"""The date inside report files (2026-01-01): the time of a run stands in its audit trail."""


def places_of(out: Path, name: str) -> dict[str, Path]:
    """Return where the reports of a run are written, by what they are."""
    return {
        "pdf": out / f"{name}.pdf",
        "html": out / f"{name}.html",
        "matrix": out / f"{name}-traceability.csv",
    }


def write_reports(bundle: Bundle, out: Path, evidence: Path) -> dict[str, Path]:
    """Write the PDF, the HTML page and the matrix from a sealed folder alone.

    ``bundle`` is what is recorded in the folder ``evidence``; its machine-readable part is
    attached to the PDF.

    Raises
    ------
    CannotRun
        Where they cannot be written; the bundle is not touched.
    """
    templates, name = shipped("templates"), evidence.name
    places = places_of(out, name)
    matrix = trace_matrix(bundle, known_requirements())
    tree = document(bundle, matrix)
    _keep_signed(places["pdf"])
    try:
        write_page(bundle, places["html"], evidence)
        write_csv(matrix, places["matrix"])
        attached = attached_files(evidence)
        write_pdf(tree, templates, places["pdf"], REPORT_EPOCH, attached=attached)
    except OSError as error:
        raise CannotRun(_unwritten(out, name, error)) from None
    return places


def write_page(bundle: Bundle, place: Path, evidence: Path) -> None:
    """Write the HTML page, with the signatures that the evidence has by now."""
    signed = read_signed(signature_files(evidence)).records
    tree = document(bundle, trace_matrix(bundle, known_requirements()), signed)
    write_whole(place, render_html(tree, shipped("templates")).encode())


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


def _unwritten(out: Path, name: str, error: OSError) -> Problem:
    return Problem(
        where=str(error.filename or out),
        found=(error.strerror or type(error).__name__).lower(),
        expected="a place for the reports",
        todo=f"free space, then run samd-validate report on {name}: the evidence is sealed",
    )
