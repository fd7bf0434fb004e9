"""Signing finished evidence: the manifest by a record, the report by a signature in its PDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from samd_validate import __version__
from samd_validate.core.bundle import Bundle
from samd_validate.core.canonical import digest_bytes
from samd_validate.core.errors import Problem, did_you_mean, gather
from samd_validate.evidence.audit import actor
from samd_validate.evidence.bundle import read_bundle
from samd_validate.evidence.chain import now_utc
from samd_validate.evidence.claim import claimed
from samd_validate.evidence.folder import MANIFEST_FILE
from samd_validate.evidence.identity import (
    Identity,
    certificate_of,
    certificate_words,
    pem_of,
    sign,
)
from samd_validate.evidence.pades import MOST_SIGNATURES, add_signature, reason_words
from samd_validate.evidence.signatures import append_record, read_signed, signature_files
from samd_validate.evidence.trust import (
    common_name,
    fingerprint,
    is_name_of,
    key_print,
    validity_fault,
)
from samd_validate.evidence.verification.signed import ROLES_ITEM
from samd_validate.evidence.verify import pdf_beside, required_roles, verify
from samd_validate.evidence.whole import write_whole
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.lock import Signer
from samd_validate.protocol.signature import SignatureRecord, SignedPdf
from samd_validate.publish import REPORT_EPOCH, write_page
from samd_validate.report.signatures import appearance_pdf

WITH_BRACKETS = frozenset("()\n")


@dataclass(frozen=True, kw_only=True)
class Signing:
    """A folder of evidence with its PDF, who signs it, and with which key."""

    folder: Path
    pdf: Path
    who: Signer
    identity: Identity


def sign_evidence(
    folder: Path, who: Signer, identity: Identity, pdf: Path | None = None
) -> SignatureRecord:
    """Sign a folder of evidence and its PDF (that beside it if none is named), and return how.

    The PDF gets a signature more, the folder a record more, and the HTML page beside the PDF is
    written anew with it. Evidence that does not verify is not signed.

    Raises
    ------
    CannotRun
        With every reason why this person cannot sign this evidence now.
    """
    signing = Signing(folder=folder, pdf=pdf or pdf_beside(folder), who=who, identity=identity)
    with claimed(folder.parent, folder.name):
        gather(list(_faults(signing)))
        bundle = read_bundle(folder)
        record, content = _signed(signing, bundle)
        write_whole(signing.pdf, content)
        append_record(folder, record)
        write_page(signing.pdf.with_suffix(".html"), folder)
    return record


def _signed(signing: Signing, bundle: Bundle) -> tuple[SignatureRecord, bytes]:
    before = read_signed(signature_files(signing.folder))
    manifest = digest_bytes((signing.folder / MANIFEST_FILE).read_bytes())
    content = signing.pdf.read_bytes()
    draft = SignatureRecord(
        schema_version=1,
        n=len(before.records) + 1,
        previous=before.head,
        protocol_digest=bundle.protocol_digest,
        content_digest=bundle.content_digest,
        manifest=manifest,
        audit_head=bundle.audit_head,
        pdf=_facts(signing.pdf, content),
        signer=signing.who,
        signed_at=now_utc().isoformat(timespec="milliseconds"),
        actor=actor(),
        software_version=__version__,
        certificate=fingerprint(signing.identity.certificate),
        chain=tuple(pem_of(one) for one in signing.identity.chain),
    )
    content = _signed_pdf(signing, draft, content)
    whole = draft.model_copy(update={"pdf": _facts(signing.pdf, content)})
    signature = sign(signing.identity, whole.signed_bytes())
    return whole.model_copy(update={"signature": signature}), content


def _signed_pdf(signing: Signing, record: SignatureRecord, content: bytes) -> bytes:
    who, whose = record.signer, certificate_words(signing.identity.certificate)
    drawn = appearance_pdf(record, whose, shipped("templates"), REPORT_EPOCH)
    reason = reason_words(who.role, who.meaning, record.manifest)
    with TemporaryDirectory(prefix="samd-validate-") as place:
        appearance = Path(place) / "appearance.pdf"
        appearance.write_bytes(drawn)
        return add_signature(content, signing.identity, who.name, reason, record.n - 1, appearance)


def _facts(pdf: Path, content: bytes) -> SignedPdf:
    return SignedPdf(name=pdf.name, sha256=digest_bytes(content), size_bytes=len(content))


def _faults(signing: Signing) -> Iterator[Problem]:
    yield from _evidence_faults(signing)
    yield from _identity_faults(signing)
    roles = required_roles(signing.folder) or []
    earlier = read_signed(signature_files(signing.folder)).records
    role = signing.who.role
    if roles and role not in roles:
        yield _problem("--role", repr(role), did_you_mean(role, roles), "name one of these")
    if len(earlier) >= MOST_SIGNATURES:
        found = f"{len(earlier)} signatures"
        yield _problem("signatures", found, f"at most {MOST_SIGNATURES}", "sign a report made anew")
    yield from _repeated(signing, roles, earlier)


def _evidence_faults(signing: Signing) -> Iterator[Problem]:
    if not signing.pdf.is_file():
        expected, todo = (
            "the report of this evidence",
            "make it with samd-validate report, or --pdf",
        )
        yield _problem(signing.pdf.name, "no such file", expected, todo)
    for item in verify(signing.folder, signing.pdf):
        if item.is_failed and item.name != ROLES_ITEM:
            found = f"{item.name}: {item.words}"
            expected = "evidence that verifies: nobody can answer for any other"
            yield _problem("evidence", found, expected, "run samd-validate verify")


def _identity_faults(signing: Signing) -> Iterator[Problem]:
    certificate, who = signing.identity.certificate, signing.who
    if not is_name_of(who.name, certificate):
        named = common_name(certificate) or "nobody"
        expected, todo = f"the name in the certificate ({named})", "sign with a key of your own"
        yield _problem("--as", repr(who.name), expected, todo)
    if fault := validity_fault(certificate, now_utc()):
        yield _problem("--identity", fault, "a certificate that is valid now", "renew it")
    for option, words in (("--role", who.role), ("--meaning", who.meaning)):
        if WITH_BRACKETS & set(words):
            yield _problem(option, "brackets or a line break", "words alone", "leave them out")


def _repeated(
    signing: Signing, roles: Sequence[str], earlier: Sequence[SignatureRecord]
) -> Iterator[Problem]:
    key, who = key_print(signing.identity.certificate), signing.who
    for record in earlier:
        if record.signature is None or key_print(certificate_of(record.signature)) != key:
            continue
        if (record.signer.role, record.signer.meaning) == (who.role, who.meaning):
            found = f"a signature with this key from {record.signed_at}"
            yield _problem("--identity", found, "one signature for each role", "nothing is to do")
        elif roles and record.signer.role != who.role:
            found = f"a key that has signed as {record.signer.role}"
            expected = "each required role signed by a person of their own"
            yield _problem("--identity", found, expected, "have somebody else sign")


def _problem(where: str, found: str, expected: str, todo: str) -> Problem:
    return Problem(where=where, found=found, expected=expected, todo=todo)


def signer_words(record: SignatureRecord, pdf: Path) -> str:
    """Return in one line what was signed, for the person who did."""
    who = record.signer
    return (
        f"{who.name} signed as {who.role} ({who.meaning}) at {record.signed_at}: "
        f"manifest {record.manifest}, {pdf.name}"
    )
