"""Verification as a numbered list: of a folder of evidence, or of a report's PDF alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from samd_validate.core.errors import CannotRun, Problem
from samd_validate.evidence.audit import TRAIL_FILE
from samd_validate.evidence.beside import beside_item
from samd_validate.evidence.bundle import PROTOCOL_SOURCE
from samd_validate.evidence.folder import MANIFEST_FILE, file_digests
from samd_validate.evidence.pades import PdfSignature, pdf_signatures
from samd_validate.evidence.pdf_file import NotReadable, attachments_of, open_pdf
from samd_validate.evidence.signatures import Signed, read_signed, signature_files
from samd_validate.evidence.trust import Trust
from samd_validate.evidence.verification.inside import inside_items, inside_of
from samd_validate.evidence.verification.item import Item, failed, held, not_possible, ok
from samd_validate.evidence.verification.records import record_items
from samd_validate.evidence.verification.seals import Sealed, seal_items
from samd_validate.evidence.verification.signed import (
    Changes,
    agreement_item,
    pdf_bytes_item,
    pdf_signature_items,
    record_signature_items,
    role_item,
)
from samd_validate.protocol.load import read_bytes, validated
from samd_validate.protocol.schema import Protocol
from samd_validate.protocol.yaml_text import parse_yaml

PDF_ITEM = "the PDF can be read, and carries evidence"
SAME_ITEM = "the PDF carries this evidence"
PAGES_ITEM = "the pages of the PDF are as they were written"
AGAIN_ITEM = "estimates recomputed from the stored predictions"
NOBODY = Trust()


@dataclass(frozen=True, kw_only=True)
class OpenedPdf:
    """A report's PDF: its bytes, what is attached, its signatures; or why it cannot be read."""

    name: str
    content: bytes
    attached: dict[str, bytes]
    signatures: tuple[PdfSignature, ...] = ()
    fault: str = ""


def pdf_beside(folder: Path) -> Path:
    """Return where the PDF of a folder of evidence lies if nobody moved it."""
    return folder.with_name(f"{folder.name}.pdf")


def verify(folder: Path, pdf: Path | None = None, trust: Trust = NOBODY) -> tuple[Item, ...]:
    """Test a folder of evidence with its PDF; an item that cannot be tested is never ok.

    The list is: manifest, files as listed, nothing beside them, content digest, audit chain,
    audit head, records readable, protocol digest, lock, criteria as promised, verdicts as judged;
    then the PDF (that beside the folder if none is named), pages and tables beside, each
    signature, and the roles.

    Raises
    ------
    CannotRun
        If there is no such folder.
    """
    if not folder.is_dir():
        raise CannotRun(_nothing(folder))
    items = _folder_items(folder)
    if len(items) == 1:
        return items
    changes = Changes(manifest=_bytes(folder / MANIFEST_FILE) or b"", files=_at_fault(items))
    records = read_signed(signature_files(folder))
    signed, approvals = record_signature_items(records, changes, trust)
    place = pdf_beside(folder) if pdf is None else pdf
    with_pdf = _pdf_beside_items(folder, place, records)
    roles = required_roles(folder)
    asked = [] if roles is None else [role_item(roles, approvals)]
    return (*items, *with_pdf, beside_item(folder), *signed, *asked)


def verify_pdf(path: Path, trust: Trust = NOBODY, *, more: bool = False) -> tuple[Item, ...]:
    """Test a report from its PDF alone: its attachments as :func:`verify` tests a folder.

    ``more`` is whether estimates were to be made again, which no PDF can be asked for.

    Raises
    ------
    CannotRun
        If there is no such file.
    """
    content = read_bytes(path, "a report (PDF) made by samd-validate, or a folder of evidence")
    opened = opened_pdf(path.name, content)
    if opened.fault:
        return (failed(PDF_ITEM, f"{path.name}: {opened.fault}", [path.name]),)
    inside = inside_of(opened.attached)
    manifest = opened.attached[MANIFEST_FILE]
    signed, approvals = pdf_signature_items(opened.signatures, path.name, manifest, trust)
    roles = _roles_in(inside.files.get(PROTOCOL_SOURCE, b""))
    asked = [] if roles is None else [role_item(roles, approvals)]
    read = ok(PDF_ITEM, f"{len(opened.attached)} files attached")
    lacking = [not_possible(AGAIN_ITEM, "a PDF carries no predictions; name the folder")]
    again = lacking if more else []
    return (read, *inside_items(inside), _pages_item(opened), *signed, *asked, *again)


