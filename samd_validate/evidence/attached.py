"""The machine-readable evidence that a report carries inside itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from samd_validate.evidence.audit import TRAIL_FILE
from samd_validate.evidence.folder import MANIFEST_FILE, file_digests

KEPT_OUT = ("predictions/", "cases/", "models/")
LARGEST_BYTES = 20_000_000
NOT_HERE = "not attached to a PDF (numbers of each case, models, and files over 20 MB)"
IN_A_FOLDER = "__"
"""Stands for the slash in names of attachments: a PDF viewer saves them into one folder."""


@dataclass(frozen=True, kw_only=True)
class Attached:
    """One file inside a PDF; ``relationship`` is that of PDF/A-3: Source or Data."""

    name: str
    content: bytes
    description: str
    relationship: str = "Data"


DESCRIPTIONS = {
    "protocol.yaml": "The protocol as it was written",
    "manifest.json": "Digests of every file of the evidence folder",
    "audit.jsonl": "The audit trail: each line carries the digest of the last",
    "findings.json": "Every estimate with interval, method and counts",
    "verdicts.json": "Verdicts on the criteria",
    "sbom.cdx.json": "Bill of materials of the software (CycloneDX)",
    "looks.json": "Statement of the ledger of looks at test labels",
    "attachments/protocol_lock.json": "The lock of the protocol",
}


def attached_name(name: str) -> str:
    """Return the name of an attachment for a file of the bundle.

    >>> attached_name("figures/roc.json")
    'figures__roc.json'
    """
    return name.replace("/", IN_A_FOLDER)


def is_attached(name: str, facts: Mapping[str, object]) -> bool:
    """Return whether a file of a manifest goes into a PDF."""
    size = facts.get("size_bytes")
    return not name.startswith(KEPT_OUT) and isinstance(size, int) and size <= LARGEST_BYTES


def attached_files(folder: Path) -> tuple[Attached, ...]:
    """Return what of a sealed folder goes into its PDF, manifest and audit trail included."""
    found = file_digests(folder)
    names = [MANIFEST_FILE, TRAIL_FILE, *(n for n, facts in found.items() if is_attached(n, facts))]
    names.sort(key=attached_name)
    return tuple(
        Attached(
            name=attached_name(name),
            content=(folder / name).read_bytes(),
            description=DESCRIPTIONS.get(name, f"{name} of the evidence folder"),
            relationship="Source" if name == "protocol.yaml" else "Data",
        )
        for name in names
    )
