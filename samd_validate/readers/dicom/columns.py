"""Columns of the cohort: from the table where it has them, else from the headers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from samd_validate.core.arrays import Column, FloatArray, IntArray
from samd_validate.core.cohort import SourceFile
from samd_validate.core.errors import Problem
from samd_validate.readers._tables import TextTable
from samd_validate.readers.dicom.identity import pseudonym
from samd_validate.readers.dicom.params import DicomFolderParams
from samd_validate.readers.dicom.record import NUMBERED, Record
from samd_validate.readers.dicom.scan import listed
from samd_validate.readers.dicom.tags import GROUPS, NUMBERS, bounded
from samd_validate.readers.events.people import age_bands

ADULT = 18
AGE = "age_years"


class Told:
    """What the table tells of images, found by their names; empty where there is no table."""

    def __init__(self, place: Path, params: DicomFolderParams) -> None:
        self._table: TextTable | None = None
        self._row: dict[str, int] = {}
        self.problems: list[Problem] = []
        if params.table is not None:
            self._table = TextTable(place / params.table, _named(params))
            self._read(self._table, params)

    def _read(self, table: TextTable, params: DicomFolderParams) -> None:
        below = f"{params.images}/" if params.images else ""
        names = [f"{below}{name}" for name in table.text(params.columns.file).tolist()]
        self._row = {name: row for row, name in enumerate(names)}
        double = np.array([self._row[name] != row for row, name in enumerate(names)])
        found, expected = "an image that has another row too", "one row an image"
        self.problems += table.refuse(params.columns.file, double, found, expected)
        column = params.columns.label
        if column is not None:
            wrong = ~np.isin(table.numbers(column), (0, 1))
            self.problems += table.refuse(column, wrong, "a label other than 0 or 1", "0 or 1")

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """Return name, size and digest of the table, if there is one."""
        return () if self._table is None else (self._table.file,)

    def has(self, name: str) -> bool:
        """Return whether an image is in the table, or there is none to be in."""
        return self._table is None or name in self._row

    def strangers(self, names: Sequence[str]) -> list[str]:
        """Return the images that the table names and that are not among some names."""
        return sorted(set(self._row) - set(names))

    def text(self, column: str, records: Sequence[Record]) -> list[str]:
        """Return the text of a column for some images."""
        assert self._table is not None  # noqa: S101 (a column is named only where there is a table)
        cells = self._table.text(column).tolist()
        return [str(cells[self._row[one.name]]) for one in records]

    def numbers(self, column: str, records: Sequence[Record]) -> FloatArray:
        """Return the numbers of a column for some images, NaN where there is none."""
        assert self._table is not None  # noqa: S101 (a column is named only where there is a table)
        return self._table.numbers(column)[[self._row[one.name] for one in records]]


def _named(params: DicomFolderParams) -> list[str]:
    one = params.columns
    single = (one.file, one.patient, one.site, one.label, one.mask)
    return [*(name for name in single if name), *one.groups.values(), *one.numbers.values()]


def patients(
    records: Sequence[Record], told: Told, params: DicomFolderParams
) -> tuple[list[str], list[Problem]]:
    """Return pseudonyms of the patients, and a problem that lists images without one."""
    column = params.columns.patient
    if column is not None:
        names = [pseudonym("", one) if one else "" for one in told.text(column, records)]
    else:
        names = [one.patient or _instead(one, params.without_patient_id) for one in records]
    lacking = [one.name for one, name in zip(records, names, strict=True) if not name]
    if not lacking:
        return names, []
    problem = Problem(
        where=f"{len(lacking)} images: {listed(lacking)}",
        found="no patient id in the header, and no column of patients",
        expected="a patient for each image",
        todo="give a column of patients, or say without_patient_id: study",
    )
    return names, [problem]


def _instead(record: Record, of: str) -> str:
    """Return what counts as the patient where a file has no id of one."""
    return {"study": record.study, "image": pseudonym("image", record.uid)}.get(of, "")


def sites(
    records: Sequence[Record], told: Told, params: DicomFolderParams, dataset: str
) -> list[str]:
    """Return the site of each image."""
    if params.columns.site is not None:
        return told.text(params.columns.site, records)
    if params.site == "data_set":
        return [dataset] * len(records)
    return [one or f"{dataset} unknown" for one in _scanner(records, params.site, dataset)]


def _scanner(records: Sequence[Record], what: str, dataset: str) -> list[str]:
    names = [one.scanner[what] for one in records]
    return [f"{dataset} {one}" if one and what in NUMBERED else one for one in names]


def groups(
    records: Sequence[Record], told: Told, params: DicomFolderParams, dataset: str
) -> dict[str, Column]:
    """Return sex, view, scanner and words of the exposure; the table's columns go before them."""
    found = {"sex": [one.sex for one in records], "view": [one.view for one in records]}
    found |= {what: _scanner(records, what, dataset) for what in params.scanner}
    found |= {
        what: [one.groups[what] for one in records] for what in params.acquisition if what in GROUPS
    }
    found |= {name: told.text(column, records) for name, column in params.columns.groups.items()}
    return {name: np.array(column, dtype=np.str_) for name, column in found.items()}


def numbers(
    records: Sequence[Record], told: Told, params: DicomFolderParams
) -> tuple[dict[str, FloatArray], Counter[str]]:
    """Return age and numbers of the exposure, and what was done to ages."""
    ages = [one.age for one in records]
    column = params.columns.numbers.get(AGE)
    if column is not None:
        ages = [bounded(years) for years in told.numbers(column, records).tolist()]
    found = {AGE: np.array([one.years for one in ages])}
    found |= {
        what: np.array([one.numbers[what] for one in records])
        for what in params.acquisition
        if what in NUMBERS
    }
    others = {name: one for name, one in params.columns.numbers.items() if name != AGE}
    found |= {name: told.numbers(one, records) for name, one in others.items()}
    return found, Counter(one.handled for one in ages if one.handled)


def with_age_bands(groups: dict[str, Column], numbers: Mapping[str, FloatArray]) -> None:
    """Add bands of age where there is no such group."""
    youngest = 0 if (numbers[AGE] < ADULT).any() else ADULT
    groups.setdefault("age_band", age_bands(numbers[AGE], youngest))


def labels(
    records: Sequence[Record], told: Told, params: DicomFolderParams, is_marked: Sequence[bool]
) -> IntArray:
    """Return the labels of the table, else whether the mask of an image marks anything."""
    column = params.columns.label
    if column is None:
        return np.array(is_marked, dtype=np.int64)
    return np.nan_to_num(told.numbers(column, records)).astype(np.int64)
