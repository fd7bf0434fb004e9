"""Certificates that somebody trusts: PEM or DER."""

from __future__ import annotations

from contextlib import suppress

from samd_validate.core.errors import CannotRun
from samd_validate.evidence.chain import now_utc
from samd_validate.evidence.identity import pem_of
from samd_validate.evidence.trust import trust_fault, trust_of

from . import file_of
from .certificate_der import read_whole as show
from .identity_pkcs12 import person


def read(content: bytes) -> None:
    with suppress(CannotRun), file_of(content, "x.pem") as path:
        trust = trust_of([str(path)])
        trust_fault(person().certificate, trust.certificates, now_utc(), trust)
        for one in trust.certificates:
            show(one)


def seeds() -> tuple[bytes, ...]:
    from cryptography.hazmat.primitives.serialization import Encoding

    one = person().certificate
    return (pem_of(one).encode(), one.public_bytes(Encoding.DER), pem_of(one).encode() * 2)
