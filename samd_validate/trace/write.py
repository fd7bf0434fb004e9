"""A table of words as CSV, and the matrix as CSV and as a page of HTML."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from samd_validate.core.matrix import Matrix, State
from samd_validate.core.page import script_of, source_of, template_text
from samd_validate.evidence.whole import write_whole
from samd_validate.trace.inert import inert
from samd_validate.trace.lines import COLUMNS, ROWS, lines

if TYPE_CHECKING:
    from jinja2 import Environment

LOOKS = {State.OPEN: "gap", State.SUSPECT: "doubt", State.PARTIAL: "part", State.EVIDENCE: "shown"}
SHORT = 12
STYLES = ("colours.css", "matrix.css", "dark.css")
SCRIPTS = ("page.js", "sort.js", "matrix.js")


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a table as CSV (UTF-8 with mark, RFC 4180); no cell begins as a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([inert(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def write_csv(matrix: Matrix, place: Path) -> None:
    """Write a line for each link of each row."""
    write_whole(place, csv_bytes(COLUMNS, lines(matrix)))


def write_html(matrix: Matrix, house: Environment, place: Path) -> None:
    """Write all rows as one page that needs nothing else.

    ``house`` is the environment of the report's templates: it escapes text from the runs, and
    shows what would hide in it or turn the reading.
    """
    script = script_of(house, SCRIPTS)
    page = house.get_template("matrix.html").render(
        matrix=matrix,
        kinds=ROWS,
        states=[state.value for state in State],
        sources=sorted({name for row in matrix.rows for name in row.sources}),
        evidence_kinds=sorted({name for row in matrix.rows for name in row.evidence_kinds}),
        looks=LOOKS,
        short=_short,
        style="\n".join(template_text(house, name) for name in STYLES),
        script=script,
        script_source=source_of(script),
    )
    write_whole(place, page.encode())


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:SHORT]
