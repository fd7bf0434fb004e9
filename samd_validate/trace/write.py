"""The matrix as CSV and as a page of HTML."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from samd_validate.core.matrix import Matrix, TraceRow
from samd_validate.core.visible import visible
from samd_validate.evidence.whole import write_whole

COLUMNS = (
    "kind",
    "id",
    "state",
    "verdict",
    "title",
    "text",
    "clauses",
    "requirements",
    "hazards",
    "evidence",
    "criteria",
    "gaps",
    "suspect",
    "protocol_digest",
    "content_digest",
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def matrix_cells(row: TraceRow, matrix: Matrix) -> tuple[str, ...]:
    """Return the cells of a row, in the order of ``COLUMNS``."""
    pairs = zip(row.criteria, row.verdicts, strict=True)
    return (
        row.kind,
        row.id,
        row.state.value,
        row.verdict,
        row.title,
        row.text,
        "; ".join(citation.text() for citation in row.citations),
        "; ".join(row.requirements),
        "; ".join(row.hazards),
        "; ".join(row.evidence),
        "; ".join(f"{criterion}: {verdict}" for criterion, verdict in pairs),
        "; ".join(row.gaps),
        "changed since the run" if row.is_suspect else "",
        matrix.protocol_digest,
        matrix.content_digest,
    )


def write_csv(matrix: Matrix, place: Path) -> None:
    """Write all rows as CSV (UTF-8, RFC 4180); a cell never begins as a spreadsheet's formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in matrix.rows:
        writer.writerow([_inert(cell) for cell in matrix_cells(row, matrix)])
    write_whole(place, text.getvalue().encode("utf-8-sig"))


def _inert(cell: str) -> str:
    return visible(f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell)


def write_html(matrix: Matrix, templates: Path, place: Path) -> None:
    """Write all rows as one page that needs nothing else; text from the run is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    house = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    styles = [
        (templates / name).read_text(encoding="utf-8") for name in ("colours.css", "matrix.css")
    ]
    page = house.get_template("matrix.html").render(
        matrix=matrix,
        columns=COLUMNS[:-2],
        rows=[matrix_cells(row, matrix)[:-2] for row in matrix.rows],
        style="\n".join(styles),
    )
    write_whole(place, page.encode())
