"""What was left out, handled and found of identity: rows of the flow, an attachment, problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.cohort import FlowRow
from samd_validate.core.errors import Problem
from samd_validate.readers.dicom.identity import PRIVATE, counts
from samd_validate.readers.dicom.params import DicomFolderParams
from samd_validate.readers.dicom.record import Record
from samd_validate.readers.dicom.scan import Scanned, listed
from samd_validate.readers.images.source import Spacing

AT = {
    "PixelSpacing": "spacing as calibrated in the patient (PixelSpacing)",
    "ImagerPixelSpacing": "spacing at the detector (ImagerPixelSpacing), not corrected",
    "NominalScannedPixelSpacing": "spacing of a scanned film (NominalScannedPixelSpacing)",
}


UNUSED = "mask objects that refer to no image here"
WITHOUT = "without pixel spacing: distances are in pixels"


def flow_row(kind: str, reason: str, count: int, counted: str = "images") -> FlowRow:
    """Return a row of the cohort flow."""
    return FlowRow(kind=kind, reason=reason, count=count, counted=counted)


def skipped_rows(scan: Scanned, n_unused: int) -> list[FlowRow]:
    """Return the rows of what is in the folder and is no image."""
    skipped = {**scan.skipped, **({UNUSED: n_unused} if n_unused else {})}
    return [flow_row("handled", what, n, "files") for what, n in sorted(skipped.items())]


def handled_rows(
    records: Sequence[Record],
    spacings: Sequence[Spacing],
    columns: Mapping[str, Column | FloatArray],
    ages: Counter[str],
    params: DicomFolderParams,
) -> list[FlowRow]:
    """Return what was done to images, and of how many something is not known."""
    shown = Counter("full depth" if params.grey == "full" else one.shown_by for one in records)
    found = {f"grey by {by}": n for by, n in sorted(shown.items())}
    found["MONOCHROME1, inverted"] = sum(one.groups["polarity"] == "MONOCHROME1" for one in records)
    found |= _spacing_counts(records, spacings, params)
    found |= dict(sorted(ages.items()))
    found |= {f"{name} not recorded": _unknown(column) for name, column in columns.items()}
    found |= _identity_counts(records)
    always = (*_identity_counts(records), WITHOUT)
    return [
        flow_row("handled", reason, count)
        for reason, count in found.items()
        if count or reason in always
    ]


def _unknown(column: Column | FloatArray) -> int:
    is_text = np.issubdtype(column.dtype, np.str_)
    return int((column == "").sum() if is_text else np.isnan(column).sum())


def _spacing_counts(
    records: Sequence[Record], spacings: Sequence[Spacing], params: DicomFolderParams
) -> dict[str, int]:
    if params.spacing_mm is not None:
        return {"spacing as the protocol says": len(records)}
    told = Counter(one.pixel_size.tag for one in records)
    found = {words: told[tag] for tag, words in AT.items()}
    without = sum(one is None for one in spacings)
    return {**found, WITHOUT: without}


def _identity_counts(records: Sequence[Record]) -> dict[str, int]:
    told = [one.identity for one in records]
    return {
        "identity of the patient not marked as removed": sum(i.is_removed != "YES" for i in told),
        "with identifying attributes filled": sum(bool(i.filled - {PRIVATE}) for i in told),
        "with private attributes": sum(PRIVATE in i.filled for i in told),
        "burned-in annotation: yes": sum(i.has_burned_in == "YES" for i in told),
        "burned-in annotation: not told": sum(i.has_burned_in == "" for i in told),
    }


def identity_account(records: Sequence[Record]) -> dict[str, object]:
    """Return the attachment on identity: names of attributes and counts of images, no value."""
    told = [one.identity for one in records]
    removed, burned = (
        Counter(one.is_removed for one in told),
        Counter(one.has_burned_in for one in told),
    )
    return {
        "schema_version": 1,
        "images": len(told),
        "patient_identity_removed": _told(removed),
        "burned_in_annotation": _told(burned),
        "attributes": [
            {"name": name, "images": n, "images_not_marked_as_removed": bare}
            for name, (n, bare) in counts(told).items()
        ],
    }


def _told(counted: Counter[str]) -> dict[str, int]:
    return {"yes": counted["YES"], "no": counted["NO"], "not_told": counted[""]}


def identity_problems(records: Sequence[Record], params: DicomFolderParams) -> Iterator[Problem]:
    """Return each attribute that tells who it is, and text burned in, where these are refused."""
    if params.identity == "refuse":
        bare = [one for one in records if one.identity.is_removed != "YES"]
        for name in counts([one.identity for one in bare]):
            files = [one.name for one in bare if name in one.identity.filled]
            yield Problem(
                where=f"{len(files)} images: {listed(files)}",
                found=f"{name} is filled, and PatientIdentityRemoved is not YES",
                expected="images without what tells who it is, since params.identity is refuse",
                todo="de-identify them (DICOM PS3.15, annex E), or say identity: report",
            )
    files = [one.name for one in records if one.identity.has_burned_in == "YES"]
    if params.burned_in == "refuse" and files:
        yield Problem(
            where=f"{len(files)} images: {listed(files)}",
            found="BurnedInAnnotation is YES",
            expected="images without text in their pixels, since params.burned_in is refuse",
            todo="take them out, or say burned_in: exclude, or report",
        )
