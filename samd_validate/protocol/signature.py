"""A signature on finished evidence: who signed what, when, in which role and meaning what."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from samd_validate.protocol.lock import Digest, Moment, Signable, Signer
from samd_validate.protocol.schema import Shape


class SignedPdf(Shape):
    """The report as it was when a person had signed it: name, digest and size of its file."""

    name: str
    sha256: Digest
    size_bytes: int = Field(ge=1)


class SignatureRecord(Signable):
    """One signature over a manifest; each names the digest of the record before it.

    ``certificate`` is the fingerprint of the signer's, so that it is signed as well; ``chain`` are
    certificates (PEM) that vouch for it, as they came with the key.
    ``signature`` is None only while it is made.
    """

    schema_version: Literal[1]
    n: int = Field(ge=1)
    previous: Digest
    protocol_digest: Digest
    content_digest: Digest
    manifest: Digest
    audit_head: Digest
    pdf: SignedPdf
    signer: Signer
    signed_at: Moment
    actor: dict[str, Any]
    software_version: str
    certificate: Digest
    chain: tuple[str, ...] = ()
