"""A signature on finished evidence: who signed what, when, in which role and meaning what."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from samd_validate.core.canonical import canonical_bytes
from samd_validate.protocol.lock import Digest, Moment, Signature, Signer
from samd_validate.protocol.schema import Shape


class SignedPdf(Shape):
    """The report as it was when a person had signed it: name, digest and size of its file."""

    name: str
    sha256: Digest
    size_bytes: int = Field(ge=1)


class SignatureRecord(Shape):
    """One signature over a manifest; each names the digest of the record before it.

    ``certificate`` is the fingerprint of the signer's, so that it is signed as well; ``chain`` are
    certificates (PEM) that vouch for it, as they came with the key.
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
    signature: Annotated[Signature | None, Field(description="None only while it is made")] = None

    def signed_bytes(self) -> bytes:
        """Return the bytes that are signed: the canonical form without the signature."""
        return canonical_bytes(self.model_dump(mode="json", exclude={"signature"}))

    def file_bytes(self) -> bytes:
        """Return the bytes of its file."""
        return canonical_bytes(self.model_dump(mode="json")) + b"\n"
