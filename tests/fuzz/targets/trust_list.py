"""Certificates that somebody trusts: PEM or DER."""

from __future__ import annotations

from contextlib import suppress

from samd_validate.core.errors import CannotRun
from samd_validate.evidence.chain import now_utc
from samd_validate.evidence.identity import certificate_words, pem_of
from samd_validate.evidence.trust import (
    common_name,
    is_name_of,
    key_print,
    trust_fault,
    trust_of,
    validity_fault,
)

from . import file_of
from .identity_pkcs12 import person


def read(content: bytes) -> None:
    with suppress(CannotRun), file_of(content, "x.pem") as path:
        trust = trust_of([str(path)])
        trust_fault(person().certificate, trust.certificates, now_utc(), trust)
        for one in trust.certificates:
            validity_fault(one, now_utc())
            is_name_of(common_name(one), one)


def seeds() -> tuple[bytes, ...]:
    from cryptography.hazmat.primitives.serialization import Encoding

    one = person().certificate
    return (pem_of(one).encode(), one.public_bytes(Encoding.DER), pem_of(one).encode() * 2)


SHOWN = (certificate_words, key_print)
