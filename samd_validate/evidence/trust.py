"""Whose key it is: certificates and fingerprints that the person who verifies trusts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samd_validate.core.canonical import digest_bytes
from samd_validate.core.errors import CannotRun, Problem
from samd_validate.protocol.load import read_bytes

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

FINGERPRINT = re.compile(r"[0-9a-fA-F]{64}")
PEM_BEGINS = b"-----BEGIN"
NOT_VERIFIED = "identity not verified (no --trust was given)"


@dataclass(frozen=True, kw_only=True)
class Trust:
    """What is trusted: certificates of signers or of those who vouch, and fingerprints."""

    certificates: tuple[Certificate, ...] = ()
    fingerprints: frozenset[str] = frozenset()

    @property
    def is_given(self) -> bool:
        """Return whether anything is trusted at all."""
        return bool(self.certificates or self.fingerprints)


def trust_of(given: Iterable[str]) -> Trust:
    """Return what the words of ``--trust`` name: files of certificates (PEM, DER), fingerprints.

    Raises
    ------
    CannotRun
        Naming every word that is neither.
    """
    certificates, fingerprints, problems = [], [], []
    for word in given:
        if match := FINGERPRINT.fullmatch(word.replace(":", "").replace("sha256", "")):
            fingerprints.append(f"sha256:{match[0].lower()}")
            continue
        found = _certificates(read_bytes(Path(word), "a certificate (PEM or DER)"))
        certificates += found
        problems += [] if found else [_unread(word)]
    if problems:
        raise CannotRun(*problems)
    return Trust(certificates=tuple(certificates), fingerprints=frozenset(fingerprints))


def fingerprint(certificate: Certificate) -> str:
    """Return the SHA-256 of a certificate's bytes."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return digest_bytes(certificate.public_bytes(Encoding.DER))


def key_print(certificate: Certificate) -> str:
    """Return the SHA-256 of a certificate's public key: it outlives a certificate made anew."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = certificate.public_key()
    return digest_bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def common_name(certificate: Certificate) -> str:
    """Return the name of the person that a certificate names; empty if it names none."""
    from cryptography.x509.oid import NameOID

    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def is_name_of(name: str, certificate: Certificate) -> bool:
    """Return whether a name is the one in a certificate, case and spaces aside.

    A certificate without a name is nobody's.
    """
    written = common_name(certificate)
    return bool(written) and name.casefold().split() == written.casefold().split()


def validity_fault(certificate: Certificate, moment: datetime) -> str:
    """Return why a certificate was not valid at a moment; empty if it was."""
    if certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
        return ""
    return "signed when its certificate was not valid"


def trust_fault(
    certificate: Certificate, chain: Sequence[Certificate], moment: datetime, trust: Trust
) -> str:
    """Return why a certificate is not trusted at a moment; empty if it is.

    It is trusted if it is on the list, or if a path of certificates leads to an authority that is:
    a person whose own certificate is listed vouches for nobody else. Whether a certificate was
    revoked is not asked: nothing is fetched.
    """
    known = {*trust.fingerprints, *(fingerprint(one) for one in trust.certificates)}
    if fingerprint(certificate) in known:
        return ""
    listed = [*trust.certificates, *(one for one in chain if fingerprint(one) in known)]
    if not _has_path(certificate, chain, moment, [one for one in listed if _is_authority(one)]):
        return "the key of a stranger: no certificate on the list of trust vouches for it"
    return ""


def _is_authority(certificate: Certificate) -> bool:
    """Return whether a certificate says that its key may vouch for others (RFC 5280, 4.2.1.9)."""
    from cryptography import x509

    extensions = certificate.extensions
    try:
        may_vouch = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as missing:
        return missing.oid == x509.KeyUsage.oid and may_vouch
    return may_vouch and usage.key_cert_sign


def _has_path(
    certificate: Certificate,
    chain: Sequence[Certificate],
    moment: datetime,
    roots: Sequence[Certificate],
) -> bool:
    import asyncio

    from pyhanko_certvalidator import CertificateValidator, ValidationContext
    from pyhanko_certvalidator.errors import PathError, ValidationError

    if not roots:
        return False
    context = ValidationContext(
        trust_roots=[_asn1(one) for one in roots],
        allow_fetching=False,
        moment=moment,
        revocation_mode="soft-fail",
        best_signature_time=moment,
    )
    validator = CertificateValidator(
        _asn1(certificate),
        intermediate_certs=[_asn1(one) for one in chain],
        validation_context=context,
    )
    try:
        asyncio.run(validator.async_validate_usage(set()))
    except (PathError, ValidationError, ValueError):
        return False
    return True


def _asn1(certificate: Certificate) -> Any:
    from asn1crypto.x509 import Certificate as Asn1Certificate
    from cryptography.hazmat.primitives.serialization import Encoding

    return Asn1Certificate.load(certificate.public_bytes(Encoding.DER))


def _certificates(content: bytes) -> list[Certificate]:
    from cryptography import x509

    try:
        if PEM_BEGINS in content:
            with broken_certificates():
                found = x509.load_pem_x509_certificates(content)
            return [read_whole(one) for one in found]
        return [certificate_from(content)]
    except ValueError:
        return []


def certificate_from(content: bytes) -> Certificate:
    """Return a certificate from its PEM or DER, every part that is asked for later read once.

    Raises
    ------
    ValueError
        If it is none, a part of it is broken, or its key of a kind that is not known.
    """
    from cryptography import x509

    is_pem = PEM_BEGINS in content
    load = x509.load_pem_x509_certificate if is_pem else x509.load_der_x509_certificate
    with broken_certificates():
        return read_whole(load(content))


def read_whole(certificate: Certificate) -> Certificate:
    """Return a certificate after each part was read: they are parsed only when asked for."""
    with broken_certificates():
        key_print(certificate)
        common_name(certificate)
        for part in (certificate.extensions, certificate.subject, certificate.issuer):
            len(list(part))
        if certificate.not_valid_before_utc > certificate.not_valid_after_utc:
            raise ValueError("valid at no time")
    return certificate


@contextmanager
def broken_certificates() -> Iterator[None]:
    """Turn what cryptography raises of a broken certificate, beside ValueError, into one."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import (
        DuplicateExtension,
        InvalidVersion,
        UnsupportedGeneralNameType,
    )

    own = (UnsupportedAlgorithm, DuplicateExtension, InvalidVersion, UnsupportedGeneralNameType)
    try:
        yield
    except (*own, TypeError) as error:  # TypeError: names in a kind of text that is none
        raise ValueError(type(error).__name__) from None


def _unread(word: str) -> Problem:
    return Problem(
        where="--trust",
        found=f"{word}: no certificate in it",
        expected="a file of certificates (PEM or DER), or a fingerprint (SHA-256, 64 hex digits)",
        todo="export the signer's certificate, without the key, and name that file",
    )
