"""The seals of a bundle: its manifest, the files that it lists, and the chain of its trail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from samd_validate.core.canonical import canonical_bytes, digest
from samd_validate.evidence.audit import TRAIL_FILE
from samd_validate.evidence.chain import ChainState, read_chain
from samd_validate.evidence.folder import BESIDE, MANIFEST_FILE, MANIFEST_VERSION
from samd_validate.evidence.verification.item import Item, failed, held, named, not_possible, ok

MANIFEST_ITEM = "the manifest is there and readable"
KEYS = frozenset({"schema_version", "files", "beside", "content_digest", "audit"})


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """What is sealed: bytes of manifest and trail (None: not there), digests of all other files.

    ``absent`` are files that this source does not carry and cannot be blamed for, such as
    predictions in a PDF, each with the reason.
    """

    manifest: bytes | None
    trail: bytes | None
    found: Mapping[str, Mapping[str, object]]
    absent: Mapping[str, str] = field(default_factory=dict)


def read_manifest(content: bytes | None) -> dict[str, Any] | None:
    """Return a manifest of this version in its canonical form; None for anything else."""
    try:
        manifest = json.loads(content or b"")
        known = manifest["schema_version"] == MANIFEST_VERSION and manifest.keys() == KEYS
        is_canonical = known and canonical_bytes(manifest) == content
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    shaped = is_canonical and isinstance(manifest["audit"], dict)
    listed = shaped and all(isinstance(manifest[name], dict) for name in ("files", "beside"))
    return manifest if listed else None


def seal_items(sealed: Sealed) -> tuple[Item, ...]:
    """Test manifest, files, content digest, audit chain and audit head.

    Without a readable manifest there is one item, which failed.
    """
    manifest = read_manifest(sealed.manifest)
    if manifest is None:
        words = f"no readable {MANIFEST_FILE} of version {MANIFEST_VERSION}"
        return (failed(MANIFEST_ITEM, words, [MANIFEST_FILE]),)
    return (
        ok(MANIFEST_ITEM, "read"),
        *_file_items(sealed, manifest),
        *_chain_items(sealed, manifest),
    )


def _file_items(sealed: Sealed, manifest: Mapping[str, Any]) -> tuple[Item, ...]:
    listed = {**manifest["files"], **manifest["beside"]}
    found, absent = sealed.found, listed.keys() & sealed.absent.keys()
    lost = sorted(listed.keys() - found.keys() - absent)
    changed = sorted(name for name in listed.keys() & found.keys() if listed[name] != found[name])
    beside = sorted(found.keys() - listed.keys())
    faults = [*(f"{name} is not there" for name in lost), *(f"{n} was changed" for n in changed)]
    fits = digest(manifest["files"]) == manifest["content_digest"]
    is_divided = set(manifest["beside"]) <= BESIDE
    wrong = [] if fits and is_divided else [f"{MANIFEST_FILE}: another digest than its list gives"]
    whole = f"{len(listed) - len(absent)} files"
    items = [
        held("every file is as the manifest lists it", faults, whole, lost + changed),
        held("nothing lies beside the listed files", beside, "nothing", beside),
        held(
            "the content digest is that of the list",
            wrong,
            str(manifest["content_digest"]),
            [MANIFEST_FILE],
        ),
    ]
    if absent:
        why = f"{sealed.absent[min(absent)]}: {named(sorted(absent))}"
        items.insert(1, not_possible("files that are kept elsewhere are as listed", why))
    return tuple(items)


def _chain_items(sealed: Sealed, manifest: Mapping[str, Any]) -> tuple[Item, ...]:
    state = read_chain(sealed.trail or b"")
    is_whole = state.broken_at is None and state.entries > 0
    broken = [] if is_whole else [f"{TRAIL_FILE} is broken at line {state.broken_at or 1}"]
    is_head = manifest["audit"] == {"head": state.head, "entries": state.entries}
    other = (
        [] if is_whole and is_head else [f"{TRAIL_FILE} ends elsewhere than {MANIFEST_FILE} says"]
    )
    name = "each line of the audit trail follows from the last"
    return (
        held(name, broken, _chain_words(state), [TRAIL_FILE]),
        held("the manifest holds the head of the audit trail", other, state.head, [TRAIL_FILE]),
    )


def _chain_words(state: ChainState) -> str:
    back = f"; at {state.clock_steps} of them the clock had gone back" if state.clock_steps else ""
    return f"{state.entries} lines{back}"
