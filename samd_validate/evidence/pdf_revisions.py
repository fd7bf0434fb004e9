"""What was added to a PDF after it was signed: further signatures on their places, or more."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

FORM, NOTES, FIELDS = "/AcroForm", "/Annots", "/Fields"
MAY_CHANGE = frozenset({FORM, "/Metadata", "/Extensions", "/Version"})
FORM_KEYS = frozenset({FIELDS, "/SigFlags"})
WIDGET_KEYS = frozenset({"/FT", "/T", "/Type", "/Subtype", "/F", "/Rect", "/P", "/AP", "/V"})
Boxes = Mapping[tuple[int, ...], str]


def added_fault(reader: Any, revision: int, boxes: Boxes) -> str:
    """Return what was added after a revision beside signatures; empty if nothing was.

    Of the objects that were there, only catalog, last page, form, metadata and information may
    be written anew, and of those only what names signatures. ``boxes`` are the places on the last
    page with the names of the signatures that belong there.
    """
    then = reader.get_historical_resolver(revision)
    allowed = _may_be_anew(reader, then)
    for later in range(revision + 1, reader.xrefs.total_revisions):
        if reader.xrefs.refs_freed_in_revision(later):
            return "objects were deleted after it"
        for ref in reader.xrefs.explicit_refs_in_revision(later):
            is_old = reader.xrefs.get_introducing_revision(ref) <= revision
            if is_old and ref not in allowed:
                return f"object {ref.idnum} was written anew after it"
    return _catalog_fault(reader, then) or _page_fault(reader, then, boxes)


def _may_be_anew(reader: Any, then: Any) -> set[Any]:
    root, old = reader.root, then(reader.root_ref)
    named = [root.raw_get("/Metadata"), reader.trailer.raw_get("/Info"), _last_page(reader)]
    if FORM in old:
        named.append(old.raw_get(FORM))
    return {reader.root_ref, *(one.reference for one in named)}


def _catalog_fault(reader: Any, then: Any) -> str:
    if _apart(then(reader.root_ref), MAY_CHANGE) != _apart(reader.root, MAY_CHANGE):
        return "the catalog was changed after it"
    if not set(reader.root[FORM]) <= FORM_KEYS:
        return "the form holds more than signatures"
    return ""


def _page_fault(reader: Any, then: Any, boxes: Boxes) -> str:
    place = _last_page(reader).reference
    before, page = then(place), reader.get_object(place)
    if _apart(before, {NOTES}) != _apart(page, {NOTES}):
        return "the last page was changed after it"
    had, has, fields = _named(before, NOTES), _named(page, NOTES), _named(reader.root[FORM], FIELDS)
    if has[: len(had)] != had:
        return "notes on the last page were changed after it"
    for index in range(len(had), len(has)):
        if has[index] not in fields or not _is_signature(page[NOTES][index], boxes):
            return "something was drawn over the last page after it"
    return ""


def _is_signature(note: Any, boxes: Boxes) -> bool:
    box = tuple(int(number) for number in note["/Rect"])
    is_field = str(note["/FT"]) == "/Sig" and "/V" in note
    return is_field and set(note) <= WIDGET_KEYS and boxes.get(box) == str(note["/T"])


def _last_page(reader: Any) -> Any:
    pages = reader.root["/Pages"]
    return pages["/Kids"].raw_get(len(pages["/Kids"]) - 1)


def _named(thing: Any, key: str) -> list[str]:
    """Return the references in a list of a dictionary, as words; empty where there is no list."""
    if key not in thing:
        return []
    return [repr(thing[key].raw_get(index)) for index in range(len(thing[key]))]


def _apart(thing: Any, keys: Collection[str]) -> dict[str, str]:
    return {str(key): repr(thing.raw_get(key)) for key in thing if key not in keys}
