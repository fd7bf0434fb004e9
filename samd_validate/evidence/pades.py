"""PAdES signatures of a PDF: made by incremental update, and read back from bytes of anybody."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samd_validate.core.errors import CannotRun, Problem
from samd_validate.evidence.identity import Identity, key_algorithm
from samd_validate.evidence.pdf_file import UNREADABLE
from samd_validate.evidence.pdf_revisions import added_fault
from samd_validate.evidence.trust import certificate_from

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MOST_SIGNATURES = 8
COLUMNS, BOX_WIDTH, BOX_HEIGHT = 2, 236, 128
LEFT, TOP, GAP = 52, 630, 14
"""The places for signatures on the last page, in points from its lower left corner."""
REASON = re.compile(r"(?P<meaning>.+) \(as (?P<role>[^()]+)\) of evidence (?P<manifest>sha256:\w+)")


@dataclass(frozen=True, kw_only=True)
class PdfSignature:
    """What one signature in a PDF says of itself, up to which byte it covers the file, its faults.

    ``time`` is the clock of the signer. ``size_bytes`` is the length of the file that was signed.
    """

    name: str
    role: str
    meaning: str
    manifest: str
    time: datetime | None
    certificate: Certificate
    chain: tuple[Certificate, ...]
    size_bytes: int
    faults: tuple[str, ...]


def reason_words(role: str, meaning: str, manifest: str) -> str:
    """Return the reason of a signature in a PDF: meaning, role, and the digest of the manifest."""
    return f"{meaning} (as {role}) of evidence {manifest}"


def box_of(place: int) -> tuple[int, int, int, int]:
    """Return the box of a signature on the last page, by its place (0 to 7).

    >>> box_of(0)
    (52, 502, 288, 630)
    """
    row, column = divmod(place, COLUMNS)
    left = LEFT + column * (BOX_WIDTH + GAP)
    top = TOP - row * (BOX_HEIGHT + GAP)
    return left, top - BOX_HEIGHT, left + BOX_WIDTH, top


BOXES: dict[tuple[int, ...], str] = {
    box_of(place): f"Signature{place + 1}" for place in range(MOST_SIGNATURES)
}


def add_signature(
    content: bytes, identity: Identity, name: str, reason: str, place: int, appearance: Path
) -> bytes:
    """Return a PDF with one signature more, shown on its last page as ``appearance`` (a PDF) draws.

    What was there is not touched: the new bytes follow it.

    Raises
    ------
    CannotRun
        If the file is no PDF that can be signed.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign import fields, signers
    from pyhanko.stamp import StaticStampStyle

    field = f"Signature{place + 1}"
    is_edwards = key_algorithm(identity.key.public_key()) == "ed25519"
    told = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha512" if is_edwards else "sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        name=name,
        reason=reason,
    )
    out = io.BytesIO()
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(content), strict=True)
        signers.PdfSigner(
            told,
            _signer(identity),
            stamp_style=StaticStampStyle.from_pdf_file(str(appearance), border_width=0),
            new_field_spec=fields.SigFieldSpec(field, on_page=-1, box=box_of(place)),
        ).sign_pdf(writer, output=out)
    except (PdfError, *UNREADABLE) as error:
        raise CannotRun(_unsigned(type(error).__name__)) from None
    return out.getvalue()


def _signer(identity: Identity) -> Any:
    from asn1crypto import keys, x509
    from cryptography.hazmat.primitives import serialization as form
    from pyhanko.sign import signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    key = identity.key.private_bytes(
        form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption()
    )
    own, *chain = (
        x509.Certificate.load(one.public_bytes(form.Encoding.DER))
        for one in (identity.certificate, *identity.chain)
    )
    store = SimpleCertificateStore()
    store.register_multiple(chain)
    return signers.SimpleSigner(
        signing_cert=own,
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=store,
    )


def pdf_signatures(reader: Any) -> tuple[PdfSignature, ...]:
    """Return the signatures in a PDF in the order in which they were made.

    Raises
    ------
    ValueError
        If the PDF has signatures that cannot be read at all.
    """
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.general import CMSExtractionError

    try:
        embedded = list(reader.embedded_signatures)
        return tuple(_read(one, reader) for one in embedded)
    except (PdfError, CMSExtractionError, *UNREADABLE) as error:
        raise ValueError(f"signatures that cannot be read ({type(error).__name__})") from None


