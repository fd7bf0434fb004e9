"""A run as the matrix reads it: the records of its folder, and the digest of each file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from samd_validate.core.bundle import Bundle
from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.core.matrix import RunHead
from samd_validate.evidence.audit import TRAIL_FILE
from samd_validate.evidence.bundle import read_bundle
from samd_validate.evidence.folder import MANIFEST_FILE

UNSIGNED = "nobody has signed"


@dataclass(frozen=True, kw_only=True)
class TracedRun:
    """A run by its name, with its records and the digest of every file that was sealed."""

    name: str
    bundle: Bundle
    files: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None

    @property
    def head(self) -> RunHead:
        """Return what a matrix says of where its rows come from."""
        return RunHead(
            name=self.name,
            protocol=f"{self.bundle.protocol.get('id', '')} "
            f"{self.bundle.protocol.get('version', '')}",
            protocol_digest=self.bundle.protocol_digest,
            content_digest=self.bundle.content_digest,
            signature=signature_words(self.bundle),
        )


def read_run(folder: Path) -> TracedRun:
    """Read the evidence folder of a run.

    Raises
    ------
    CannotRun
        If it is no sealed bundle of a version that this release knows.
    """
    bundle = read_bundle(folder)
    name = folder.name or folder.resolve().name
    return TracedRun(name=name, bundle=bundle, files=_digests(folder, bundle), folder=folder)


def read_runs(folders: tuple[Path, ...]) -> tuple[TracedRun, ...]:
    """Read several runs; every problem of every folder is told at once."""
    runs: list[TracedRun] = []
    problems: list[Problem] = []
    for folder in folders:
        try:
            runs.append(read_run(folder))
        except CannotRun as error:
            problems.extend(error.problems)
    problems += _doubled(runs)
    gather(problems)
    return tuple(runs)


def _doubled(runs: list[TracedRun]) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for run in runs:
        if run.bundle.content_digest in seen:
            problems.append(
                Problem(
                    where=run.name,
                    found="the evidence of a run that was named already",
                    expected="each run once",
                    todo="name it once: the same evidence does not count twice",
                )
            )
        seen.add(run.bundle.content_digest)
    return problems


def _digests(folder: Path, bundle: Bundle) -> dict[str, str]:
    manifest = json.loads((folder / MANIFEST_FILE).read_bytes())
    listed = {**manifest["files"], **manifest.get("beside", {})}
    digests = {name: str(entry["sha256"]) for name, entry in listed.items()}
    return {**digests, MANIFEST_FILE: bundle.content_digest, TRAIL_FILE: bundle.audit_head}


def signature_words(bundle: Bundle) -> str:
    """Return who signed the protocol's lock; a name that anybody could have typed is told so."""
    record = bundle.lock.get("record")
    if not bundle.is_locked or not isinstance(record, Mapping):
        return UNSIGNED
    signer = record["signer"]
    who = f"{signer['name']} ({signer['role']}), {record['locked_at']}, {signer['meaning']}"
    return f"protocol: {who}" if record.get("signature") else f"protocol: {who} [name typed]"
