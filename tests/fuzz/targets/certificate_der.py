"""The certificate in a signature: DER, which stands there as PEM."""

from __future__ import annotations

import base64
from contextlib import suppress

from samd_validate.evidence.chain import now_utc
from samd_validate.evidence.identity import certificate_of, certificate_words, signature_fault
from samd_validate.evidence.trust import (
    Trust,
    common_name,
    is_name_of,
    key_print,
    trust_fault,
    validity_fault,
)
from samd_validate.protocol.lock import Signature

from .identity_pkcs12 import person


def read(content: bytes) -> None:
    body = base64.encodebytes(content).decode()
    pem = f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"
    signature = Signature(algorithm="ecdsa-sha256", certificate=pem, value="AAAA")
    assert signature_fault(signature, b"content")
    with suppress(ValueError):  # what whoever asks for it tells as a fault
        one = certificate_of(signature)
        read_whole(one)


def read_whole(one: object) -> None:
    certificate_words(one)
    key_print(one)
    validity_fault(one, now_utc())
    is_name_of(common_name(one), one)
    trust_fault(one, [one], now_utc(), Trust(certificates=(one,)))
    trust_fault(person().certificate, [one], now_utc(), Trust(certificates=(one,)))


def seeds() -> tuple[bytes, ...]:
    from cryptography.hazmat.primitives.serialization import Encoding

    return (person().certificate.public_bytes(Encoding.DER),)
