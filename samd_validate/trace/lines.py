"""The matrix as lines for a table: one for each link of a row, and one for a row without any."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from samd_validate.core.errors import Problem, did_you_mean, gather
from samd_validate.core.matrix import Link, Matrix, State, TraceRow
from samd_validate.core.visible import visible

ROWS = ("requirement", "hazard", "clause")
COLUMNS = (
    "row",
    "id",
    "state",
    "title",
    "evidence kind",
    "finding",
    "criterion",
    "verdict",
    "gaps",
    "run",
    "evidence file",
    "sha256",
    "signature",
    "text",
    "sources",
    "clauses",
    "requirements",
    "hazards",
)
NOTHING = Link(finding="", verdict="")


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What is to be shown: sources, states, and kinds of row or of evidence; empty for all."""

    sources: tuple[str, ...] = ()
    states: tuple[State, ...] = ()
    kinds: tuple[str, ...] = ()


def make_filter(
    matrix: Matrix, sources: Iterable[str], states: Iterable[str], kinds: Iterable[str]
) -> Filter:
    """Return a filter from words of the command line.

    A state may be its first word (``open``, ``suspect``, ``partial``, ``evidence``); a kind is one
    of row (``clause``) or of evidence (``calibration``).

    Raises
    ------
    CannotRun
        With every word that names nothing in the matrix.
    """
    known = {name for row in matrix.rows for name in row.sources}
    of_evidence = {name for row in matrix.rows for name in row.evidence_kinds}
    by_word = {state.value.split()[0]: state for state in State}
    by_word |= {state.value: state for state in State}
    asked = (
        ("--source", tuple(sources), known),
        ("--state", tuple(states), set(by_word)),
        ("--kind", tuple(kinds), {*ROWS, *of_evidence}),
    )
    gather(
        [
            Problem(
                where=option,
                found=repr(word),
                expected=did_you_mean(word, choices),
                todo="name one of these",
            )
            for option, words, choices in asked
            for word in words
            if word not in choices
        ]
    )
    return Filter(
        sources=tuple(sources), states=tuple(by_word[word] for word in states), kinds=tuple(kinds)
    )


def filtered(matrix: Matrix, chosen: Filter) -> Matrix:
    """Return the matrix with the rows that a filter lets through; their order stays."""
    return replace(
        matrix,
        requirements=_kept(matrix.requirements, chosen),
        hazards=_kept(matrix.hazards, chosen),
        clauses=_kept(matrix.clauses, chosen),
    )


def _kept(rows: Iterable[TraceRow], chosen: Filter) -> tuple[TraceRow, ...]:
    return tuple(row for row in rows if _is_chosen(row, chosen))


def _is_chosen(row: TraceRow, chosen: Filter) -> bool:
    of_row = [kind for kind in chosen.kinds if kind in ROWS]
    of_evidence = [kind for kind in chosen.kinds if kind not in ROWS]
    return (
        (not chosen.sources or bool(set(chosen.sources) & set(row.sources)))
        and (not chosen.states or row.state in chosen.states)
        and (not of_row or row.kind in of_row)
        and (not of_evidence or bool(set(of_evidence) & set(row.evidence_kinds)))
    )


def lines(matrix: Matrix) -> list[tuple[str, ...]]:
    """Return all cells, in the order of ``COLUMNS``; a row without evidence has a line, too.

    Nothing in a cell turns the reading or hides.
    """
    return [
        tuple(map(visible, _line(row, link)))
        for row in matrix.rows
        for link in (row.links or (NOTHING,))
    ]


def _line(row: TraceRow, link: Link) -> tuple[str, ...]:
    return (
        row.kind,
        row.id,
        row.state.value,
        row.title,
        "; ".join(link.kinds or row.evidence_kinds),
        link.finding,
        link.criterion,
        link.verdict or row.verdict,
        "\n".join(row.gaps),
        link.run,
        link.file,
        link.sha256,
        link.signature,
        row.text,
        "; ".join(row.sources),
        "; ".join(citation.text() for citation in row.citations),
        "; ".join(row.requirements),
        "; ".join(row.hazards),
    )
