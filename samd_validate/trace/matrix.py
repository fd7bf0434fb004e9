"""Requirements x hazards x clauses x verdicts: what a run shows, and what stays open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from samd_validate.core.bundle import Bundle, StepRecord
from samd_validate.core.estimate import Estimate
from samd_validate.core.matrix import Matrix, State, TraceRow
from samd_validate.core.verdict import Criterion, Outcome, Verdict
from samd_validate.trace.controls import control_gaps
from samd_validate.trace.links import clause_links, criterion_link, record_link, step_link
from samd_validate.trace.own import own_of, with_own
from samd_validate.trace.records import record_text
from samd_validate.trace.requirements import Requirements, load_requirements
from samd_validate.trace.runs import TracedRun
from samd_validate.trace.schema import Clause, Hazard, Requirement
from samd_validate.trace.suspects import Current, Suspects, marked, suspects_of

__all__ = ["Matrix", "Requirements", "load_requirements", "trace_matrix"]

NO_CRITERION = "no criterion"
NO_EVIDENCE = "nothing in this run gives evidence"
_WORST_FIRST = (Outcome.FAIL, Outcome.NOT_ASSESSED, Outcome.INCONCLUSIVE, Outcome.PASS)
_OPEN_FIRST = tuple(State)


@dataclass(frozen=True, kw_only=True)
class _Judged:
    criterion: Criterion
    verdict: Verdict

    @property
    def is_assessed(self) -> bool:
        return self.verdict.outcome is not Outcome.NOT_ASSESSED


def trace_matrix(run: TracedRun, catalogue: Requirements, current: Current | None = None) -> Matrix:
    """Return the matrix of a run, rows with the largest gaps first.

    The device's own requirements and hazards are those that the run kept; ``current`` is its
    protocol as it stands now, from which it is seen what changed since.

    A failed criterion is evidence, too: the state says what was shown, the verdict how it came
    out. No state says that a requirement or clause is met.
    """
    bundle = run.bundle
    requirements = with_own(catalogue, own_of(bundle))
    suspects = suspects_of(bundle, catalogue, current)
    judged = _judged(bundle)
    rows = [_of_requirement(one, run, judged) for one in requirements.requirements.values()]
    rows = [marked(_with_citations(row, requirements), suspects) for row in rows]
    return Matrix(
        requirements=gaps_first(rows),
        hazards=gaps_first(_hazards(judged, requirements, rows, suspects)),
        clauses=gaps_first(_clauses(requirements, rows)),
        protocol_digest=bundle.protocol_digest,
        content_digest=bundle.content_digest,
        runs=(run.head,),
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


def _of_requirement(item: Requirement, run: TracedRun, judged: tuple[_Judged, ...]) -> TraceRow:
    bundle, kinds = run.bundle, item.evidence_kinds
    own = [one for one in judged if item.id in one.criterion.requirements]
    steps = [step for step in bundle.steps if item.id in step.requirements]
    fruitful = [step for step in steps if is_fruitful(step, bundle)]
    records = {name: text for name in item.records if (text := record_text(name, run))}
    links = [
        criterion_link(run, one.criterion, one.verdict, kinds) for one in own if one.is_assessed
    ]
    links += [step_link(run, step, _step_text(step, bundle), kinds) for step in fruitful]
    links += [record_link(run, name, text, kinds) for name, text in records.items()]
    evidence = [link.finding for link in links]
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
        links=tuple(links),
        evidence_kinds=kinds,
    )


def is_fruitful(step: StepRecord, bundle: Bundle) -> bool:
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
    return worst_of(one.verdict.outcome.value for one in own)


def worst_of(outcomes: Iterable[str]) -> str:
    """Return the worst of some outcomes: a failure, nothing assessed, undecided, a pass."""
    found = set(outcomes)
    return next((outcome.value for outcome in _WORST_FIRST if outcome.value in found), NO_CRITERION)


def _with_citations(row: TraceRow, requirements: Requirements) -> TraceRow:
    clauses = requirements.requirements[row.id].clauses
    citations = tuple(requirements.citation(clause) for clause in clauses)
    return replace(row, citations=citations, sources=requirements.sources_of(clauses))


def _hazards(
    judged: tuple[_Judged, ...],
    requirements: Requirements,
    rows: list[TraceRow],
    suspects: Suspects,
) -> list[TraceRow]:
    """Return rows of the hazards of the devices that criteria speak of, and of the toolkit."""
    cited = {hazard for one in judged for hazard in one.criterion.hazards} | requirements.own
    known = requirements.hazards
    devices = {known[name].device for name in cited if name in known} or {
        hazard.device for hazard in known.values()
    }
    devices.add("validation_toolkit")
    return [
        marked(_of_hazard(hazard, judged, requirements, rows), suspects, _through(hazard, judged))
        for hazard in known.values()
        if hazard.device in devices
    ]


def _through(hazard: Hazard, judged: tuple[_Judged, ...]) -> frozenset[str]:
    """Return the requirements of the criteria that cite a hazard."""
    own = [one.criterion for one in judged if hazard.id in one.criterion.hazards]
    return frozenset(name for criterion in own for name in criterion.requirements)


def _of_hazard(
    hazard: Hazard, judged: tuple[_Judged, ...], requirements: Requirements, rows: list[TraceRow]
) -> TraceRow:
    own = [one for one in judged if hazard.id in one.criterion.hazards]
    linked = [row for row in rows if hazard.id in row.hazards]
    names = {one.criterion.id for one in own if one.is_assessed}
    links = {link.criterion: link for row in rows for link in row.links if link.criterion in names}
    evidence = [one.criterion.finding for one in own if one.is_assessed]
    gaps = control_gaps(hazard, {one.criterion.id: one.verdict for one in judged})
    if not own:
        gaps = ("no criterion of the protocol cites it", *gaps)
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
        state=_state(bool(evidence), bool(gaps)),
        gaps=gaps,
        links=tuple(replace(link, kinds=hazard.evidence_kinds) for link in links.values()),
        evidence_kinds=hazard.evidence_kinds,
        sources=requirements.sources_of(hazard.clauses),
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
    is_shown = clause.coverage != "manufacturer"
    doubtful = [row.id for row in supplied if row.state is State.SUSPECT]
    gaps = _clause_gaps(clause, supplied, by_kind, requirements)
    if doubtful and is_shown:
        gaps = (f"suspect: evidence of {', '.join(doubtful)} is to be looked at again", *gaps)
    return TraceRow(
        kind="clause",
        id=name,
        title=clause.title,
        text=clause.says,
        citations=(requirements.citation(name),),
        requirements=tuple(citing),
        evidence=tuple(row.id for row in supplied) if is_shown else (),
        state=_clause_state(clause, supplied, by_kind),
        gaps=gaps,
        is_suspect=bool(doubtful),
        links=clause_links(supplied, clause.evidence_kinds) if is_shown else (),
        evidence_kinds=clause.evidence_kinds,
        sources=(requirements.source_of[name],),
    )


def _clause_state(
    clause: Clause, supplied: list[TraceRow], by_kind: Mapping[str, list[TraceRow]]
) -> State:
    if clause.coverage == "manufacturer" or not supplied:
        return State.OPEN
    if any(row.state is State.SUSPECT for row in supplied):
        return State.SUSPECT
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


def gaps_first(rows: Iterable[TraceRow]) -> tuple[TraceRow, ...]:
    """Return rows in the order of their gaps: state, then verdict, else as they came."""
    return tuple(sorted(rows, key=_gap_order))


def _gap_order(row: TraceRow) -> tuple[int, int]:
    worst = [outcome.value for outcome in _WORST_FIRST]
    rank = worst.index(row.verdict) if row.verdict in worst else len(worst)
    return _OPEN_FIRST.index(row.state), rank
