"""Change single bytes of signed evidence at random, and see whether verification finds each.

``python tests/support/tampering.py PLACE CHANGES PDF_CHANGES BY_COMMAND SEED`` makes a small signed run in
PLACE, changes CHANGES bytes, one at a time, over all files of its folder and its PDF, tested as
``verify RUN`` tests seals, records of signatures and bytes of the PDF; and PDF_CHANGES bytes of the
PDF, tested as ``verify report.pdf`` does; and BY_COMMAND bytes on the disk, tested by the command
line itself. It prints a JSON object with the counts and what was
missed, and ends with 1 if anything was.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from small_evidence import signed_run

from samd_validate.core.canonical import digest_bytes
from samd_validate.evidence.folder import MANIFEST_FILE, SIGNATURES_FOLDER
from samd_validate.evidence.signatures import read_signed
from samd_validate.evidence.trust import Trust
from samd_validate.evidence.verification.item import Item
from samd_validate.evidence.verification.seals import Sealed, seal_items
from samd_validate.evidence.verification.signed import (
    Changes,
    pdf_bytes_item,
    record_signature_items,
)
from samd_validate.evidence.verify import verify_pdf

PDF, TRAIL = "run.pdf", "audit.jsonl"
Contents = Mapping[str, bytes]


def contents_of(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file of a folder and of its PDF."""
    inside = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    return {**inside, PDF: (folder.parent / PDF).read_bytes()}


class Digests:
    """Facts of files as the manifest lists them; those of bytes seen before are not made again."""

    def __init__(self) -> None:
        self._known: dict[int, dict[str, object]] = {}

    def of(self, content: bytes, *, is_kept: bool) -> dict[str, object]:
        if id(content) in self._known:
            return self._known[id(content)]
        facts: dict[str, object] = {"sha256": digest_bytes(content), "size_bytes": len(content)}
        if is_kept:
            self._known[id(content)] = facts
        return facts


def named(contents: Contents, whole: Contents, digests: Digests) -> set[str]:
    """Return the files that verification finds at fault."""
    records = {n: c for n, c in contents.items() if n.startswith(f"{SIGNATURES_FOLDER}/")}
    apart = {MANIFEST_FILE, TRAIL, PDF, *records}
    found = {
        name: digests.of(content, is_kept=content is whole.get(name))
        for name, content in contents.items()
        if name not in apart
    }
    manifest, trail = contents.get(MANIFEST_FILE), contents.get(TRAIL)
    items = list(seal_items(Sealed(manifest=manifest, trail=trail, found=found)))
    changes = Changes(manifest=manifest or b"", files=())
    signed = read_signed(records)
    approvals, _ = record_signature_items(signed, changes, Trust())
    items += [*approvals, pdf_bytes_item(signed, PDF, contents[PDF])]
    return at_fault(items)


def at_fault(items: Iterable[Item]) -> set[str]:
    return {name for item in items if item.is_failed for name in item.files}


def changed(content: bytes, draw: random.Random) -> tuple[bytes, int]:
    """Return the bytes with one of them changed, and where."""
    place = draw.randrange(len(content))
    other = content[place] ^ draw.randrange(1, 256)
    return content[:place] + bytes([other]) + content[place + 1 :], place


def missed_changes(whole: Contents, changes: int, draw: random.Random) -> list[str]:
    """Return the changes that were not found, or not in the right file.

    Half of the changes draw a file first, half a byte of all, so that small files are met too.
    """
    digests, names = Digests(), sorted(whole)
    assert named(whole, whole, digests) == set()
    sizes = [len(whole[name]) for name in names]
    missed = []
    for number in range(changes):
        (name,) = draw.choices(names, sizes if number % 2 else None)
        content, place = changed(whole[name], draw)
        if name not in named({**whole, name: content}, whole, digests):
            missed.append(f"{name} at byte {place}")
    return missed


def missed_in_pdf(
    pdf: Path, changes: int, draw: random.Random, where: Callable[[bytes], range] | None = None
) -> list[str]:
    """Return the changes of a PDF that it does not show by itself."""
    content, missed = pdf.read_bytes(), []
    other = pdf.with_name("changed.pdf")
    for _ in range(changes):
        inside = range(len(content)) if where is None else where(content)
        place = draw.choice(inside)
        byte = content[place] ^ draw.randrange(1, 256)
        other.write_bytes(content[:place] + bytes([byte]) + content[place + 1 :])
        if other.name not in at_fault(verify_pdf(other)):
            missed.append(f"{other.name} at byte {place}")
    other.unlink(missing_ok=True)
    return missed


def missed_by_command(folder: Path, changes: int, draw: random.Random) -> list[str]:
    """Return the changes that ``samd-validate verify`` did not find, or not in the right file.

    Each is made on the disk and taken back; the command runs in this process.
    """
    whole, missed = contents_of(folder), []
    names = sorted(whole)
    sizes = [len(whole[name]) for name in names]
    for number in range(changes):
        (name,) = draw.choices(names, sizes if number % 2 else None)
        path = folder.parent / PDF if name == PDF else folder / name
        content, place = changed(whole[name], draw)
        path.write_bytes(content)
        code, files = verified_by_command(folder)
        path.write_bytes(whole[name])
        if code != 1 or path.name not in {Path(one).name for one in files}:
            missed.append(f"{name} at byte {place}")
    assert verified_by_command(folder) == (0, set())
    return missed


def verified_by_command(folder: Path) -> tuple[int, set[str]]:
    """Return how ``samd-validate verify`` ends, and the files that it names."""
    from samd_validate.cli import main as command

    told, before = folder.parent / "told.json", sys.argv
    sys.argv = ["samd-validate", "verify", str(folder), "--json", str(told)]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            command()
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    finally:
        sys.argv = before
    items = json.loads(told.read_bytes())["items"]
    return code, {name for one in items if one["status"] == "failed" for name in one["files"]}


def last_container(content: bytes) -> range:
    """Return where the last signature's own container stands, which no signature covers."""
    start = content.rfind(b"/Contents <") + len(b"/Contents <")
    return range(start, content.index(b">", start))


def main(arguments: list[str]) -> int:
    place, (changes, in_pdf, by_command, seed) = Path(arguments[0]), map(int, arguments[1:])
    place.mkdir(parents=True, exist_ok=True)
    folder, draw = signed_run(place), random.Random(seed)
    whole = contents_of(folder)
    missed = missed_changes(whole, changes, draw)
    alone = missed_in_pdf(folder.parent / PDF, in_pdf, draw)
    alone += missed_in_pdf(folder.parent / PDF, in_pdf, draw, last_container)
    told = {"files": len(whole), "changes": changes, "missed": missed}
    told |= {"changes_of_pdf_alone": 2 * in_pdf, "missed_alone": alone}
    commanded = missed_by_command(folder, by_command, draw)
    told |= {"changes_by_command": by_command, "missed_by_command": commanded}
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return int(bool(missed or alone or commanded))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
