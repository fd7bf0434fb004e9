"""The record of a signature in a bundle: JSON with a certificate (PEM)."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from small_evidence import signed_run

from samd_validate.evidence.signatures import read_signed
from samd_validate.evidence.trust import Trust
from samd_validate.evidence.verification.signed import Changes, record_signature_items

NAME = "signatures/0001.json"


def read(content: bytes) -> None:
    signed = read_signed({NAME: content})
    record_signature_items(signed, Changes(manifest=b"{}", files=()), Trust())


@cache
def seeds() -> tuple[bytes, ...]:
    with tempfile.TemporaryDirectory() as place:
        return ((signed_run(Path(place)) / NAME).read_bytes(),)
