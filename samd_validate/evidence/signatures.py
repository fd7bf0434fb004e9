"""Signatures on a sealed folder: a folder of records that follow from each other, as a chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from samd_validate.core.canonical import digest_bytes
from samd_validate.core.errors import CannotRun
from samd_validate.evidence.chain import START
from samd_validate.evidence.folder import SIGNATURES_FOLDER
from samd_validate.evidence.whole import flush, write_whole
from samd_validate.protocol.json_text import parse_json
from samd_validate.protocol.load import validated
from samd_validate.protocol.signature import SignatureRecord


@dataclass(frozen=True, kw_only=True)
class Signed:
    """The records of a folder up to the first that does not follow, and why it does not.

    ``fault`` is empty where all do; ``file`` is then empty too. ``head`` is the digest of the
    last record.
    """

    records: tuple[SignatureRecord, ...]
    head: str = START
    fault: str = ""
    file: str = ""

    @property
    def is_begun(self) -> bool:
        """Return whether anything lies where signatures do, a broken one included."""
        return bool(self.records or self.fault)


def record_name(number: int) -> str:
    """Return the file of a record.

    >>> record_name(1)
    'signatures/0001.json'
    """
    return f"{SIGNATURES_FOLDER}/{number:04d}.json"


def signature_files(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all that lies in the folder of signatures, by name in the evidence."""
    place = folder / SIGNATURES_FOLDER
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(place.rglob("*"))
        if path.is_file()
    }


def read_signed(files: Mapping[str, bytes]) -> Signed:
    """Follow the records from the first.

    A record is broken if it is not in its canonical form, has another number than its file, or
    names another record before it; a file that is no record is a fault as well.
    """
    signed = Signed(records=())
    for number, name in enumerate(sorted(files), start=1):
        fault, record = _next(signed, number, name, files[name])
        if record is None:
            return Signed(records=signed.records, head=signed.head, fault=fault, file=name)
        signed = Signed(records=(*signed.records, record), head=digest_bytes(files[name]))
    return signed


def _next(
    signed: Signed, number: int, name: str, content: bytes
) -> tuple[str, SignatureRecord | None]:
    if name != record_name(number):
        return f"no record {number} before it, or no record", None
    try:
        record: SignatureRecord = validated(SignatureRecord, parse_json(content, name))
    except CannotRun as error:
        return error.problems[0].found, None
    if record.signature is None or record.file_bytes() != content:
        return "not as a signature is written", None
    if (record.n, record.previous) != (number, signed.head):
        return "does not follow from the record before it", None
    return "", record


def append_record(folder: Path, record: SignatureRecord) -> Path:
    """Write a record beside the earlier ones; none is ever written over.

    Raises
    ------
    FileExistsError
        If that number is there.
    """
    place = folder / record_name(record.n)
    if place.exists():
        raise FileExistsError(place)
    place.parent.mkdir(exist_ok=True)
    write_whole(place, record.file_bytes())
    flush(folder)
    return place
