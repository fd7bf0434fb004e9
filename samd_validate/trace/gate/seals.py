"""Rules on what was fixed and sealed: release, lock, digests, signatures, looks at labels."""

from __future__ import annotations

from collections.abc import Mapping

from samd_validate.core.looks import RECORDED
from samd_validate.core.verdict import Outcome
from samd_validate.evidence.locking import record_fault
from samd_validate.trace.gate.asked import Answer, Asked, failed, left_open, named, ok

OPENED = "opened the labels"


def release_tested(asked: Asked) -> Answer:
    """G-03: what was tested is what is released; a run knows only the first of the two."""
    digest = str(asked.bundle.model.get("model_digest", "")) or "not recorded"
    point = asked.bundle.operating_point
    threshold = "none" if point is None else f"{point.threshold:.6g}"
    seen = f"tested: model {digest[:19]}, threshold {threshold}"
    return left_open(seen, "the digests of the release, or a rationale that bridges to it")


def locked_before_labels(asked: Asked) -> Answer:
    """G-04: the lock and its signature come before the labels of a test set are opened."""
    bundle = asked.bundle
    if not bundle.is_locked:
        return failed(f"the protocol was not locked ({bundle.lock.get('why') or 'no lock'})")
    record = bundle.lock.get("record")
    opened = [str(line["time_utc"]) for line in asked.trail if line.get("action") == OPENED]
    if not isinstance(record, Mapping) or not opened:
        return failed("the evidence holds no time of the lock or of the opening of the labels")
    locked_at = str(record["locked_at"])
    if locked_at >= min(opened):
        return failed(f"locked {locked_at}, labels opened {min(opened)}")
    if not record.get("signature"):
        return failed(f"locked {locked_at}, before the labels were opened, but nobody signed it")
    earlier = _scored_before(asked)
    if earlier and min(earlier) <= locked_at:
        return failed(f"locked {locked_at}, but these labels were scored {min(earlier)} already")
    return ok(f"locked and signed {locked_at}, labels opened {min(opened)}")


def _scored_before(asked: Asked) -> list[str]:
    """Return when these very labels were first scored by earlier runs, as the ledger knows."""
    histories = asked.bundle.looks.looks if asked.bundle.looks else ()
    readers = [reader for history in histories for reader in history.readers]
    return [one.first_utc for one in readers if one.is_same_part and one.first_utc]


def files_as_sealed(asked: Asked) -> Answer:
    """G-05: every file is as the manifest lists it, and the manifest is the one that was signed."""
    if asked.faults:
        found = [f"{name}: {words}" for name, words in asked.faults.items()]
        return failed(f"the evidence does not verify ({named(found)})")
    seen = f"{len(asked.run.files)} digests recomputed and equal"
    signers = [f"{one.signer.name} ({one.signer.role})" for one in asked.run.signed]
    if signers:
        return ok(f"{seen}; the manifest is signed by {named(signers)}")
    return left_open(f"{seen}, but nobody signed the manifest", "a signature over its digest")


def signatures_hold(asked: Asked) -> Answer:
    """G-06: each signature shows name, time and meaning, and verifies."""
    record = asked.bundle.lock.get("record")
    if not isinstance(record, Mapping) or not record.get("signature"):
        return _of_manifest(asked)
    fault = record_fault(asked.bundle.lock, asked.bundle.protocol_digest)
    if fault:
        return failed(f"the signature of the protocol's lock: {fault}")
    signer = record["signer"]
    missing = [key for key in ("name", "role", "meaning") if not signer.get(key)]
    if missing:
        return failed(f"the signature shows no {named(missing)}")
    return ok(f"{signer['name']}, {record['locked_at']}, {signer['meaning']}: verified")


def _of_manifest(asked: Asked) -> Answer:
    """Return what is known of signatures where nobody signed the protocol."""
    shown = [
        f"{one.signer.name}, {one.signed_at}, {one.signer.meaning}" for one in asked.run.signed
    ]
    if not shown:
        return left_open("the evidence holds no signature", "signatures of protocol and evidence")
    if asked.faults:
        return failed(f"signed, but the evidence does not verify: {named(shown)}")
    return left_open(f"the evidence is signed: {named(shown)}", "a signature of the protocol")


def looks_counted(asked: Asked) -> Answer:
    """G-13: how often the test set was scored is printed, and within its budget."""
    record = asked.bundle.looks
    if record is None or record.status != RECORDED:
        why = record.why if record else "the evidence has no ledger"
        return left_open(f"the number of scoring runs is not known ({why})", "their number")
    most = max((one.n_before for one in record.looks), default=0)
    over = [one.criterion for one in record.verdicts if one.outcome is not Outcome.PASS]
    if over:
        return failed(f"scored {most} times before, beyond the budget ({named(over)})")
    budget = "within the budget" if record.verdicts else "no budget was set"
    return ok(f"scored {most} times before this run, {budget}")
