"""Keys and certificates of signers: PKCS#12 files, signatures, and what they show.

A certificate made here is self-made: it shows that two signatures are of one key, not whose it is.
"""

from __future__ import annotations

import base64
import warnings
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samd_validate.core.errors import CannotRun, Problem
from samd_validate.evidence.chain import now_utc
from samd_validate.evidence.trust import (
    broken_certificates,
    certificate_from,
    fingerprint,
    read_whole,
)
from samd_validate.evidence.whole import write_whole
from samd_validate.protocol.load import read_bytes
from samd_validate.protocol.lock import Signature

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

SELF_MADE = "self-made identity, proven by nobody"
LEAST_PASSWORD = 8


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A private key with its certificate and those that vouch for it."""

    key: Any
    certificate: Certificate
    chain: tuple[Certificate, ...] = ()


def new_identity(path: Path, name: str, password: str, days: int = 365) -> Identity:
    """Make a key (ECDSA, P-256) and a self-made certificate, and write them as PKCS#12.

    Raises
    ------
    CannotRun
        For a short password, an empty name, or a file that is there already.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    _refuse(path, name, password)
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, SELF_MADE),
        ]
    )
    now = now_utc()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(_signing_only(), critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    identity = Identity(key=key, certificate=certificate)
    write_whole(path, _pkcs12(identity, name, password))
    path.chmod(0o600)
    return identity


def _signing_only() -> Any:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pkcs12(identity: Identity, name: str, password: str) -> bytes:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    locked = BestAvailableEncryption(password.encode())
    return pkcs12.serialize_key_and_certificates(
        name.encode(), identity.key, identity.certificate, None, locked
    )


def load_identity(path: Path, password: str) -> Identity:
    """Read a key and its certificate from a PKCS#12 file.

    Raises
    ------
    CannotRun
        If the file or the password is wrong, or a key or certificate is not in it.
    """
    from cryptography.hazmat.primitives.serialization import pkcs12

    content = read_bytes(path, "an identity (PKCS#12)")
    try:
        with broken_certificates():
            opened = pkcs12.load_key_and_certificates(content, password.encode())
    except ValueError:
        raise CannotRun(_unread(path, "a file or password that does not open it")) from None
    key, certificate, chain = opened
    if key is None or certificate is None:
        raise CannotRun(_unread(path, "no private key with its certificate"))
    if key_algorithm(key.public_key()) is None:
        raise CannotRun(_unread(path, "a key of a kind that is not used here"))
    try:
        vouching = tuple(read_whole(one) for one in (certificate, *chain))[1:]
    except ValueError:
        raise CannotRun(_unread(path, "a certificate that cannot be read")) from None
    return Identity(key=key, certificate=certificate, chain=vouching)


def sign(identity: Identity, content: bytes) -> Signature:
    """Return the identity's signature over bytes."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding

    algorithm = key_algorithm(identity.key.public_key())
    if algorithm == "ed25519":
        value = identity.key.sign(content)
    elif algorithm == "ecdsa-sha256":
        value = identity.key.sign(content, ec.ECDSA(hashes.SHA256()))
    else:
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        value = identity.key.sign(content, scheme, hashes.SHA256())
    return Signature.model_validate(
        {
            "algorithm": algorithm,
            "certificate": pem_of(identity.certificate),
            "value": base64.b64encode(value).decode(),
        }
    )


def signature_fault(signature: Signature, content: bytes) -> str:
    """Return why a signature is not one over these bytes; empty if it is."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding

    try:
        key: Any = certificate_of(signature).public_key()
        value = base64.b64decode(signature.value, validate=True)
    except ValueError:
        return "the certificate or the value of the signature cannot be read"
    if key_algorithm(key) != signature.algorithm:
        return "the certificate's key is of another kind than the signature"
    try:
        if signature.algorithm == "ed25519":
            key.verify(value, content)
        elif signature.algorithm == "ecdsa-sha256":
            key.verify(value, content, ec.ECDSA(hashes.SHA256()))
        else:
            scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
            key.verify(value, content, scheme, hashes.SHA256())
    except InvalidSignature:
        return "the signature is not of this content"
    return ""


def certificate_of(signature: Signature) -> Certificate:
    """Return the certificate of a signature; ``ValueError`` if it cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a certificate that breaks RFC 5280 is no certificate
            return certificate_from(signature.certificate.encode())
    except UserWarning as odd:
        raise ValueError(str(odd)) from None


def certificate_words(certificate: Certificate) -> str:
    """Return whom a certificate names, who vouches for that, and its fingerprint."""
    subject, issuer = (name.rfc4514_string() for name in (certificate.subject, certificate.issuer))
    vouched = "itself alone" if subject == issuer else issuer
    return f"{subject}; vouched for by {vouched}; certificate {fingerprint(certificate)}"


def pem_of(certificate: Certificate) -> str:
    """Return a certificate as PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM).decode()


def key_algorithm(key: object) -> str | None:
    """Return how a public key signs; None for a kind that is not used here."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    kinds = (
        (ed25519.Ed25519PublicKey, "ed25519"),
        (ec.EllipticCurvePublicKey, "ecdsa-sha256"),
        (rsa.RSAPublicKey, "rsa-pss-sha256"),
    )
    return next((name for kind, name in kinds if isinstance(key, kind)), None)


def _refuse(path: Path, name: str, password: str) -> None:
    problems = []
    if path.exists():
        problems.append(_unread(path, "a file of that name", "a new file"))
    if not name.strip():
        problems.append(_unread(path, "no name", "the name of the person who signs"))
    if len(password) < LEAST_PASSWORD:
        found = f"a password of {len(password)} characters"
        problems.append(_unread(path, found, f"at least {LEAST_PASSWORD}"))
    if problems:
        raise CannotRun(*problems)


def _unread(
    path: Path, found: str, expected: str = "a PKCS#12 file with a key (Ed25519, EC or RSA)"
) -> Problem:
    todo = "correct it; samd-validate identity new makes one to try with"
    return Problem(where=path.name, found=found, expected=expected, todo=todo)
