"""A run's folder: staged under another name until it is whole, so that half never looks whole."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from samd_validate.core.canonical import canonical_bytes, digest, digest_bytes
from samd_validate.evidence.audit import TRAIL_FILE, AuditTrail

MANIFEST_FILE = "manifest.json"
MANIFEST_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class RunFolder:
    """Where a run is written: ``staged`` while it goes on, ``final`` when it is whole."""

    staged: Path
    final: Path
    trail: AuditTrail

    def write(self, name: str, content: bytes) -> None:
        """Write one file of the bundle."""
        path = self.staged / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def write_json(self, name: str, value: object) -> None:
        """Write one file of the bundle as canonical JSON."""
        self.write(name, canonical_bytes(value))

    def seal(self) -> Path:
        """Write the manifest, give the folder its final name, and return that."""
        files = file_digests(self.staged)
        content_digest = digest(files)
        self.trail.record("sealed the bundle", content_digest=content_digest, files=len(files))
        manifest = {
            "schema_version": MANIFEST_VERSION,
            "files": files,
            "content_digest": content_digest,
            "audit": {"head": self.trail.head, "entries": self.trail.entries},
        }
        self.write_json(MANIFEST_FILE, manifest)
        _flush(self.staged)
        self.staged.rename(self.final)
        return self.final

    def abandon(self, why: str) -> Path:
        """Keep what there is of a run that stopped, under a name that says so."""
        self.trail.record("stopped", why=why)
        place = unused(self.final.with_name(f"{self.final.name}.stopped"))
        self.staged.rename(place)
        return place


def open_run(parent: Path, name: str) -> RunFolder:
    """Make the staging folder of a new run; an earlier run is never written over."""
    parent.mkdir(parents=True, exist_ok=True)
    final = unused(parent / name)
    staged = unused(parent / f"{final.name}.partial")
    staged.mkdir()
    return RunFolder(staged=staged, final=final, trail=AuditTrail(staged / TRAIL_FILE))


def file_digests(folder: Path) -> dict[str, dict[str, object]]:
    """Return digest and size of every file but the manifest and the audit trail."""
    outside = {MANIFEST_FILE, TRAIL_FILE}
    digests: dict[str, dict[str, object]] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in outside:
            content = path.read_bytes()
            digests[name] = {"sha256": digest_bytes(content), "size_bytes": len(content)}
    return digests


def unused(path: Path) -> Path:
    """Return ``path``, or the first of ``path-2``, ``path-3`` ... that does not exist."""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate


def _flush(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
