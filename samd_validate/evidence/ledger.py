"""The ledger of a place: every scoring of the labels of a test set, by whichever protocol."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from samd_validate.core.canonical import digest_bytes
from samd_validate.core.inputs import Population
from samd_validate.core.looks import Looks, Reader
from samd_validate.evidence.audit import actor
from samd_validate.evidence.chain import entries_of, next_line, now_utc, read_chain
from samd_validate.evidence.whole import flush, write_all

VARIABLE = "SAMD_VALIDATE_LEDGER"
LEDGER_FILE = "looks.jsonl"
LEDGER_VERSION = 1
SCORED = "scored the labels of a test set"
TOLD = frozenset({"run", "protocol", "version", "digest", "is_locked", "labels", "time_utc"})
TRIES, PAUSE_SECONDS = 100, 0.1


class LedgerNotAvailable(Exception):
    """The ledger cannot be read or written; says why. A run goes on without it, and says so."""


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """Who scores: a run, over all its interruptions one, and its protocol."""

    run: str
    protocol: str
    version: str
    digest: str
    is_locked: bool


def ledger_folder(option: Path | None) -> Path:
    """Return the ledger's folder: the option, else the variable, else a place of the user's."""
    if option is not None:
        return option
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE])
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "samd-validate" / "ledger"


def labels_digest(population: Population) -> str:
    """Return the digest of a population's unit ids and labels, whatever their order."""
    cohort = population.cohort
    order = np.argsort(cohort.unit_id, kind="stable")
    mixed = hashlib.sha256()
    for unit, label in zip(
        cohort.unit_id[order].tolist(), cohort.label[order].tolist(), strict=True
    ):
        mixed.update(f"{len(unit)}:{unit}={label};".encode())
    return f"sha256:{mixed.hexdigest()}"


def note_looks(
    folder: Path, scoring: Scoring, populations: Sequence[Population]
) -> tuple[Looks, ...]:
    """Write into the ledger that a run scores these labels, and return what stood there before.

    A run that was interrupted and goes on is one reading. Lines are chained and written by one
    process at a time.

    Raises
    ------
    LedgerNotAvailable
        If the ledger cannot be read, written or locked, or if its chain is broken.
    """
    try:
        with _opened(folder) as descriptor:
            entries, own = _read(descriptor), []
            for population in populations:
                facts = _facts(population)
                mine = {**facts, "run": scoring.run}
                if not any(_is_of(entry, mine) for entry in entries):
                    own.append({**vars(scoring), **facts})
            _append(descriptor, own)
            return tuple(_looks(entries, _facts(one), scoring.run) for one in populations)
    except OSError as error:
        raise LedgerNotAvailable(f"{(error.strerror or 'unreadable').lower()}") from None


def readings_of(folder: Path, protocol: str) -> int:
    """Return how often runs of a protocol, in any version, scored labels of a test set.

    Raises
    ------
    LedgerNotAvailable
        As :func:`note_looks`; a ledger that is not there yet holds no reading.
    """
    path = folder / LEDGER_FILE
    if not path.exists():
        return 0
    try:
        entries = _checked(path.read_bytes())
    except OSError as error:
        raise LedgerNotAvailable((error.strerror or "unreadable").lower()) from None
    return len({entry["run"] for entry in entries if entry.get("protocol") == protocol})


def _facts(population: Population) -> dict[str, object]:
    cohort = population.cohort
    return {
        "population": population.name,
        "dataset": cohort.name.partition(".")[0],
        "fingerprint": cohort.provenance.fingerprint,
        "labels": labels_digest(population),
        "n_units": cohort.size,
    }


def _is_of(entry: Mapping[str, Any], facts: Mapping[str, object]) -> bool:
    return all(entry.get(key) == facts[key] for key in ("run", "population", "labels"))


def _looks(entries: Sequence[Mapping[str, Any]], facts: Mapping[str, Any], run: str) -> Looks:
    """Return what stood in the ledger before the line of this run."""
    before: list[Mapping[str, Any]] = []
    for entry in entries:
        if entry.get("run") == run:
            break
        if facts["labels"] == entry.get("labels") or _is_same_source(entry, facts):
            before.append(entry)
    runs = {entry["run"] for entry in before}
    readers = {(e["protocol"], e["version"], e["digest"], e["is_locked"]) for e in before}
    return Looks(
        population=facts["population"],
        dataset=facts["dataset"],
        fingerprint=facts["fingerprint"],
        labels=facts["labels"],
        n_units=facts["n_units"],
        n_before=len(runs),
        readers=tuple(_reader(key, before, facts["labels"]) for key in sorted(readers)),
    )


def _is_same_source(entry: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    """Return whether another part of the same data was scored: its patients may be these."""
    return all(entry.get(key) == facts[key] for key in ("fingerprint", "dataset"))


def _reader(
    key: tuple[str, str, str, bool], before: Sequence[Mapping[str, Any]], labels: str
) -> Reader:
    protocol, version, digest, was_locked = key
    own = [e for e in before if (e["digest"], e["is_locked"]) == (digest, was_locked)]
    return Reader(
        protocol=protocol,
        version=version,
        digest=digest,
        was_locked=was_locked,
        runs=len({entry["run"] for entry in own}),
        first_utc=min(str(entry["time_utc"]) for entry in own),
        is_same_part=any(entry["labels"] == labels for entry in own),
    )


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LEDGER_FILE
    is_new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o664)
    try:
        _lock(descriptor)
        if is_new:
            flush(folder)
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    for _ in range(TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(PAUSE_SECONDS)
        else:
            return
    raise LedgerNotAvailable("another process holds it")


def _read(descriptor: int) -> list[Mapping[str, Any]]:
    """Return the entries, after cutting a last line that a process left half written."""
    content = _content(descriptor)
    whole = content[: content.rfind(b"\n") + 1]
    entries = _checked(whole)
    if len(whole) < len(content):
        os.ftruncate(descriptor, len(whole))
        torn = digest_bytes(content[len(whole) :])
        _append(descriptor, [{"cut": torn}], "cut a line that was not ended")
    return entries


def _content(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    parts, place = [], 0
    while place < size and (part := os.pread(descriptor, size - place, place)):
        parts.append(part)
        place += len(part)
    return b"".join(parts)


def _checked(content: bytes) -> list[Mapping[str, Any]]:
    state = read_chain(content[: content.rfind(b"\n") + 1])
    if not state.is_whole:
        raise LedgerNotAvailable(f"its chain is broken at line {state.broken_at}")
    entries = [entry for entry in entries_of(content) if entry.get("action") == SCORED]
    if not all(entry.keys() >= TOLD for entry in entries):
        raise LedgerNotAvailable("an entry of it lacks what every entry tells")
    return entries


def _append(
    descriptor: int, contents: Sequence[Mapping[str, object]], action: str = SCORED
) -> None:
    if not contents:
        return
    length = os.fstat(descriptor).st_size
    try:
        for content in contents:
            state = read_chain(_content(descriptor))
            told = {"schema_version": LEDGER_VERSION, "actor": actor(), "action": action}
            write_all(descriptor, next_line(state, {**told, **content}, now_utc()) + b"\n")
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, length)
        raise
