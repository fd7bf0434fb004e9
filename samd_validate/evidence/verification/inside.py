"""Evidence taken out of a PDF, tested as that of a folder is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from samd_validate.core.canonical import digest_bytes
from samd_validate.evidence.attached import NOT_HERE, attached_name, is_attached
from samd_validate.evidence.audit import TRAIL_FILE
from samd_validate.evidence.folder import MANIFEST_FILE
from samd_validate.evidence.verification.item import Item, failed, held
from samd_validate.evidence.verification.records import READ_ITEM, record_items
from samd_validate.evidence.verification.seals import Sealed, read_manifest, seal_items

SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)?")


@dataclass(frozen=True, kw_only=True)
class Inside:
    """Evidence taken out of a PDF: contents by their names in the folder of evidence.

    ``absent`` are listed files that no PDF carries; ``beside`` attachments that no list names.
    """

    files: dict[str, bytes]
    absent: dict[str, str]
    beside: tuple[str, ...]


def inside_of(attached: dict[str, bytes]) -> Inside:
    """Return the evidence among the attachments of a PDF, under its own names.

    No name from a PDF becomes a path unless a manifest lists it and it is a plain one.
    """
    manifest = read_manifest(attached.get(MANIFEST_FILE))
    listed = {} if manifest is None else {**manifest["files"], **manifest["beside"]}
    names = {
        attached_name(name): name
        for name in (MANIFEST_FILE, TRAIL_FILE, *listed)
        if SAFE_NAME.fullmatch(name)
    }
    absent = {
        name: NOT_HERE
        for name, facts in listed.items()
        if isinstance(facts, dict) and not is_attached(name, facts)
    }
    return Inside(
        files={names[name]: content for name, content in attached.items() if name in names},
        absent={name: why for name, why in absent.items() if attached_name(name) not in attached},
        beside=tuple(sorted(attached.keys() - names.keys())),
    )


def inside_items(inside: Inside) -> tuple[Item, ...]:
    """Test evidence that was taken out of a PDF."""
    outside = {MANIFEST_FILE, TRAIL_FILE}
    found: dict[str, dict[str, object]] = {
        name: {"sha256": digest_bytes(content), "size_bytes": len(content)}
        for name, content in inside.files.items()
        if name not in outside
    }
    sealed = Sealed(
        manifest=inside.files.get(MANIFEST_FILE),
        trail=inside.files.get(TRAIL_FILE),
        found=found,
        absent=inside.absent,
    )
    items = seal_items(sealed)
    if len(items) == 1:
        return items
    name = "no other files are attached"
    alien = held(name, list(inside.beside), "none", inside.beside)
    with TemporaryDirectory(prefix="samd-validate-") as place:
        folder = Path(place) / "evidence"
        try:
            unpack(inside, folder)
        except OSError:
            words = f"{MANIFEST_FILE} names files that cannot lie in one folder"
            return (*items, alien, failed(READ_ITEM, words, [MANIFEST_FILE]))
        return (*items, alien, *record_items(folder))


def unpack(inside: Inside, folder: Path) -> None:
    """Write evidence that was taken out of a PDF into a new folder, under its own names."""
    for name, content in inside.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
