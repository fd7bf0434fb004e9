"""A run's folder: staged under another name until it is whole, so that half never looks whole."""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from samd_validate.core.canonical import canonical_bytes, digest, digest_bytes
from samd_validate.core.errors import CannotRun
from samd_validate.evidence.audit import TRAIL_FILE, AuditTrail
from samd_validate.evidence.whole import flush

MANIFEST_FILE = "manifest.json"
MANIFEST_VERSION = 1
LOOKS_FILE, MACHINE_FILE = "looks.json", "machine.json"
BESIDE = frozenset({LOOKS_FILE, MACHINE_FILE})
"""What depends on place and time: in the manifest, but not in the content digest."""
PARTIAL, STOPPED = ".partial", ".stopped"


@dataclass(frozen=True, kw_only=True)
class RunFolder:
    """Where a run is written: ``staged`` while it goes on, ``final`` when it is whole.

    ``run_id`` names the run over all its interruptions.
    """

    staged: Path
    final: Path
    trail: AuditTrail
    run_id: str = ""

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
        found = file_digests(self.staged)
        files = {name: facts for name, facts in found.items() if name not in BESIDE}
        content_digest = digest(files)
        objects = {"content": content_digest}
        self.trail.record("sealed the bundle", objects=objects, files=len(files))
        manifest = {
            "schema_version": MANIFEST_VERSION,
            "files": files,
            "beside": {name: facts for name, facts in found.items() if name in BESIDE},
            "content_digest": content_digest,
            "audit": {"head": self.trail.head, "entries": self.trail.entries},
        }
        self.write_json(MANIFEST_FILE, manifest)
        for path in (*self.staged.rglob("*"), self.staged):
            flush(path)
        self.staged.rename(self.final)
        flush(self.final.parent)
        return self.final

    def abandon(self, why: str) -> Path:
        """Keep what there is of a run that stopped, under a name that says so.

        Where the disk is full the last line cannot be written; the name alone says it then.
        """
        with contextlib.suppress(OSError):
            self.trail.record("stopped", reason=why)
        place = unused(self.final.with_name(f"{self.final.name}{STOPPED}"))
        self.staged.rename(place)
        return place


def open_run(parent: Path, name: str) -> RunFolder:
    """Make the staging folder of a new run; an earlier run is never written over.

    What a process that died left half done is put aside under a name that says so.
    """
    parent.mkdir(parents=True, exist_ok=True)
    for left in _left(parent, name, PARTIAL):
        _put_aside(left)
    final = unused(parent / name)
    staged = final.with_name(f"{final.name}{PARTIAL}")
    staged.mkdir()
    return _begun(staged, final)


def _put_aside(left: Path) -> None:
    with contextlib.suppress(OSError, CannotRun):  # it may have died before its first line
        trail = AuditTrail.taken_up(left / TRAIL_FILE)
        trail.record("stopped", reason="the process that wrote it had died")
    left.rename(unused(_final_of(left).with_name(_final_of(left).name + STOPPED)))


def take_up(parent: Path, name: str) -> RunFolder | None:
    """Return the folder of an interrupted run to go on with; None if there is none.

    That is one that a process left when it died, or else the last that stopped and was never
    carried to its end. Its trail is gone on with; every other file is written anew.

    Raises
    ------
    CannotRun
        If its audit trail is broken.
    """
    left = interrupted(parent, name)
    if left is None:
        return None
    final = _final_of(left)
    trail = left / TRAIL_FILE
    is_begun = trail.is_file() and b"\n" in trail.read_bytes()
    taken = AuditTrail.taken_up(trail) if is_begun else None
    for path in left.iterdir():
        if taken is None or path.name != TRAIL_FILE:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    staged = final.with_name(f"{final.name}{PARTIAL}")
    left.rename(staged)
    if taken is None:
        return _begun(staged, final)
    taken.path = staged / TRAIL_FILE
    details = taken.first().get("details")
    run_id = str(details.get("run", "")) if isinstance(details, dict) else ""
    taken.record("took up the run where it had stopped", reason=left.suffix, run=run_id)
    return RunFolder(staged=staged, final=final, trail=taken, run_id=run_id)


def interrupted(parent: Path, name: str) -> Path | None:
    """Return the folder of an interrupted run of a name that was not carried to its end."""
    stopped = [path for path in _left(parent, name, STOPPED) if not _final_of(path).exists()]
    candidates = [*stopped, *_left(parent, name, PARTIAL)]
    return candidates[-1] if candidates else None


def _begun(staged: Path, final: Path) -> RunFolder:
    folder = RunFolder(
        staged=staged,
        final=final,
        trail=AuditTrail(staged / TRAIL_FILE),
        run_id=secrets.token_hex(16),
    )
    folder.trail.record("opened the folder", run=folder.run_id)
    return folder


def sealed_runs(parent: Path, name: str) -> list[Path]:
    """Return the sealed folders of a name, the last one last."""
    return [path for path in _left(parent, name, "") if (path / MANIFEST_FILE).is_file()]


def _left(parent: Path, name: str, suffix: str) -> list[Path]:
    """Return the folders of a name with a suffix, in the order of their numbers."""
    end = rf"{re.escape(suffix)}(?:-(\d+))?" if suffix else ""
    shape = re.compile(rf"{re.escape(name)}(?:-(\d+))?{end}")
    found = [
        (tuple(int(number or 1) for number in match.groups()), path)
        for path in parent.glob(f"{name}*")
        if path.is_dir() and (match := shape.fullmatch(path.name))
    ]
    return [path for _, path in sorted(found)]


def _final_of(path: Path) -> Path:
    return path.with_name(path.name.rpartition(".")[0])


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
