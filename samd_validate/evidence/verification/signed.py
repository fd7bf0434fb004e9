"""Signatures on evidence: whether each holds, whose it is, and what voids it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from cryptography import x509

from samd_validate.core.canonical import digest_bytes
from samd_validate.evidence.folder import MANIFEST_FILE
from samd_validate.evidence.identity import certificate_of, pem_of, signature_fault
from samd_validate.evidence.pades import PdfSignature
from samd_validate.evidence.signatures import Signed, record_name
from samd_validate.evidence.trust import (
    NOT_VERIFIED,
    Trust,
    certificate_from,
    fingerprint,
    is_name_of,
    key_print,
    trust_fault,
    validity_fault,
)
from samd_validate.evidence.verification.item import Item, failed, held, named, not_possible, ok
from samd_validate.protocol.lock import Signature
from samd_validate.protocol.signature import SignatureRecord

FOLLOW_ITEM = "the records of signatures follow from each other"
PDF_BYTES_ITEM = "the PDF is the one that was signed"
ROLES_ITEM = "the roles that the protocol requires have signed, each with a key of its own"
CLOCKS_APART = timedelta(minutes=5)
"""How far the time in a PDF's signature may lie from that in its record: it is made in between."""


@dataclass(frozen=True, kw_only=True)
class Approval:
    """One signature as it is counted: the role, the key, and whether it holds."""

    role: str
    key: str
    holds: bool


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What is sealed now: the manifest's bytes, and the files found changed after it was sealed."""

    manifest: bytes
    files: tuple[str, ...]


def record_signature_items(
    signed: Signed, changes: Changes, trust: Trust
) -> tuple[tuple[Item, ...], tuple[Approval, ...]]:
    """Test the records of a folder; each that holds or not is an approval of its role."""
    if not signed.is_begun:
        return (), ()
    faults = [f"{signed.file}: {signed.fault}"] if signed.fault else []
    follow = held(FOLLOW_ITEM, faults, f"{len(signed.records)} signatures", [signed.file])
    items, approvals = [follow], []
    for record in signed.records:
        item, approval = _record_item(record, changes, trust)
        items.append(item)
        approvals.append(approval)
    return tuple(items), tuple(approvals)


def _record_item(record: SignatureRecord, changes: Changes, trust: Trust) -> tuple[Item, Approval]:
    who, file = record.signer, record_name(record.n)
    name = f"signature {record.n}: {who.name}, {who.role}, {who.meaning}, {record.signed_at} (UTC)"
    own, chain, fault = _certificates(record)
    if own is None:
        item = failed(name, f"{file}: {fault}", [file])
        return item, Approval(role=who.role, key="", holds=False)
    moment = datetime.fromisoformat(record.signed_at)
    faults = [fault] if fault else []
    faults += _identity_faults(who.name, own, chain, moment, trust)
    if faults:
        item = failed(name, f"{file}: {named(faults)}", [file])
    elif void := _void_files(record, changes):
        item = failed(name, f"void: changed after it was signed: {named(void)}", void)
    else:
        item = ok(name, f"valid, {_whose(own, trust)}")
    return item, Approval(role=who.role, key=key_print(own), holds=not item.is_failed)


def _certificates(
    record: SignatureRecord,
) -> tuple[x509.Certificate | None, list[x509.Certificate], str]:
    """Return certificate, chain, and why the signature is not one of this record."""
    if record.signature is None:
        return None, [], "there is no signature in it"
    try:
        chain = [certificate_from(one.encode()) for one in record.chain]
        own = certificate_of(record.signature)
        datetime.fromisoformat(record.signed_at)
    except ValueError:
        return None, [], "a certificate or a time that cannot be read"
    if not _is_as_written(record.signature, own, record.certificate):
        return None, [], "a certificate or value that is not as it was written"
    return own, chain, signature_fault(record.signature, record.signed_bytes())


def _is_as_written(signature: Signature, own: x509.Certificate, signed: str) -> bool:
    """Return whether certificate and value have the one form that they can have."""
    pem = pem_of(own).strip()
    try:
        value = base64.b64encode(base64.b64decode(signature.value, validate=True)).decode()
    except ValueError:
        return False
    found = (signature.certificate.strip(), signed, signature.value)
    return (pem, fingerprint(own), value) == found


def _identity_faults(
    name: str,
    own: x509.Certificate,
    chain: Sequence[x509.Certificate],
    moment: datetime,
    trust: Trust,
) -> list[str]:
    faults = [validity_fault(own, moment)]
    if not is_name_of(name, own):
        faults.append("the certificate names somebody else")
    if trust.is_given:
        faults.append(trust_fault(own, chain, moment, trust))
    return [fault for fault in faults if fault]


