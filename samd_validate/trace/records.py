"""Parts of a run that are evidence in themselves, by name, with a sentence on each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from samd_validate.core.estimate import Estimate
from samd_validate.trace.runs import TracedRun


def record_text(name: str, run: TracedRun) -> str:
    """Return what a run holds under a record's name in one sentence; empty if nothing.

    Raises
    ------
    KeyError
        For a name that no record has.
    """
    return RECORDS[name](run)


def _intended_use(run: TracedRun) -> str:
    return "intended use stated in the protocol" if run.bundle.protocol.get("intended_use") else ""


def _protocol(run: TracedRun) -> str:
    if not run.bundle.protocol_digest:
        return ""
    state = "locked protocol" if run.bundle.is_locked else "draft protocol, not locked"
    return f"{state} {run.bundle.protocol_digest[:19]}"


def _looks_ledger(run: TracedRun) -> str:
    if run.bundle.looks is None or not run.bundle.looks.looks:
        return ""
    most = max(one.n_before for one in run.bundle.looks.looks)
    times = "once" if most == 1 else f"{most} times"
    return f"ledger: test labels scored {times} before this run"


def _human_oversight(run: TracedRun) -> str:
    return (
        "oversight statement in the protocol" if run.bundle.protocol.get("human_oversight") else ""
    )


def _limitations(run: TracedRun) -> str:
    return "limitations stated and generated in the report" if run.bundle.findings else ""


def _cohort_flow(run: TracedRun) -> str:
    counted = [cohort for cohort in run.bundle.cohorts if cohort.flow]
    return f"cohort flow of {len(counted)} data sets" if counted else ""


def _fingerprints(run: TracedRun) -> str:
    known = [cohort for cohort in run.bundle.cohorts if cohort.provenance.fingerprint]
    return f"fingerprints of {len(known)} data sets" if known else ""


def _environment(run: TracedRun) -> str:
    version = f"samd-validate {run.bundle.software_version}"
    return f"{version}, packages and hardware recorded" if run.bundle.environment else ""


def _content_digest(run: TracedRun) -> str:
    return (
        f"evidence files under {run.bundle.content_digest[:19]}"
        if run.bundle.content_digest
        else ""
    )


def _audit_trail(run: TracedRun) -> str:
    return f"audit trail, head {run.bundle.audit_head[:19]}" if run.bundle.audit_head else ""


def _model_card(run: TracedRun) -> str:
    return "model card" if run.bundle.model else ""


def _operating_point(run: TracedRun) -> str:
    point = run.bundle.operating_point
    return f"operating point fixed by {point.origin}" if point else ""


def _outcome(run: TracedRun) -> str:
    return (
        "outcome and horizon defined in the protocol" if run.bundle.protocol.get("outcome") else ""
    )


def _interval_methods(run: TracedRun) -> str:
    numbers = sum(isinstance(finding.measurement, Estimate) for finding in run.bundle.findings)
    return f"{numbers} estimates, each with interval and method" if numbers else ""


def _traceability(run: TracedRun) -> str:
    return "this matrix" if run.bundle.criteria or run.bundle.findings else ""


def _signatures(run: TracedRun) -> str:
    """Return who signed this evidence; whether the signatures hold is for ``verify`` to say."""
    bundle = run.bundle
    sealed = (bundle.content_digest, bundle.audit_head)
    own = [one for one in run.signed if (one.content_digest, one.audit_head) == sealed]
    signers = ", ".join(f"{one.signer.name} ({one.signer.role})" for one in own)
    return f"signed by {signers}" if own else ""


RECORDS: Mapping[str, Callable[[TracedRun], str]] = MappingProxyType(
    {
        "audit_trail": _audit_trail,
        "cohort_flow": _cohort_flow,
        "content_digest": _content_digest,
        "environment": _environment,
        "fingerprints": _fingerprints,
        "human_oversight": _human_oversight,
        "intended_use": _intended_use,
        "interval_methods": _interval_methods,
        "limitations": _limitations,
        "looks_ledger": _looks_ledger,
        "model_card": _model_card,
        "operating_point": _operating_point,
        "outcome_definition": _outcome,
        "protocol": _protocol,
        "signatures": _signatures,
        "traceability": _traceability,
    }
)
