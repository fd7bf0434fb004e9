"""Everything a run leaves behind, as records: reports and matrices are made from this alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from samd_validate.core.cohort import FlowRow, Provenance
from samd_validate.core.finding import Figure, Finding, Table
from samd_validate.core.looks import LookRecord
from samd_validate.core.verdict import Criterion, Verdict


@dataclass(frozen=True, kw_only=True)
class CohortSummary:
    """A data set as it entered the run: counts, flow and provenance, no rows.

    ``role`` is ``development`` or ``external``; ``parts`` maps a part (``development``,
    ``tuning``, ``test``, or the id of the data set) to counts ``units``, ``patients``, ``events``.
    ``merkle_root`` is one digest for all source files, empty where there are none.
    """

    id: str
    role: str
    reader: str
    n_units: int
    n_patients: int
    n_events: int
    n_sites: int
    flow: tuple[FlowRow, ...]
    provenance: Provenance
    parts: Mapping[str, Mapping[str, int]]
    merkle_root: str = ""


@dataclass(frozen=True, kw_only=True)
class StepRecord:
    """A check as it was run: which version, with which parameters, and what it means.

    ``status`` is ``ran`` or ``skipped``; ``doc`` is the check's own description (purpose,
    method, how to read it, limits).
    """

    id: str
    check: str
    version: int
    status: str
    why: str
    params: Mapping[str, object]
    doc: str
    requirements: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OperatingPoint:
    """The threshold above which a unit is called positive, and where it was fixed."""

    threshold: float
    origin: str


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The record of a run.

    ``protocol`` is the protocol as JSON (see the protocol's schema for its keys),
    ``protocol_source`` its text as received. ``model`` and ``comparators`` are model cards.
    ``environment`` holds versions, ``seeds`` the seed of each step (text: it has 63 bits).
    ``has_predictions`` is false where the scores of cases were left out on request.
    ``content_digest`` covers every file of the
    bundle but the audit trail, whose last link is ``audit_head``, and what depends on place and
    time: ``looks`` (the ledger) and ``machine`` (hardware, threads, flags).
    """

    protocol: Mapping[str, object]
    protocol_source: str
    protocol_digest: str
    software_version: str
    cohorts: tuple[CohortSummary, ...]
    model: Mapping[str, object]
    comparators: tuple[Mapping[str, object], ...]
    operating_point: OperatingPoint | None
    steps: tuple[StepRecord, ...]
    findings: tuple[Finding, ...]
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
    criteria: tuple[Criterion, ...]
    verdicts: tuple[Verdict, ...]
    environment: Mapping[str, object] = field(default_factory=dict)
    attachments: Mapping[str, object] = field(default_factory=dict)
    content_digest: str = ""
    audit_head: str = ""
    looks: LookRecord | None = None
    machine: Mapping[str, object] = field(default_factory=dict)
    seeds: Mapping[str, object] = field(default_factory=dict)
    has_predictions: bool = True
    schema_version: int = 1

    @property
    def is_simulated(self) -> bool:
        """Return whether any data set of the run was simulated."""
        return any(cohort.provenance.is_simulated for cohort in self.cohorts)

    @property
    def lock(self) -> Mapping[str, object]:
        """Return what is known of the lock: ``state`` (locked, void, draft), ``why``, record."""
        lock = self.attachments.get("protocol_lock")
        return lock if isinstance(lock, Mapping) else {"state": "draft", "why": "no lock is kept"}

    @property
    def is_locked(self) -> bool:
        """Return whether the protocol was locked; a lock of another protocol's digest is none."""
        is_own = self.lock.get("protocol_digest") == self.protocol_digest
        return is_own and self.lock.get("state") == "locked"

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Return the findings of the checks and that of the ledger."""
        return self.findings + (self.looks.findings if self.looks else ())

    @property
    def all_criteria(self) -> tuple[Criterion, ...]:
        """Return the criteria on findings and the budget of looks, if the protocol has one."""
        return self.criteria + (self.looks.criteria if self.looks else ())

    @property
    def all_verdicts(self) -> tuple[Verdict, ...]:
        """Return a verdict for each of ``all_criteria``, in their order."""
        return self.verdicts + (self.looks.verdicts if self.looks else ())
