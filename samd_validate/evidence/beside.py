"""What is written beside a folder of evidence for people to read: pages and tables, by digest.

The list lies beside them, bound to the manifest. It shows what was changed by mistake or by
somebody who did not know of it; whoever makes the list fit again is not found by it, but by
``samd-validate report``, which makes pages and tables anew from the evidence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from samd_validate.core.canonical import canonical_bytes, digest, digest_bytes
from samd_validate.evidence.folder import MANIFEST_FILE
from samd_validate.evidence.verification.item import Item, failed, held, not_possible
from samd_validate.evidence.whole import write_whole

LIST_VERSION = 1
SUFFIX = "-reports.json"
BESIDE_ITEM = "pages and tables beside the evidence are as they were written"


def list_of_reports(folder: Path, out: Path | None = None) -> Path:
    """Return where the list of a folder's reports lies.

    >>> list_of_reports(Path("runs/icu")).as_posix()
    'runs/icu-reports.json'
    """
    return (out or folder.parent) / f"{folder.name}{SUFFIX}"


def write_list(folder: Path, paths: Iterable[Path], out: Path | None = None) -> None:
    """Write the list of some files, in place of an earlier one."""
    files = {path.name: digest_bytes(path.read_bytes()) for path in sorted(paths)}
    content = {"manifest": digest_bytes((folder / MANIFEST_FILE).read_bytes()), "files": files}
    whole = {"schema_version": LIST_VERSION, "list": content, "list_digest": digest(content)}
    write_whole(list_of_reports(folder, out), canonical_bytes(whole))


def listed_files(folder: Path) -> list[Path]:
    """Return the files of the list beside a folder that are there; none without a list."""
    content = _read(list_of_reports(folder))
    names = [] if content is None else sorted(content["files"])
    return [path for path in (folder.parent / name for name in names) if path.is_file()]


def beside_item(folder: Path) -> Item:
    """Test the pages and tables beside a folder of evidence against their list."""
    place = list_of_reports(folder)
    if not place.is_file():
        return not_possible(BESIDE_ITEM, f"there is no {place.name}")
    content = _read(place)
    if content is None:
        return failed(BESIDE_ITEM, f"{place.name} is not as it was written", [place.name])
    if content["manifest"] != digest_bytes((folder / MANIFEST_FILE).read_bytes()):
        return failed(BESIDE_ITEM, f"{place.name} is of other evidence", [place.name])
    found = {path.name: digest_bytes(path.read_bytes()) for path in listed_files(folder)}
    changed = [name for name, had in content["files"].items() if found.get(name, had) != had]
    gone = sorted(content["files"].keys() - found.keys())
    if gone and not changed:
        return not_possible(BESIDE_ITEM, f"not here: {', '.join(gone)}")
    told = [f"{name} was changed" for name in changed]
    return held(BESIDE_ITEM, told, f"{len(found)} files", changed)


def _read(place: Path) -> dict[str, Any] | None:
    """Return the content of a list; None if it is not the canonical form of one."""
    try:
        written = place.read_bytes()
        whole = json.loads(written)
        content = whole["list"]
        known = whole["schema_version"] == LIST_VERSION and whole["list_digest"] == digest(content)
        plain = all(isinstance(key, str) and "/" not in key for key in content["files"])
        is_whole = known and plain and canonical_bytes(whole) == written
        is_whole = is_whole and content.keys() == {"files", "manifest"}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return content if is_whole and isinstance(content["files"], dict) else None
