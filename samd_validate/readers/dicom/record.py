"""What is kept of one header: nothing that names a person, and no UID that leaves the memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from samd_validate.readers.dicom.contours import Plane, plane_of
from samd_validate.readers.dicom.identity import (
    Identity,
    identity_of,
    numbered,
    patient_of,
    pseudonym,
)
from samd_validate.readers.dicom.pixels import shown_by
from samd_validate.readers.dicom.read import DataSet, text, whole_number
from samd_validate.readers.dicom.tags import (
    GROUPS,
    NUMBERS,
    Age,
    PixelSize,
    age_of,
    pixel_size_of,
    term,
)

SCANNER = {
    "manufacturer": "Manufacturer",
    "model": "ManufacturerModelName",
    "station": "StationName",
    "institution": "InstitutionName",
}
NUMBERED = ("station", "institution")
"""What of a scanner bears a number in place of its name, which could tell where it stands."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One image: where it lies, whose it is by pseudonym, and what its header tells."""

    path: Path
    name: str
    number: int
    uid: str
    patient: str
    study: str
    sex: str
    view: str
    age: Age
    scanner: Mapping[str, str]
    groups: Mapping[str, str]
    numbers: Mapping[str, float]
    pixel_size: PixelSize
    plane: Plane
    shape: tuple[int, int]
    identity: Identity
    shown_by: str


def with_numbers(records: Sequence[Record]) -> tuple[Record, ...]:
    """Return the images of a folder with numbers in place of names of stations and institutions."""
    names = {what: numbered([one.scanner[what] for one in records], what) for what in NUMBERED}
    return tuple(
        replace(one, scanner={**one.scanner, **{what: names[what][row] for what in NUMBERED}})
        for row, one in enumerate(records)
    )


def record_of(dataset: DataSet, path: Path, name: str, *, number: int) -> Record:
    """Return what is kept of a header."""
    pixel_size = pixel_size_of(dataset)
    study = text(dataset, "StudyInstanceUID")
    return Record(
        path=path,
        name=name,
        number=number,
        uid=text(dataset, "SOPInstanceUID"),
        patient=patient_of(dataset),
        study=pseudonym("study", study) if study else "",
        sex=term(dataset, "PatientSex"),
        view=term(dataset, "ViewPosition"),
        age=age_of(dataset),
        scanner={one: text(dataset, keyword) for one, keyword in SCANNER.items()},
        groups={one: read(dataset) for one, read in GROUPS.items()},
        numbers={one: read(dataset) for one, read in NUMBERS.items()},
        pixel_size=pixel_size,
        plane=plane_of(dataset, pixel_size.spacing_mm),
        shape=(whole_number(dataset, "Rows") or 0, whole_number(dataset, "Columns") or 0),
        identity=identity_of(dataset),
        shown_by=shown_by(dataset, "window"),
    )
