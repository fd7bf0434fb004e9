"""Parts of a bundle that are evidence in themselves, by name, with a sentence on each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from samd_validate.core.bundle import Bundle
from samd_validate.core.estimate import Estimate


def record_text(name: str, bundle: Bundle) -> str:
    """Return what the bundle holds under a record's name in one sentence; empty if nothing.

    Raises
    ------
    KeyError
        For a name that no record has.
    """
    return RECORDS[name](bundle)


def _intended_use(bundle: Bundle) -> str:
    return "intended use stated in the protocol" if bundle.protocol.get("intended_use") else ""


def _protocol(bundle: Bundle) -> str:
    if not bundle.protocol_digest:
        return ""
    state = "locked protocol" if bundle.is_locked else "draft protocol, not locked"
    return f"{state} {bundle.protocol_digest[:19]}"


def _looks_ledger(bundle: Bundle) -> str:
    if bundle.looks is None or not bundle.looks.looks:
        return ""
    most = max(one.n_before for one in bundle.looks.looks)
    return f"ledger: test labels scored {most} times before this run"


def _human_oversight(bundle: Bundle) -> str:
    return "oversight statement in the protocol" if bundle.protocol.get("human_oversight") else ""


def _limitations(bundle: Bundle) -> str:
    return "limitations stated and generated in the report" if bundle.findings else ""


def _cohort_flow(bundle: Bundle) -> str:
    counted = [cohort for cohort in bundle.cohorts if cohort.flow]
    return f"cohort flow of {len(counted)} data sets" if counted else ""


def _fingerprints(bundle: Bundle) -> str:
    known = [cohort for cohort in bundle.cohorts if cohort.provenance.fingerprint]
    return f"fingerprints of {len(known)} data sets" if known else ""


def _environment(bundle: Bundle) -> str:
    version = f"samd-validate {bundle.software_version}"
    return f"{version}, packages and hardware recorded" if bundle.environment else ""


def _content_digest(bundle: Bundle) -> str:
    return f"evidence files under {bundle.content_digest[:19]}" if bundle.content_digest else ""


def _audit_trail(bundle: Bundle) -> str:
    return f"audit trail, head {bundle.audit_head[:19]}" if bundle.audit_head else ""


def _model_card(bundle: Bundle) -> str:
    return "model card" if bundle.model else ""


def _operating_point(bundle: Bundle) -> str:
    point = bundle.operating_point
    return f"operating point fixed by {point.origin}" if point else ""


def _outcome(bundle: Bundle) -> str:
    return "outcome and horizon defined in the protocol" if bundle.protocol.get("outcome") else ""


def _interval_methods(bundle: Bundle) -> str:
    numbers = sum(isinstance(finding.measurement, Estimate) for finding in bundle.findings)
    return f"{numbers} estimates, each with interval and method" if numbers else ""


def _traceability(bundle: Bundle) -> str:
    return "this matrix" if bundle.criteria or bundle.findings else ""


RECORDS: Mapping[str, Callable[[Bundle], str]] = MappingProxyType(
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
        "traceability": _traceability,
    }
)
