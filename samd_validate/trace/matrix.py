"""Requirements x hazards x clauses x verdicts: what a run shows, and what stays open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from samd_validate.core.bundle import Bundle, StepRecord
from samd_validate.core.estimate import Estimate
from samd_validate.core.matrix import Matrix, State, TraceRow
from samd_validate.core.verdict import Criterion, Outcome, Verdict
from samd_validate.trace.records import record_text
from samd_validate.trace.requirements import Requirements, load_requirements
from samd_validate.trace.schema import Clause, Hazard, Requirement

__all__ = ["Matrix", "Requirements", "load_requirements", "trace_matrix"]

NO_CRITERION = "no criterion"
NO_EVIDENCE = "nothing in this run gives evidence"
DIGESTS = "requirement_digests"
"""Name of the attachment in which a bundle keeps the digests of the texts it was run against."""

_WORST_FIRST = (Outcome.FAIL, Outcome.NOT_ASSESSED, Outcome.INCONCLUSIVE, Outcome.PASS)
_OPEN_FIRST = (State.OPEN, State.PARTIAL, State.EVIDENCE)


@dataclass(frozen=True, kw_only=True)
class _Judged:
    criterion: Criterion
    verdict: Verdict

    @property
    def is_assessed(self) -> bool:
        return self.verdict.outcome is not Outcome.NOT_ASSESSED


def trace_matrix(bundle: Bundle, requirements: Requirements) -> Matrix:
    """Return the matrix of a run, rows with the largest gaps first.

    A failed criterion is evidence, too: the state says what was shown, the verdict how it came
    out. No state says that a requirement or clause is met.
    """
    judged = _judged(bundle)
    rows = [_of_requirement(one, bundle, judged) for one in requirements.requirements.values()]
    rows = [_with_citations(row, requirements) for row in rows]
    suspects = _suspects(bundle, requirements)
    return Matrix(
        requirements=_gaps_first(rows, suspects),
        hazards=_gaps_first(_hazards(judged, requirements, rows), suspects),
        clauses=_gaps_first(_clauses(requirements, rows), suspects),
        protocol_digest=bundle.protocol_digest,
        content_digest=bundle.content_digest,
    )


def _judged(bundle: Bundle) -> tuple[_Judged, ...]:
    verdicts = {verdict.criterion: verdict for verdict in bundle.all_verdicts}
    return tuple(
        _Judged(criterion=criterion, verdict=verdicts.get(criterion.id) or _unjudged(criterion))
        for criterion in bundle.all_criteria
    )


def _unjudged(criterion: Criterion) -> Verdict:
    because = "the run holds no verdict on it"
    return Verdict(criterion=criterion.id, outcome=Outcome.NOT_ASSESSED, because=because)


def _of_requirement(item: Requirement, bundle: Bundle, judged: tuple[_Judged, ...]) -> TraceRow:
    own = [one for one in judged if item.id in one.criterion.requirements]
    steps = [step for step in bundle.steps if item.id in step.requirements]
    fruitful = [step for step in steps if _is_fruitful(step, bundle)]
    records = [text for name in item.records if (text := record_text(name, bundle))]
    evidence = [one.criterion.finding for one in own if one.is_assessed]
    evidence += [_step_text(step, bundle) for step in fruitful] + records
    gaps = _requirement_gaps(item, own, [step for step in steps if step not in fruitful])
    return TraceRow(
        kind="requirement",
        id=item.id,
        title=item.title,
        text=item.text,
        hazards=item.hazards,
        evidence=tuple(dict.fromkeys(evidence)),
        criteria=tuple(one.criterion.id for one in own),
        verdicts=tuple(one.verdict.outcome.value for one in own),
        verdict=_worst(own),
        state=_state(bool(evidence), bool(gaps)),
        gaps=gaps if evidence else (NO_EVIDENCE, *gaps),
    )


def _is_fruitful(step: StepRecord, bundle: Bundle) -> bool:
    """Return whether a step ran and left a number, or anything where it makes no numbers."""
    own = [finding for finding in bundle.findings if finding.check == step.id]
    numbers = any(isinstance(finding.measurement, Estimate) for finding in own)
    return step.status == "ran" and (numbers or not own)


def _step_text(step: StepRecord, bundle: Bundle) -> str:
    count = sum(finding.check == step.id for finding in bundle.findings)
    return f"{step.id} ({count} findings)" if count else f"{step.id} (tables or figures)"


def _requirement_gaps(
    item: Requirement, own: list[_Judged], barren: list[StepRecord]
) -> tuple[str, ...]:
    gaps = [
        f"criterion {one.criterion.id} was not assessed: {one.verdict.because}"
        for one in own
        if not one.is_assessed
    ]
    gaps += [f"check {step.id} gave no number: {step.why or step.status}" for step in barren]
    if item.measured and not own:
        gaps.append("no acceptance criterion was set in the protocol")
    if item.manufacturer_supplies:
        gaps.append(f"the manufacturer supplies: {item.manufacturer_supplies}")
    return tuple(gaps)


def _state(has_evidence: bool, has_gaps: bool) -> State:
    if not has_evidence:
        return State.OPEN
    return State.PARTIAL if has_gaps else State.EVIDENCE


def _worst(own: Iterable[_Judged]) -> str:
    outcomes = {one.verdict.outcome for one in own}
    return next((outcome.value for outcome in _WORST_FIRST if outcome in outcomes), NO_CRITERION)


def _with_citations(row: TraceRow, requirements: Requirements) -> TraceRow:
    clauses = requirements.requirements[row.id].clauses
    return replace(row, citations=tuple(requirements.citation(clause) for clause in clauses))


def _hazards(
    judged: tuple[_Judged, ...], requirements: Requirements, rows: list[TraceRow]
) -> list[TraceRow]:
    """Return rows of the hazards of the devices that criteria speak of, and of the toolkit."""
    cited = {hazard for one in judged for hazard in one.criterion.hazards}
    known = requirements.hazards
    devices = {known[name].device for name in cited if name in known} or {
        hazard.device for hazard in known.values()
    }
    devices.add("validation_toolkit")
    return [
        _of_hazard(hazard, judged, requirements, rows)
        for hazard in known.values()
        if hazard.device in devices
    ]


def _of_hazard(
    hazard: Hazard, judged: tuple[_Judged, ...], requirements: Requirements, rows: list[TraceRow]
) -> TraceRow:
    own = [one for one in judged if hazard.id in one.criterion.hazards]
    linked = [row for row in rows if hazard.id in row.hazards]
    evidence = [one.criterion.finding for one in own if one.is_assessed]
    controls = "; ".join(control.measure for control in hazard.controls)
    gaps = [f"control to be implemented and shown by the manufacturer: {controls}"]
    if not own:
        gaps.insert(0, "no criterion of the protocol cites it")
    return TraceRow(
        kind="hazard",
        id=hazard.id,
        title=hazard.hazard,
        text=f"{hazard.sequence}. {hazard.situation}. Harm: {hazard.harm} ({hazard.severity}).",
        citations=tuple(requirements.citation(clause) for clause in hazard.clauses),
        requirements=tuple(row.id for row in linked),
        evidence=tuple(dict.fromkeys(evidence)),
        criteria=tuple(one.criterion.id for one in own),
        verdicts=tuple(one.verdict.outcome.value for one in own),
        verdict=_worst(own),
        state=_state(bool(evidence), has_gaps=True),
        gaps=tuple(gaps),
    )


def _clauses(requirements: Requirements, rows: list[TraceRow]) -> list[TraceRow]:
    by_kind: dict[str, list[TraceRow]] = {}
    for row in rows:
        for kind in requirements.requirements[row.id].evidence_kinds:
            by_kind.setdefault(kind, []).append(row)
    return [_of_clause(clause, requirements, rows, by_kind) for clause in requirements.clauses]


def _of_clause(
    name: str,
    requirements: Requirements,
    rows: list[TraceRow],
    by_kind: Mapping[str, list[TraceRow]],
) -> TraceRow:
    clause = requirements.clauses[name]
    citing = {row.id: row for row in rows if name in requirements.requirements[row.id].clauses}
    citing |= {row.id: row for kind in clause.evidence_kinds for row in by_kind.get(kind, [])}
    supplied = [row for row in citing.values() if row.state is not State.OPEN]
    return TraceRow(
        kind="clause",
        id=name,
        title=clause.title,
        text=clause.says,
        citations=(requirements.citation(name),),
        requirements=tuple(citing),
        evidence=tuple(row.id for row in supplied) if clause.coverage != "manufacturer" else (),
        state=_clause_state(clause, supplied, by_kind),
        gaps=_clause_gaps(clause, supplied, by_kind, requirements),
    )


def _clause_state(
    clause: Clause, supplied: list[TraceRow], by_kind: Mapping[str, list[TraceRow]]
) -> State:
    if clause.coverage == "manufacturer" or not supplied:
        return State.OPEN
    whole = all(_is_supplied(kind, by_kind) for kind in clause.evidence_kinds)
    return State.EVIDENCE if clause.coverage == "full" and whole else State.PARTIAL


def _is_supplied(kind: str, by_kind: Mapping[str, list[TraceRow]]) -> bool:
    """Return whether every requirement that asks for a kind of evidence has all of it."""
    states = [row.state for row in by_kind.get(kind, [])]
    return bool(states) and all(state is State.EVIDENCE for state in states)


def _clause_gaps(
    clause: Clause,
    supplied: list[TraceRow],
    by_kind: Mapping[str, list[TraceRow]],
    requirements: Requirements,
) -> tuple[str, ...]:
    gaps = [
        f"incomplete: {requirements.evidence_kinds[kind].title.lower()}"
        for kind in clause.evidence_kinds
        if not _is_supplied(kind, by_kind)
    ]
    if clause.manufacturer_supplies:
        gaps.append(f"the manufacturer supplies: {clause.manufacturer_supplies}")
    return tuple(gaps) if supplied else (NO_EVIDENCE, *gaps)


def _suspects(bundle: Bundle, requirements: Requirements) -> frozenset[str]:
    """Return ids whose text is not the one that the run kept the digest of."""
    kept = cast("Mapping[str, str]", bundle.attachments.get(DIGESTS, {}))
    now = requirements.digests()
    return frozenset(name for name, seen in kept.items() if now.get(name) != seen)


def _gaps_first(rows: Iterable[TraceRow], suspects: frozenset[str]) -> tuple[TraceRow, ...]:
    marked = [replace(row, is_suspect=row.id in suspects) for row in rows]
    return tuple(sorted(marked, key=_gap_order))


def _gap_order(row: TraceRow) -> tuple[int, int]:
    worst = [outcome.value for outcome in _WORST_FIRST]
    rank = worst.index(row.verdict) if row.verdict in worst else len(worst)
    return _OPEN_FIRST.index(row.state), rank
