"""The traceability matrix as a chapter: gaps first, drafts called drafts."""

from __future__ import annotations

from collections.abc import Sequence

from samd_validate.core.matrix import Matrix, State, TraceRow
from samd_validate.report.build import Numbers, code, grid, texts
from samd_validate.report.tree import Block, Cell, Paragraph, RowKey, Section
from samd_validate.report.words import OUTCOMES

LOOKS = {
    State.OPEN: "gap",
    State.SUSPECT: "not_assessed",
    State.PARTIAL: "part",
    State.EVIDENCE: "shown",
}
LEAD = (
    "Each requirement and hazard is tied to what this run shows, or to an open gap; gaps come "
    "first. The state says how much evidence there is, the verdict how it came out. No state says "
    "that a regulation is met, and there is no score."
)
CLAUSES = (
    "The matrix of all {total} clauses and reporting items behind the requirements is written "
    "beside this report as CSV and HTML: {shown} with evidence from this run, {part} in part, "
    "{suspect} suspect, {open} open for the manufacturer."
)
MOST_CITED, MOST_ON_PAPER = 6, 2
MORE = "and {left} more, in the matrix beside this report"


def traceability(matrix: Matrix, numbers: Numbers) -> Section:
    """Return the matrix: requirements, hazards, and how many clauses stay open."""
    counts = {state: sum(row.state is state for row in matrix.clauses) for state in State}
    clauses = CLAUSES.format(
        total=len(matrix.clauses),
        shown=counts[State.EVIDENCE],
        part=counts[State.PARTIAL],
        suspect=counts[State.SUSPECT],
        open=counts[State.OPEN],
    )
    return Section(
        id="traceability",
        title="Traceability matrix",
        blocks=(Paragraph(text=LEAD),),
        sections=(
            Section(id="trace-req", title="Requirements", blocks=_requirements(matrix, numbers)),
            Section(id="trace-haz", title="Hazards", blocks=_hazards(matrix, numbers)),
            Section(
                id="trace-clauses", title="Clauses", blocks=(Paragraph(text=clauses, look="note"),)
            ),
        ),
        breaks=True,
        is_wide=True,
    )


def _requirements(matrix: Matrix, numbers: Numbers) -> tuple[Block, ...]:
    columns = ("Requirement", "State", "Verdict", "Evidence", "Gaps", "Clauses", "Hazards")
    rows = [
        [
            *_start(row),
            *_middle(row, numbers),
            *texts(_citations(row, numbers), ", ".join(row.hazards)),
        ]
        for row in matrix.requirements
    ]
    keys = [_key(row) for row in matrix.requirements]
    title = "Requirements, with the largest gaps first"
    widths = (25, 8, 8, 17, 20, 16, 6)
    return (
        grid(numbers, "requirements", title, columns, rows, widths=widths, look="tiny", keys=keys),
    )


def _hazards(matrix: Matrix, numbers: Numbers) -> tuple[Block, ...]:
    columns = ("Hazard", "State", "Verdict", "Evidence", "Gaps", "Requirements")
    rows = [
        [*_start(row), *_middle(row, numbers), *texts(", ".join(row.requirements))]
        for row in matrix.hazards
    ]
    keys = [_key(row) for row in matrix.hazards]
    title = "Hazards, with the largest gaps first"
    widths = (32, 8, 8, 15, 24, 13)
    return (grid(numbers, "hazards", title, columns, rows, widths=widths, look="tiny", keys=keys),)


def _start(row: TraceRow) -> list[Cell]:
    return [
        Cell(text=f"{row.id}\n{row.title}. {row.text}", look="first-line"),
        Cell(text=row.state.value, look=LOOKS[row.state]),
    ]


def _middle(row: TraceRow, numbers: Numbers) -> list[Cell]:
    look = row.verdict.lower() if row.verdict in OUTCOMES else ""
    return [
        Cell(text=OUTCOMES.get(row.verdict, row.verdict), look=look),
        Cell(text="\n".join(_evidence(row, numbers)) or "–"),
        Cell(text="\n".join(row.gaps) or "none"),
    ]


def _key(row: TraceRow) -> RowKey:
    return RowKey(outcome=OUTCOMES.get(row.verdict, ""))


def _evidence(row: TraceRow, numbers: Numbers) -> list[str]:
    return _first(row.evidence, MOST_ON_PAPER if numbers.is_paper else MOST_CITED)


def _citations(row: TraceRow, numbers: Numbers) -> str:
    cited = [citation.text() for citation in row.citations]
    return "\n".join(_first(cited, MOST_ON_PAPER) if numbers.is_paper else cited)


def _first(lines: Sequence[str], most: int) -> list[str]:
    """Return lines, the last in place of those that are more than fit."""
    left = len(lines) - most
    return [*lines[:most], MORE.format(left=left)] if left > 1 else list(lines)


def sources_table(numbers: Numbers, matrix: Matrix) -> Block:
    """Return every clause that a requirement cites, with its title and how far it was verified."""
    cited = {c.id: c for row in matrix.requirements for c in row.citations}
    rows = [
        [code(c.id), *texts(c.text(), c.title, c.verification.replace("_", " "))]
        for c in sorted(cited.values(), key=lambda c: (c.source, c.id))
    ]
    columns = ("Id", "Clause", "Title", "Verification")
    return grid(numbers, "cited", "Clauses cited", columns, rows, widths=(18, 40, 30, 12))
