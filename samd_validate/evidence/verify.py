"""Verification as a numbered list of tests, each passed or not, from the folder alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samd_validate.core.bundle import Bundle
from samd_validate.core.canonical import digest, plain
from samd_validate.core.errors import CannotRun
from samd_validate.evidence.audit import TRAIL_FILE
from samd_validate.evidence.bundle import PROTOCOL_SOURCE, read_bundle
from samd_validate.evidence.chain import read_chain
from samd_validate.evidence.folder import (
    BESIDE,
    MANIFEST_FILE,
    MANIFEST_VERSION,
    file_digests,
)
from samd_validate.evidence.locking import record_fault
from samd_validate.judge import judge
from samd_validate.protocol.load import validated
from samd_validate.protocol.schema import Protocol
from samd_validate.protocol.yaml_text import parse_yaml


@dataclass(frozen=True, kw_only=True)
class Test:
    """One thing that was tested of a bundle; ``words`` say what was seen."""

    __test__ = False

    name: str
    is_passed: bool
    words: str


def verify(folder: Path) -> tuple[Test, ...]:
    """Test a bundle; a test that cannot be made is not passed.

    The list is: manifest, files as listed, nothing beside them, content digest, audit chain,
    audit head, records readable, protocol digest, lock, criteria as promised, verdicts as judged.
    """
    manifest = _manifest(folder)
    if manifest is None:
        words = f"no readable {MANIFEST_FILE} of version {MANIFEST_VERSION}"
        return (Test(name="the manifest is there and readable", is_passed=False, words=words),)
    return (
        Test(name="the manifest is there and readable", is_passed=True, words="read"),
        *_file_tests(folder, manifest),
        *_chain_tests(folder, manifest),
        *_record_tests(folder),
    )


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_bytes())
        known = manifest["schema_version"] == MANIFEST_VERSION
        whole = {"files", "content_digest", "audit"} <= manifest.keys()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return manifest if known and whole else None


def _file_tests(folder: Path, manifest: dict[str, Any]) -> tuple[Test, ...]:
    listed = {**manifest["files"], **manifest.get("beside", {})}
    found = file_digests(folder)
    lost = sorted(listed.keys() - found.keys())
    changed = sorted(name for name in listed.keys() & found.keys() if listed[name] != found[name])
    beside = sorted(found.keys() - listed.keys())
    return (
        _test("every file is as the manifest lists it", lost + changed, f"{len(listed)} files"),
        _test("nothing lies beside the listed files", beside, "nothing"),
        Test(
            name="the content digest is that of the list",
            is_passed=digest(manifest["files"]) == manifest["content_digest"]
            and set(manifest.get("beside", {})) <= BESIDE,
            words=str(manifest["content_digest"]),
        ),
    )


def _chain_tests(folder: Path, manifest: dict[str, Any]) -> tuple[Test, ...]:
    path = folder / TRAIL_FILE
    state = read_chain(path.read_bytes() if path.is_file() else b"")
    whole = state.broken_at is None and state.entries > 0
    words = f"{state.entries} lines" if whole else f"broken at line {state.broken_at or 1}"
    if whole and state.clock_steps:
        words += f"; at {state.clock_steps} of them the clock had gone back"
    sealed = manifest["audit"] == {"head": state.head, "entries": state.entries}
    return (
        Test(
            name="each line of the audit trail follows from the last", is_passed=whole, words=words
        ),
        Test(
            name="the manifest holds the head of the audit trail",
            is_passed=whole and sealed,
            words=state.head if sealed else "the trail ends elsewhere than the manifest says",
        ),
    )


def _record_tests(folder: Path) -> tuple[Test, ...]:
    try:
        bundle = read_bundle(folder)
    except CannotRun as error:
        words = error.problems[0].found
        return (Test(name="the records can be read", is_passed=False, words=words),)
    tests: tuple[tuple[str, Callable[[Bundle, Path], str]], ...] = (
        ("the protocol's digest is that of its text", _protocol_fault),
        ("the lock is one of this protocol, and its signature holds", _lock_fault),
        ("the criteria are those of the protocol", _criteria_fault),
        ("the verdicts follow from findings and criteria", _verdict_fault),
    )
    made = [_test(name, _faults(run(bundle, folder)), "as recorded") for name, run in tests]
    return (Test(name="the records can be read", is_passed=True, words="read"), *made)


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


def _faults(fault: str) -> list[str]:
    return [fault] if fault else []


def _test(name: str, faults: list[str], words: str) -> Test:
    return Test(name=name, is_passed=not faults, words=", ".join(faults[:5]) or words)
