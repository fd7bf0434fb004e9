"""A certificate for any key, vouched for by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from samd_validate.evidence.identity import Identity


def certificate_for(key: Any) -> x509.Certificate:
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "A. Tester")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=9999))
    )
    return builder.sign(
        key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    )


def authority(name: str) -> Identity:
    """Return a certificate authority with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = _named(name)
    return Identity(key=key, certificate=_certified(key, who, who, key, is_authority=True))


def issued(by: Identity, name: str, key: Any = None) -> Identity:
    """Return a person's key (a new one) with a certificate by an authority, which comes with it."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    certificate = _certified(key, _named(name), by.certificate.subject, by.key, is_authority=False)
    return Identity(key=key, certificate=certificate, chain=(by.certificate,))


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _certified(
    key: Any, who: x509.Name, by: x509.Name, signing: Any, *, is_authority: bool
) -> x509.Certificate:
    start = datetime.now(UTC) - timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(signing, hashes.SHA256())
    )