def opened_pdf(name: str, content: bytes) -> OpenedPdf:
    """Return a PDF with what is in it; a ``fault`` says why nothing can be made of it."""
    try:
        reader = open_pdf(content)
        attached = attachments_of(reader)
        signatures = pdf_signatures(reader)
    except (NotReadable, ValueError) as error:
        return OpenedPdf(name=name, content=content, attached={}, fault=str(error))
    fault = "" if MANIFEST_FILE in attached else f"no {MANIFEST_FILE} in it"
    return OpenedPdf(
        name=name, content=content, attached=attached, signatures=signatures, fault=fault
    )


def required_roles(folder: Path) -> list[str] | None:
    """Return the roles that the protocol of a folder requires; None if it cannot be read."""
    return _roles_in(_bytes(folder / PROTOCOL_SOURCE) or b"")


def _roles_in(source: bytes) -> list[str] | None:
    try:
        protocol = validated(Protocol, parse_yaml(source, PROTOCOL_SOURCE))
    except CannotRun:
        return None
    return [one.role for one in protocol.signatures or ()]


def _folder_items(folder: Path) -> tuple[Item, ...]:
    sealed = Sealed(
        manifest=_bytes(folder / MANIFEST_FILE),
        trail=_bytes(folder / TRAIL_FILE),
        found=file_digests(folder),
    )
    items = seal_items(sealed)
    return items if len(items) == 1 else (*items, *record_items(folder))


def _pdf_beside_items(folder: Path, place: Path, signed: Signed) -> list[Item]:
    if not place.is_file():
        if not signed.is_begun:
            return [not_possible(SAME_ITEM, f"there is no {place.name}")]
        return [failed(SAME_ITEM, f"there is no {place.name}, which was signed", [place.name])]
    opened = opened_pdf(place.name, place.read_bytes())
    if opened.fault:
        faults = [failed(SAME_ITEM, f"{place.name}: {opened.fault}", [place.name])]
        return [*faults, *_signed_bytes(signed, opened)]
    inside = inside_of(opened.attached)
    other = sorted(n for n, content in inside.files.items() if _bytes(folder / n) != content)
    other += inside.beside
    words = f"{len(inside.files)} files are those of the folder"
    told = [f"{name} in {place.name} is another" for name in other]
    same = held(SAME_ITEM, told, words, [place.name, *other])
    agreeing = [agreement_item(signed, opened.signatures, place.name)] if signed.is_begun else []
    alone = [] if signed.is_begun or not opened.signatures else [_unrecorded(opened)]
    bad = [
        failed("the signatures in the PDF hold", f"{place.name}: {fault}", [place.name])
        for one in opened.signatures
        for fault in one.faults
    ]
    return [same, *_signed_bytes(signed, opened), *agreeing, *alone, *bad]


def _signed_bytes(signed: Signed, opened: OpenedPdf) -> list[Item]:
    return [pdf_bytes_item(signed, opened.name, opened.content)] if signed.is_begun else []


def _unrecorded(opened: OpenedPdf) -> Item:
    words = f"{opened.name} is signed, but the folder has no record of it"
    return failed("the signatures in the PDF are those of the records", words, [opened.name])


def _pages_item(opened: OpenedPdf) -> Item:
    if not opened.signatures:
        return not_possible(PAGES_ITEM, "the PDF is not signed: nothing seals what its pages show")
    whole = opened.signatures[-1].size_bytes == len(opened.content)
    faults = [] if whole else [f"{opened.name} goes on after its last signature"]
    return held(PAGES_ITEM, faults, "covered by its signatures", [opened.name])


def _at_fault(items: Iterable[Item]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for item in items if item.is_failed for name in item.files))


def _nothing(folder: Path) -> Problem:
    return Problem(
        where=str(folder),
        found="no such folder",
        expected="the evidence folder of a run, or the PDF of its report",
        todo="name the folder that holds manifest.json",
    )


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