def _whose(own: x509.Certificate, trust: Trust) -> str:
    words = "identity verified by the list of trust" if trust.is_given else NOT_VERIFIED
    return f"{words}; certificate {fingerprint(own)}"


def _void_files(record: SignatureRecord, changes: Changes) -> list[str]:
    is_same = digest_bytes(changes.manifest) == record.manifest
    return [*changes.files, *([] if is_same else [MANIFEST_FILE])]


def pdf_bytes_item(signed: Signed, name: str, content: bytes) -> Item:
    """Test that a PDF is, byte for byte, what the signers signed one after another."""
    faults, covered = [], 0
    for record in signed.records:
        covered = record.pdf.size_bytes
        if digest_bytes(content[:covered]) != record.pdf.sha256:
            faults.append(f"{name} is not what {record.signer.name} signed")
    if signed.records and len(content) != covered:
        faults.append(f"{name}: {len(content)} bytes, of which {covered} were signed")
    return held(PDF_BYTES_ITEM, faults, f"{covered} bytes", [name])


def pdf_signature_items(
    found: Sequence[PdfSignature], name: str, manifest: bytes, trust: Trust
) -> tuple[tuple[Item, ...], tuple[Approval, ...]]:
    """Test the signatures inside a PDF, each by its own bytes."""
    items, approvals = [], []
    for place, one in enumerate(found, start=1):
        time = one.time.isoformat() if one.time else "no time"
        title = f"signature {place} in the PDF: {one.name}, {one.role}, {one.meaning}, {time}"
        faults = list(one.faults)
        faults += [] if one.time else ["no time of signing"]
        if one.time:
            faults += _identity_faults(one.name, one.certificate, one.chain, one.time, trust)
        if one.manifest != digest_bytes(manifest):
            faults.append(f"void: it is of another {MANIFEST_FILE} than is attached")
        item = held(title, faults, f"valid, {_whose(one.certificate, trust)}", [name])
        items.append(failed(title, f"{name}: {item.words}", [name]) if faults else item)
        approvals.append(Approval(role=one.role, key=key_print(one.certificate), holds=not faults))
    return tuple(items), tuple(approvals)


def agreement_item(signed: Signed, found: Sequence[PdfSignature], name: str) -> Item:
    """Test that records and PDF name the same signers, in the same order, at the same time."""
    faults = list(_disagreements(signed.records, found, name))
    words = f"{len(found)} signatures"
    return held("the signatures in the PDF are those of the records", faults, words, [name])


def _disagreements(
    records: Sequence[SignatureRecord], found: Sequence[PdfSignature], name: str
) -> Iterator[str]:
    for number, (record, one) in enumerate(zip_longest(records, found), start=1):
        if record is None:
            yield f"signature {number} of {name} has no record"
        elif one is None:
            yield f"signature {number} is not in {name}"
        elif not _is_same(record, one):
            yield f"signature {number} of {name} is another than {record_name(number)}"


def _is_same(record: SignatureRecord, one: PdfSignature) -> bool:
    if record.signature is None or one.time is None:
        return False
    try:
        apart = abs(datetime.fromisoformat(record.signed_at) - one.time)
        certificate = certificate_of(record.signature)
    except ValueError:  # a record whose certificate or time was changed is none of this PDF
        return False
    told = (record.signer.name, record.signer.role, record.signer.meaning, record.manifest)
    return (
        told == (one.name, one.role, one.meaning, one.manifest)
        and certificate == one.certificate
        and apart <= CLOCKS_APART
    )


def role_item(required: Sequence[str], approvals: Sequence[Approval]) -> Item:
    """Test that every role that a protocol requires has signed, and nobody for two of them."""
    holding = [approval for approval in approvals if approval.holds]
    if not required:
        if approvals:
            return ok("signatures", f"{len(holding)} of {len(approvals)} hold; none is required")
        return not_possible("signatures", "nothing is signed; the protocol requires no signature")
    missing = [role for role in required if role not in {one.role for one in holding}]
    faults = [f"not signed by: {named(missing)}"] if missing else []
    keys: dict[str, set[str]] = {}
    for one in holding:
        keys.setdefault(one.key, set()).add(one.role)
    faults += [f"one key signed as {named(sorted(r))}" for r in keys.values() if len(r) > 1]
    return held(ROLES_ITEM, faults, named(list(required)), [])