def _read(one: Any, reader: Any) -> PdfSignature:
    told = one.sig_object
    said = REASON.fullmatch(str(told["/Reason"])) if "/Reason" in told else None
    words = {} if said is None else said.groupdict()
    own, *chain = (
        certificate_from(cert.dump()) for cert in (one.signer_cert, *one.other_embedded_certs)
    )
    faults = _faults(one, reader)
    return PdfSignature(
        name=str(told["/Name"]) if "/Name" in told else "",
        role=words.get("role", ""),
        meaning=words.get("meaning", ""),
        manifest=words.get("manifest", ""),
        time=one.self_reported_timestamp,
        certificate=own,
        chain=tuple(chain),
        size_bytes=int(one.byte_range[2]) + int(one.byte_range[3]),
        faults=(*faults, *([] if said else ("no reason as samd-validate writes it",))),
    )


def _faults(one: Any, reader: Any) -> list[str]:
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    one.compute_integrity_info(skip_diff=True)
    is_whole, is_valid = validate_sig_integrity(
        one.signer_info, one.signer_cert, "data", one.compute_digest()
    )
    faults = [] if is_whole and is_valid else ["it is not a signature of these bytes"]
    if one.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        faults.append("it covers a part of the file only")
    elif one is not reader.embedded_signatures[-1]:
        faults.append(added_fault(reader, one.signed_revision, BOXES))
    elif one.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        faults.append("the file was changed after the last signature")
    return [*(fault for fault in faults if fault), *_container_faults(one, reader)]


def _container_faults(one: Any, reader: Any) -> list[str]:
    """Return what of the container is not as it is written: no bit of it is left to chance.

    No signature covers its own container; so its text must be the one that these values have.
    """
    from asn1crypto import cms

    held, told, whole = one.sig_object, bytes(one.pkcs7_content), one.signed_data
    _, start, end, _ = (int(number) for number in one.byte_range)
    reader.stream.seek(start)
    text = reader.stream.read(end - start)
    again = cms.ContentInfo.load(told).dump(force=True)
    digests = [kind["algorithm"].native for kind in whole["digest_algorithms"]]
    plain = [
        text == b"<" + told.hex().upper().encode() + b">",
        told == again + bytes(len(told) - len(again)),
        whole["version"].native == one.signer_info["version"].native == "v1",
        not one.signer_info["unsigned_attrs"],
        digests == [one.signer_info["digest_algorithm"]["algorithm"].native],
        len(whole["signer_infos"]) == 1,
        _names_certificate(one),
        _holds_each_once(one),
        held["/Filter"] == "/Adobe.PPKLite",
        held["/SubFilter"] == "/ETSI.CAdES.detached",
    ]
    return [] if all(plain) else ["its container is not as signatures are written here"]


def _holds_each_once(one: Any) -> bool:
    """Return whether no certificate stands twice, and each is signed by its issuer if that is here.

    No signature covers those of the issuers; the one of the signer is named in what is signed.
    """
    from cryptography.exceptions import InvalidSignature

    here = [one.signer_cert.dump(), *(other.dump() for other in one.other_embedded_certs)]
    known = [certificate_from(content) for content in here]
    for certificate in known[1:]:
        issuers = [other for other in known if other.subject == certificate.issuer]
        try:
            for issuer in issuers:
                certificate.verify_directly_issued_by(issuer)
        except (InvalidSignature, ValueError, TypeError):
            return False
    return len(set(here)) == len(here) == len(one.signed_data["certificates"])


def _names_certificate(one: Any) -> bool:
    """Return whether what is signed holds the digest of the certificate, and names it to the byte.

    Two names that differ in case alone are one to X.500, but not here.
    """
    import hashlib

    own, signer = one.signer_cert, one.signer_info
    named = signer["sid"].chosen
    for attribute in signer["signed_attrs"]:
        if attribute["type"].native == "signing_certificate_v2":
            (told, *_) = attribute["values"][0]["certs"]
            is_bound = told["cert_hash"].native == hashlib.sha256(own.dump()).digest()
            is_same = named["issuer"].dump() == own.issuer.dump()
            is_numbered = named["serial_number"].native == own.serial_number
            return bool(is_bound and is_same and is_numbered)
    return False


def _unsigned(why: str) -> Problem:
    return Problem(
        where="the PDF",
        found=f"a file that cannot be signed ({why})",
        expected="the report as samd-validate wrote it",
        todo="make it anew with samd-validate report",
    )
