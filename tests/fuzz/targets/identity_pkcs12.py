"""A key with its certificate: PKCS#12."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from small_evidence import PASSWORD

from samd_validate.core.errors import CannotRun
from samd_validate.evidence.identity import Identity, load_identity

from . import file_of


def read(content: bytes) -> None:
    with suppress(CannotRun), file_of(content, "x.p12") as path:
        load_identity(path, PASSWORD)


@cache
def person() -> Identity:
    from small_evidence import person as made

    with tempfile.TemporaryDirectory() as place:
        return made(Path(place), "Ada")


@cache
def seeds() -> tuple[bytes, ...]:
    """Return one whose password is asked once, and one whose bytes are packed by hand."""
    from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

    one = person()
    bare = pkcs12.serialize_key_and_certificates(
        b"Ada", one.key, one.certificate, None, NoEncryption()
    )
    return (bare,)
