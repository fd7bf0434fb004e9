"""A table of words as CSV, and the matrix as CSV and as a page of HTML."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from samd_validate.core.matrix import Matrix, State
from samd_validate.core.visible import shown, visible
from samd_validate.evidence.whole import write_whole
from samd_validate.trace.inert import inert
from samd_validate.trace.lines import COLUMNS, ROWS, lines

LOOKS = {State.OPEN: "gap", State.SUSPECT: "doubt", State.PARTIAL: "part", State.EVIDENCE: "shown"}
SHORT = 12


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a table as CSV (UTF-8 with mark, RFC 4180); no cell begins as a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([inert(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def write_csv(matrix: Matrix, place: Path) -> None:
    """Write a line for each link of each row; nothing in it turns the reading."""
    rows = [[visible(cell) for cell in line] for line in lines(matrix)]
    write_whole(place, csv_bytes(COLUMNS, rows))


def write_html(matrix: Matrix, templates: Path, place: Path) -> None:
    """Write all rows as one page that needs nothing else; text from the runs is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    house = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    styles, script = ("colours.css", "matrix.css"), "matrix.js"
    page = house.get_template("matrix.html").render(
        matrix=matrix,
        kinds=ROWS,
        states=[state.value for state in State],
        sources=sorted({name for row in matrix.rows for name in row.sources}),
        evidence_kinds=sorted({name for row in matrix.rows for name in row.evidence_kinds}),
        looks=LOOKS,
        short=_short,
        style="\n".join(_text(templates / name) for name in styles),
        script=_text(templates / script),
    )
    write_whole(place, page.encode())


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:SHORT]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
