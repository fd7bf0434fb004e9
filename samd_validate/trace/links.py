"""Links from a row of the matrix to what shows it: finding, step or record, in which file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from samd_validate.core.bundle import StepRecord
from samd_validate.core.matrix import Link, TraceRow
from samd_validate.core.verdict import Criterion, Verdict
from samd_validate.evidence.signatures import record_name
from samd_validate.trace.runs import TracedRun

FINDINGS, STEPS, LOOKS = "findings.json", "steps.json", "looks.json"
FILES: Mapping[str, str] = MappingProxyType(
    {
        "audit_trail": "audit.jsonl",
        "cohort_flow": "cohorts.json",
        "content_digest": "manifest.json",
        "environment": "environment.json",
        "fingerprints": "cohorts.json",
        "human_oversight": "protocol.json",
        "intended_use": "protocol.json",
        "interval_methods": FINDINGS,
        "limitations": "protocol.json",
        "looks_ledger": LOOKS,
        "model_card": "run.json",
        "operating_point": "run.json",
        "outcome_definition": "protocol.json",
        "protocol": "protocol.json",
        "signatures": record_name(1),
        "traceability": "criteria.json",
    }
)
"""Where a record stands in an evidence folder."""


def criterion_link(
    run: TracedRun, criterion: Criterion, verdict: Verdict, kinds: tuple[str, ...]
) -> Link:
    """Return the link to the finding that a criterion reads."""
    keys = {finding.key for finding in run.bundle.findings}
    file = FINDINGS if criterion.finding in keys else LOOKS
    link = _to(run, file, criterion.finding, kinds)
    return replace(link, criterion=criterion.id, verdict=verdict.outcome.value)


def step_link(run: TracedRun, step: StepRecord, words: str, kinds: tuple[str, ...]) -> Link:
    """Return the link to all that a check found, or to its record where it made no number."""
    has_findings = any(finding.check == step.id for finding in run.bundle.findings)
    return _to(run, FINDINGS if has_findings else STEPS, words, kinds)


def record_link(run: TracedRun, name: str, words: str, kinds: tuple[str, ...]) -> Link:
    """Return the link to a record that is evidence in itself."""
    return _to(run, FILES[name], words, kinds)


def clause_links(rows: Iterable[TraceRow], kinds: tuple[str, ...]) -> tuple[Link, ...]:
    """Return the links of a clause: those of its requirements, one for each file and verdict."""
    found: dict[tuple[str, str, str], Link] = {}
    for row in rows:
        shared = tuple(kind for kind in row.evidence_kinds if kind in kinds) or row.evidence_kinds
        for link in row.links:
            place = (row.id, link.file, link.verdict)
            words = f"{row.id}: {row.title}"
            found.setdefault(place, replace(link, finding=words, kinds=shared, criterion=""))
    return tuple(found.values())


def _to(run: TracedRun, file: str, words: str, kinds: tuple[str, ...]) -> Link:
    return Link(
        finding=words,
        kinds=kinds,
        file=file,
        sha256=run.files.get(file, ""),
        run=run.name,
        signature=run.head.signature,
    )
