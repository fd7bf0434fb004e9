"""A bundle on disk: written once, read back as the same records."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from samd_validate.core.bundle import Bundle, CohortSummary, OperatingPoint, StepRecord
from samd_validate.core.canonical import plain
from samd_validate.core.errors import CannotRun, Problem
from samd_validate.core.finding import Figure, Finding, Table
from samd_validate.core.looks import LookRecord
from samd_validate.core.verdict import Criterion, Verdict
from samd_validate.evidence.folder import LOOKS_FILE, MACHINE_FILE, MANIFEST_FILE, RunFolder

BUNDLE_VERSION = 1
LISTS: dict[str, Any] = {
    "cohorts": tuple[CohortSummary, ...],
    "steps": tuple[StepRecord, ...],
    "findings": tuple[Finding, ...],
    "criteria": tuple[Criterion, ...],
    "verdicts": tuple[Verdict, ...],
}
FOLDERS: dict[str, Any] = {"figures": Figure, "tables": Table}
PROTOCOL_SOURCE = "protocol.yaml"


def write_bundle(bundle: Bundle, folder: RunFolder) -> None:
    """Write all records of a bundle; the folder still has to be sealed."""
    folder.write(PROTOCOL_SOURCE, bundle.protocol_source.encode())
    folder.write_json("protocol.json", bundle.protocol)
    folder.write_json("environment.json", bundle.environment)
    folder.write_json("run.json", _run_record(bundle))
    if bundle.looks is not None:
        folder.write_json(LOOKS_FILE, {"schema_version": BUNDLE_VERSION, **vars(bundle.looks)})
    if bundle.machine:
        folder.write_json(MACHINE_FILE, {"schema_version": BUNDLE_VERSION, **bundle.machine})
    for name in LISTS:
        folder.write_json(f"{name}.json", getattr(bundle, name))
    for name in FOLDERS:
        for item in getattr(bundle, name):
            folder.write_json(f"{name}/{item.id}.json", item)
        folder.write_json(f"{name}/order.json", [item.id for item in getattr(bundle, name)])
    for name, attachment in bundle.attachments.items():
        folder.write_json(f"attachments/{name}.json", attachment)


def _run_record(bundle: Bundle) -> dict[str, object]:
    return {
        "schema_version": BUNDLE_VERSION,
        "software_version": bundle.software_version,
        "protocol_digest": bundle.protocol_digest,
        "standing": "confirmatory" if bundle.is_locked else "exploratory",
        "lock": {key: bundle.lock.get(key) for key in ("state", "why", "lock_digest")},
        "model": bundle.model,
        "comparators": bundle.comparators,
        "operating_point": bundle.operating_point,
        "seeds": bundle.seeds,
        "has_predictions": bundle.has_predictions,
    }


def read_bundle(folder: Path) -> Bundle:
    """Read a sealed bundle back.

    Raises
    ------
    CannotRun
        If the folder is not a sealed bundle, or one of a version this release does not know.
    """
    manifest = _json(folder / MANIFEST_FILE)
    run = _mapping(folder / "run.json")
    if run.get("schema_version") != BUNDLE_VERSION:
        raise CannotRun(_unknown_version(folder, run.get("schema_version")))
    try:
        return _records(folder, manifest, run)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotRun(
            Problem(
                where=folder.name,
                found=f"records that do not fit ({type(error).__name__})",
                expected="the files of a bundle as they were written",
                todo="run samd-validate verify on the folder",
            )
        ) from None


def _records(folder: Path, manifest: dict[str, Any], run: dict[str, Any]) -> Bundle:
    lists: dict[str, Any] = {
        name: TypeAdapter(kind).validate_python(_json(folder / f"{name}.json"))
        for name, kind in LISTS.items()
    }
    folders: dict[str, Any] = {
        name: _folder_records(folder / name, kind) for name, kind in FOLDERS.items()
    }
    point = run["operating_point"]
    return Bundle(
        protocol=_mapping(folder / "protocol.json"),
        protocol_source=_text(folder / PROTOCOL_SOURCE),
        protocol_digest=run["protocol_digest"],
        software_version=run["software_version"],
        model=run["model"],
        comparators=tuple(run["comparators"]),
        operating_point=None if point is None else OperatingPoint(**point),
        environment=_json(folder / "environment.json"),
        attachments={p.stem: _json(p) for p in sorted((folder / "attachments").glob("*.json"))},
        looks=_looks(folder / LOOKS_FILE),
        machine=_beside(folder / MACHINE_FILE),
        seeds=run.get("seeds", {}),
        has_predictions=run.get("has_predictions", True),
        content_digest=manifest["content_digest"],
        audit_head=manifest["audit"]["head"],
        **lists,
        **folders,
    )


def _looks(path: Path) -> LookRecord | None:
    content = _beside(path)
    return TypeAdapter(LookRecord).validate_python(content) if content else None


def _beside(path: Path) -> dict[str, Any]:
    """Return what stands beside the content digest; empty in a bundle that has none of it."""
    content = _json(path) if path.is_file() else {}
    return {key: value for key, value in content.items() if key != "schema_version"}


def _folder_records(folder: Path, kind: Any) -> tuple[Any, ...]:
    adapter = TypeAdapter(kind)
    order = _json(folder / "order.json")
    return tuple(adapter.validate_python(_json(folder / f"{name}.json")) for name in order)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise CannotRun(_not_a_bundle(path)) from None


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path), parse_constant=_refused)
    except (ValueError, RecursionError):  # digits or depth beyond what is read
        raise CannotRun(_not_a_bundle(path)) from None


def _refused(word: str) -> object:
    raise ValueError(f"{word} is no number of a bundle")


def _mapping(path: Path) -> Any:
    content = _json(path)
    if not isinstance(content, dict):
        raise CannotRun(_not_a_bundle(path))
    return content


def _not_a_bundle(path: Path) -> Problem:
    return Problem(
        where=f"{path.parent.name}/{path.name}",
        found="a missing or unreadable file",
        expected="the evidence folder of a finished run",
        todo="name the folder that holds manifest.json, or run samd-validate verify on it",
    )


def _unknown_version(folder: Path, version: object) -> Problem:
    return Problem(
        where=f"{folder.name}/run.json",
        found=f"schema_version {version!r}",
        expected=f"schema_version {BUNDLE_VERSION}",
        todo="use the release of samd-validate that wrote the bundle, or a later one",
    )


def same_records(left: Bundle, right: Bundle) -> bool:
    """Return whether two bundles hold the same records, seals aside."""
    names = [f.name for f in fields(Bundle) if f.name not in ("content_digest", "audit_head")]
    return all(plain(getattr(left, name)) == plain(getattr(right, name)) for name in names)
