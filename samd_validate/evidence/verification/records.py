"""Whether the records of a bundle agree with each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from samd_validate.core.bundle import Bundle
from samd_validate.core.canonical import digest, plain
from samd_validate.core.errors import CannotRun
from samd_validate.evidence.bundle import PROTOCOL_SOURCE, read_bundle
from samd_validate.evidence.locking import record_fault
from samd_validate.evidence.verification.item import Item, failed, held, ok
from samd_validate.judge import judge
from samd_validate.protocol.load import validated
from samd_validate.protocol.schema import Protocol
from samd_validate.protocol.yaml_text import parse_yaml

READ_ITEM = "the records can be read"


def record_items(folder: Path) -> tuple[Item, ...]:
    """Test protocol digest, lock, criteria and verdicts; only the first item if nothing reads."""
    try:
        bundle = read_bundle(folder)
    except CannotRun as error:
        problem = error.problems[0]
        where = problem.where.removeprefix(f"{folder.name}/")
        return (failed(READ_ITEM, f"{where}: {problem.found}", [where]),)
    tests: tuple[tuple[str, str, Callable[[Bundle, Path], str]], ...] = (
        ("the protocol's digest is that of its text", PROTOCOL_SOURCE, _protocol_fault),
        (
            "the lock is one of this protocol, and its signature holds",
            "attachments/protocol_lock.json",
            _lock_fault,
        ),
        ("the criteria are those of the protocol", "criteria.json", _criteria_fault),
        ("the verdicts follow from findings and criteria", "verdicts.json", _verdict_fault),
    )
    made = [
        held(name, _faults(file, _found(fault, bundle, folder)), "as recorded", [file])
        for name, file, fault in tests
    ]
    return (ok(READ_ITEM, "read"), *made)


def _found(fault: Callable[[Bundle, Path], str], bundle: Bundle, folder: Path) -> str:
    try:
        return fault(bundle, folder)
    except (ValueError, TypeError, KeyError, AttributeError):  # records of another shape
        return "records that do not fit together"


def _faults(file: str, fault: str) -> list[str]:
    return [f"{file}: {fault}"] if fault else []


def _protocol_fault(bundle: Bundle, folder: Path) -> str:
    try:
        text = parse_yaml((folder / PROTOCOL_SOURCE).read_bytes(), PROTOCOL_SOURCE)
        content = validated(Protocol, text).model_dump(mode="json")
    except CannotRun as error:
        return error.problems[0].found
    same = digest(content) == bundle.protocol_digest == digest(bundle.protocol)
    return "" if same else "another digest"


def _lock_fault(bundle: Bundle, folder: Path) -> str:
    del folder
    return record_fault(bundle.lock, bundle.protocol_digest)


def _criteria_fault(bundle: Bundle, folder: Path) -> str:
    del folder
    promised = Protocol.model_validate(plain(bundle.protocol))
    wanted = [(c.id, c.finding.key, c.at_least, c.at_most, c.reads) for c in promised.criteria]
    recorded = [(c.id, c.finding, c.at_least, c.at_most, c.reads) for c in bundle.criteria]
    budget = [] if promised.looks is None else [promised.looks.at_most]
    limits = [c.at_most for c in bundle.all_criteria[len(bundle.criteria) :]]
    return (
        ""
        if wanted == recorded and budget == limits
        else "criteria that the protocol does not promise"
    )


def _verdict_fault(bundle: Bundle, folder: Path) -> str:
    del folder
    again = judge(bundle.all_criteria, bundle.all_findings)
    return "" if again == bundle.all_verdicts else "verdicts that do not follow"
