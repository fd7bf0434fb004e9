"""The matrices of several runs as one: what any of them shows, and every gap that stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from samd_validate.core.matrix import Matrix, State, TraceRow
from samd_validate.trace.matrix import NO_CRITERION, gaps_first, worst_of


def joined(matrices: Sequence[Matrix]) -> Matrix:
    """Return one matrix over several runs, each gap under the name of its run.

    A row has evidence if every run that has to do with it shows the whole; it is suspect if any
    of its evidence is, and partial if one run shows what another promised and did not. A run has
    to do with a row if it shows anything of it, or promised a criterion on it.
    """
    if len(matrices) == 1:
        return matrices[0]
    return Matrix(
        requirements=_rows([(m, m.requirements) for m in matrices]),
        hazards=_rows([(m, m.hazards) for m in matrices]),
        clauses=_rows([(m, m.clauses) for m in matrices]),
        protocol_digest="",
        content_digest="",
        runs=tuple(head for matrix in matrices for head in matrix.runs),
    )


def _rows(parts: Iterable[tuple[Matrix, tuple[TraceRow, ...]]]) -> tuple[TraceRow, ...]:
    by_text: dict[tuple[str, str], list[tuple[str, TraceRow]]] = {}
    for matrix, rows in parts:
        for row in rows:
            by_text.setdefault((row.id, row.text), []).append((matrix.runs[0].name, row))
    return gaps_first(_one(versions) for versions in by_text.values())


def _one(versions: list[tuple[str, TraceRow]]) -> TraceRow:
    rows = [row for _, row in versions]
    telling = [(name, row) for name, row in versions if _has_to_do(row)] or versions
    said = [row for _, row in telling]
    outcomes = [verdict for row in rows for verdict in row.verdicts]
    return replace(
        rows[0],
        requirements=_merged(row.requirements for row in rows),
        evidence=_merged(row.evidence for row in rows),
        criteria=tuple(criterion for row in rows for criterion in row.criteria),
        verdicts=tuple(outcomes),
        verdict=worst_of(outcomes) if outcomes else NO_CRITERION,
        state=_state([row.state for row in said]),
        gaps=_gaps(telling),
        is_suspect=any(row.is_suspect for row in rows),
        links=tuple(link for row in rows for link in row.links),
    )


def _has_to_do(row: TraceRow) -> bool:
    return row.state is not State.OPEN or bool(row.criteria)


def _state(states: list[State]) -> State:
    shown = [state for state in states if state is not State.OPEN]
    worst = min(shown or states, key=tuple(State).index)
    is_whole = len(shown) == len(states)
    return worst if is_whole or worst is not State.EVIDENCE else State.PARTIAL


def _gaps(versions: list[tuple[str, TraceRow]]) -> tuple[str, ...]:
    """Return gaps with the run they are of; one that all share stands once."""
    by_gap: dict[str, list[str]] = {}
    for name, row in versions:
        for gap in row.gaps:
            by_gap.setdefault(gap, []).append(name)
    everywhere = len(versions)
    return tuple(
        gap if len(names) == everywhere else f"[{', '.join(names)}] {gap}"
        for gap, names in by_gap.items()
    )


def _merged(parts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in parts for name in part))
