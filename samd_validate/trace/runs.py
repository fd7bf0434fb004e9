"""A run as the matrix reads it: the records of its folder, and the digest of each file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from samd_validate.core.bundle import Bundle
from samd_validate.core.canonical import digest_bytes
from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.core.matrix import RunHead
from samd_validate.evidence.audit import TRAIL_FILE
from samd_validate.evidence.bundle import read_bundle
from samd_validate.evidence.folder import MANIFEST_FILE
from samd_validate.evidence.signatures import read_signed, signature_files
from samd_validate.protocol.signature import SignatureRecord

UNSIGNED = "nobody has signed"


@dataclass(frozen=True, kw_only=True)
class TracedRun:
    """A run by its name, with its records and the digest of every file that was sealed.

    ``signed`` are the signatures on its evidence, as they were written; none is verified here.
    """

    name: str
    bundle: Bundle
    files: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    signed: tuple[SignatureRecord, ...] = ()

    @property
    def head(self) -> RunHead:
        """Return what a matrix says of where its rows come from."""
        return RunHead(
            name=self.name,
            protocol=f"{self.bundle.protocol.get('id', '')} "
            f"{self.bundle.protocol.get('version', '')}",
            protocol_digest=self.bundle.protocol_digest,
            content_digest=self.bundle.content_digest,
            signature=signature_words(self),
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
    signatures = signature_files(folder)
    return TracedRun(
        name=name,
        bundle=bundle,
        files=_digests(folder, bundle, signatures),
        folder=folder,
        signed=read_signed(signatures).records,
    )


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


def _digests(folder: Path, bundle: Bundle, signatures: Mapping[str, bytes]) -> dict[str, str]:
    manifest = json.loads((folder / MANIFEST_FILE).read_bytes())
    listed = {**manifest["files"], **manifest.get("beside", {})}
    digests = {name: str(entry["sha256"]) for name, entry in listed.items()}
    digests |= {name: digest_bytes(content) for name, content in signatures.items()}
    return {**digests, MANIFEST_FILE: bundle.content_digest, TRAIL_FILE: bundle.audit_head}


def signature_words(run: TracedRun) -> str:
    """Return who signed protocol and evidence; a name that anybody could have typed is told so."""
    told = [_lock_words(run.bundle)] if run.bundle.is_locked else []
    told += [
        f"evidence: {one.signer.name} ({one.signer.role}), {one.signed_at}, {one.signer.meaning}"
        for one in run.signed
    ]
    return "; ".join(words for words in told if words) or UNSIGNED


def _lock_words(bundle: Bundle) -> str:
    record = bundle.lock.get("record")
    if not isinstance(record, Mapping):
        return ""
    signer = record["signer"]
    who = f"{signer['name']} ({signer['role']}), {record['locked_at']}, {signer['meaning']}"
    return f"protocol: {who}" if record.get("signature") else f"protocol: {who} [name typed]"
