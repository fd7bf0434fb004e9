"""What in the headers of images could tell who it is: attributes by name, and how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from samd_validate.core.bundle import Bundle
from samd_validate.report.build import Numbers, code, grid, items, number
from samd_validate.report.tree import Block, Cell, Paragraph, Section
from samd_validate.report.words import count_words

LEAD = (
    "Attributes of DICOM headers that can tell who a patient is, or who took or read it, were "
    "counted by name; no value of them is in the evidence or in this report. In brackets: images "
    "that do not state that the identity of the patient was removed (PatientIdentityRemoved)."
)
STATES = (
    ("patient_identity_removed", "Identity of the patient removed"),
    ("burned_in_annotation", "Text burned into the image"),
)


def identity(bundle: Bundle, numbers: Numbers) -> Section | None:
    """Return the counts of identifying attributes by data set, None if no reader told of any."""
    told = {
        cohort.id: account
        for cohort in bundle.cohorts
        if isinstance(account := bundle.attachments.get(f"identity_{cohort.id}"), Mapping)
    }
    if not told:
        return None
    blocks: tuple[Block, ...] = (
        Paragraph(text=LEAD),
        _states(told, numbers),
        _attributes(told, numbers),
    )
    return Section(id="identity", title="Identity in image headers", blocks=blocks)


def _states(told: Mapping[str, Mapping[str, object]], numbers: Numbers) -> Block:
    rows = []
    for name, account in told.items():
        for key, title in STATES:
            state = account.get(key)
            found = state if isinstance(state, Mapping) else {}
            shown = [number(_count(found.get(one))) for one in ("yes", "no", "not_told")]
            rows.append([code(name), Cell(text=title), *shown])
    heads = ("Data set", "What headers state", "Yes", "No", "Not told")
    return grid(numbers, "identity-stated", "What headers state of identity", heads, rows)


def _attributes(told: Mapping[str, Mapping[str, object]], numbers: Numbers) -> Block:
    filled = {
        name: {str(one["name"]): one for one in items(account, "attributes")}
        for name, account in told.items()
    }
    names = list(dict.fromkeys(name for counts in filled.values() for name in counts))
    if not names:
        return Paragraph(text="No identifying attribute is filled in any image.", look="note")
    rows = [[code(name), *_cells(name, filled)] for name in names]
    heads = ("Attribute", *(f"{name}, images" for name in told))
    title = "Identifying attributes that are filled"
    return grid(numbers, "identity-attributes", title, heads, rows, look="small")


def _cells(name: str, filled: Mapping[str, Mapping[str, Mapping[str, object]]]) -> Sequence[Cell]:
    found = [counts.get(name, {}) for counts in filled.values()]
    return [
        number(f"{_count(one.get('images'))} ({_count(one.get('images_not_marked_as_removed'))})")
        for one in found
    ]


def _count(value: object) -> str:
    return count_words(value) if isinstance(value, int) else "0"
