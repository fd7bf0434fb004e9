"""Locking a protocol, amending a locked one, and whether a lock holds for a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from samd_validate import __version__
from samd_validate.core.canonical import digest, digest_bytes
from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.evidence.chain import now_utc
from samd_validate.evidence.identity import (
    Identity,
    certificate_of,
    certificate_words,
    sign,
    signature_fault,
)
from samd_validate.evidence.verification.item import named
from samd_validate.evidence.whole import write_whole
from samd_validate.plan import Plan
from samd_validate.protocol.lock import (
    Amendment,
    Lock,
    Signer,
    changes_between,
    load_lock,
    lock_path,
)

LOCKED, VOID, DRAFT = "locked", "void", "draft"


@dataclass(frozen=True, kw_only=True)
class Amending:
    """Which lock is amended, why, decided on which day, and how often labels were read before."""

    lock: Path
    reason: str
    date: str
    looks_before: int | None


def lock_protocol(
    path: Path,
    plan: Plan,
    signer: Signer,
    identity: Identity | None = None,
    amending: Amending | None = None,
) -> Path:
    """Write the lock of a protocol beside it, and return its path.

    Raises
    ------
    CannotRun
        If the protocol has a lock already, or cannot be an amendment of the one named.
    """
    place = lock_path(path)
    gather([_there_already(place)] if place.exists() else [])
    moment = now_utc().isoformat(timespec="milliseconds")
    lock = Lock(
        schema_version=1,
        protocol_id=plan.protocol.id,
        version=plan.protocol.version,
        protocol_digest=plan.loaded.digest,
        source_digest=plan.loaded.source_digest,
        recipes=recipe_digests(plan),
        content=plan.protocol.model_dump(mode="json"),
        locked_at=moment,
        signer=signer,
        software_version=__version__,
        amendments=() if amending is None else _amended(plan, amending),
    )
    if identity is not None:
        lock = lock.model_copy(update={"signature": sign(identity, lock.signed_bytes())})
    write_whole(place, lock.file_bytes())
    return place


def signer_of(name: str, role: str, meaning: str, *, option: str = "--signer") -> Signer:
    """Return a signer from words of the command line.

    Raises
    ------
    CannotRun
        Naming every word that is missing or too short.
    """
    try:
        return Signer(name=name, role=role, meaning=meaning)
    except ValidationError as error:
        raise CannotRun(
            *(
                Problem(
                    where=option if item["loc"][0] == "name" else f"--{item['loc'][0]}",
                    found="less than three letters",
                    expected="name, role and meaning of the signature in words",
                    todo="write them out",
                )
                for item in error.errors()
            )
        ) from None


def recipe_digests(plan: Plan) -> dict[str, str]:
    """Return the digest of each recipe that a plan trains by."""
    return {m.recipe.name: digest(m.recipe.model_dump(mode="json")) for m in plan.models}


def lock_state(path: Path, plan: Plan) -> dict[str, object]:
    """Return whether a protocol is locked, void or a draft, why, and the lock that was found.

    A lock is void if the protocol or a recipe was changed after it, or if its signature is not
    one over it.

    Raises
    ------
    CannotRun
        If what lies beside the protocol is no lock, or a damaged one.
    """
    place = lock_path(path)
    if not place.is_file():
        return {"state": DRAFT, "why": "no lock lies beside the protocol"}
    lock, source = load_lock(place)
    faults = _faults(lock, plan)
    certificate = "" if lock.signature is None or faults else _certificate(lock)
    return {
        "state": VOID if faults else LOCKED,
        "why": "; ".join(faults),
        "protocol_digest": lock.protocol_digest,
        "lock_digest": digest_bytes(source),
        "certificate": certificate,
        "record": lock.model_dump(mode="json"),
    }


def record_fault(state: Mapping[str, Any], protocol_digest: str) -> str:
    """Return why what a bundle says of its lock does not hold; empty if it does."""
    if state.get("state") != LOCKED:
        return ""
    try:
        lock = Lock.model_validate(state.get("record"))
    except ValidationError:
        return "a lock that cannot be read"
    digests = {lock.protocol_digest, digest(lock.content), state.get("protocol_digest")}
    if digests != {protocol_digest}:
        return "a lock of another protocol"
    if digest_bytes(lock.file_bytes()) != state.get("lock_digest"):
        return "a lock of another digest"
    return _signature_fault(lock)


def _faults(lock: Lock, plan: Plan) -> list[str]:
    faults = []
    if lock.protocol_digest != plan.loaded.digest:
        keys = [c.key for c in changes_between(lock.content, plan.protocol.model_dump(mode="json"))]
        faults.append(f"the protocol was changed after it was locked ({named(keys)})")
    now = recipe_digests(plan)
    changed = [
        name for name in sorted({*now, *lock.recipes}) if now.get(name) != lock.recipes.get(name)
    ]
    if changed and not faults:
        faults.append(f"a recipe was changed after the lock: {', '.join(changed)}")
    fault = _signature_fault(lock)
    return [*faults, fault] if fault else faults


def _signature_fault(lock: Lock) -> str:
    if lock.signature is None:
        return ""
    return signature_fault(lock.signature, lock.signed_bytes())


def _certificate(lock: Lock) -> str:
    if lock.signature is None:
        return ""
    return certificate_words(certificate_of(lock.signature))


def _amended(plan: Plan, amending: Amending) -> tuple[Amendment, ...]:
    old, source = load_lock(amending.lock)
    before = {**old.content, "recipes": old.recipes}
    after = {**plan.protocol.model_dump(mode="json"), "recipes": recipe_digests(plan)}
    changes = tuple(c for c in changes_between(before, after) if c.key != "version")
    gather(_misfits(old, plan, amending, has_changes=bool(changes)))
    try:
        amendment = Amendment(
            previous_lock=digest_bytes(source),
            previous_protocol=old.protocol_digest,
            from_version=old.version,
            to_version=plan.protocol.version,
            reason=amending.reason,
            date=amending.date,
            changes=changes,
            looks_before=amending.looks_before,
        )
    except ValidationError as error:
        names = ", ".join(f"--{item['loc'][0]}" for item in error.errors())
        found = f"{names}: not as it must be"
        raise CannotRun(
            _misfit("the amendment", found, "a reason in words, a date as 2026-01-31")
        ) from None
    return (*old.amendments, amendment)


def _misfits(old: Lock, plan: Plan, amending: Amending, *, has_changes: bool) -> list[Problem]:
    where, problems = amending.lock.name, []
    fault = _signature_fault(old)
    if fault:
        problems.append(_misfit(where, fault, "a lock as it was signed"))
    if old.protocol_id != plan.protocol.id:
        found = f"a lock of protocol {old.protocol_id!r}"
        problems.append(_misfit(where, found, f"a lock of {plan.protocol.id!r}"))
    if not has_changes:
        problems.append(_misfit(where, "a protocol in which nothing is changed", "an amendment"))
    if _number(plan.protocol.version) <= _number(old.version):
        found = f"version {plan.protocol.version} after version {old.version}"
        problems.append(_misfit("version", found, "a higher version than the one amended"))
    return problems


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _misfit(where: str, found: str, expected: str) -> Problem:
    return Problem(where=where, found=found, expected=expected, todo="correct it and amend again")


def _there_already(place: Path) -> Problem:
    return Problem(
        where=place.name,
        found="a lock that is there already",
        expected="each protocol locked once; a change is an amendment under a new version",
        todo="samd-validate amend this lock with the new version in a file of its own",
    )
