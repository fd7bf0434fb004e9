"""The last section: who signed, when, as what and meaning what; in a PDF, the places for that."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from samd_validate.core.bundle import Bundle
from samd_validate.evidence.identity import certificate_of, certificate_words
from samd_validate.protocol.signature import SignatureRecord
from samd_validate.report.build import Numbers, code, items, texts
from samd_validate.report.html import environment
from samd_validate.report.pdf import typeset
from samd_validate.report.tree import Block, Cell, Grid, Paragraph, Section
from samd_validate.report.words import short_digest

APART = (
    "A signature is of the evidence digest and of this report as it stood. It shows the name, the "
    "time (UTC, clock of the signer) and the meaning. samd-validate verify tests it."
)


def signature_section(
    bundle: Bundle, signed: Sequence[SignatureRecord], numbers: Numbers
) -> Section:
    """Return the section of signatures: a row for each, or words where there is none."""
    roles = [str(one["role"]) for one in items(bundle.protocol, "signatures")]
    required = f"The protocol requires signatures of: {', '.join(roles)}." if roles else ""
    words = required or "The protocol requires no signature."
    blocks: list[Block] = [Paragraph(text=words), Paragraph(text=APART, look="note")]
    if signed:
        blocks.append(_table(signed, numbers))
    return Section(id="signatures", title="Signatures", blocks=tuple(blocks), breaks=True)


def _table(signed: Sequence[SignatureRecord], numbers: Numbers) -> Grid:
    return Grid(
        id="signature-records",
        number=numbers.table(),
        title="Signatures, in the order in which they were made",
        caption="From the records in signatures/ of the evidence folder; not tested by this page.",
        columns=("Name", "Role", "Meaning", "Signed (UTC)", "Certificate"),
        rows=tuple(_row(record) for record in signed),
        widths=(18, 16, 16, 18, 32),
        look="small",
    )


def _row(record: SignatureRecord) -> tuple[Cell, ...]:
    who = record.signer
    whose = "none" if record.signature is None else _whose(record)
    return (*texts(who.name, who.role, who.meaning, _time(record.signed_at)), code(whose))


def _whose(record: SignatureRecord) -> str:
    if record.signature is None:
        return "none"
    try:
        return certificate_words(certificate_of(record.signature))
    except ValueError:
        return "a certificate that cannot be read"


def _time(moment: str) -> str:
    return moment[:19].replace("T", " ")


def appearance_pdf(record: SignatureRecord, whose: str, templates: Path, epoch: int) -> bytes:
    """Return what a signature looks like on the last page, as a PDF of one small page."""
    page = environment(templates).get_template("signature.html")
    html = page.render(
        who=record.signer,
        time=_time(record.signed_at),
        evidence=short_digest(record.content_digest),
        whose=whose,
    )
    return typeset(html, epoch).content
