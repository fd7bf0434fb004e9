"""The release's table of images: findings, patients, ages, and the pixel spacing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.readers._tables import TextTable

Named: TypeAlias = Literal[
    "Atelectasis",
    "Cardiomegaly",
    "Consolidation",
    "Edema",
    "Effusion",
    "Emphysema",
    "Fibrosis",
    "Hernia",
    "Infiltration",
    "Mass",
    "Nodule",
    "Pleural_Thickening",
    "Pneumonia",
    "Pneumothorax",
]
Finding: TypeAlias = Literal["any", Named]
FINDINGS: tuple[str, ...] = get_args(Named)
ANY = "any"
NONE = "No Finding"
TABLES = ("Data_Entry_2017_v2020.csv", "Data_Entry_2017.csv")
SEX = {"F": "female", "M": "male"}
OLDEST = 120
PER_YEAR = {"": 1.0, "Y": 1.0, "M": 12.0, "D": 365.25}
AGE = re.compile(r"(\d+)([YMD]?)")
IMAGE, FOUND, PATIENT = "Image Index", "Finding Labels", "Patient ID"
WIDTH, HEIGHT = "OriginalImage[Width", "Height]"
SPACING = ("OriginalImagePixelSpacing[x", "y]")
COLUMNS = (
    IMAGE,
    FOUND,
    "Follow-up #",
    PATIENT,
    "Patient Age",
    "Patient Gender",
    "View Position",
    WIDTH,
    HEIGHT,
    *SPACING,
)


@dataclass(frozen=True, kw_only=True)
class Entries:
    """The table as columns ``(n,)``; ages above 120 years are NaN and marked in ``is_too_old``.

    ``spacing_mm`` and ``size`` are ``(n, 2)``, down the rows and along the columns, of the image
    before it was brought to the size of the release; NaN where the table does not tell.
    """

    table: TextTable
    image: Column
    finding: Column
    patient: Column
    sex: Column
    view: Column
    age_years: FloatArray
    follow_up: FloatArray
    spacing_mm: FloatArray
    size: FloatArray
    is_too_old: BoolArray

    def has(self, finding: str) -> BoolArray:
        """Return which images have a finding, or any of the fourteen."""
        if finding == ANY:
            return np.asarray(self.finding != NONE)
        words = [set(text.split("|")) for text in self.finding.tolist()]
        return np.array([finding in one for one in words], dtype=np.bool_)


def found_file(place: Path, names: Sequence[str]) -> Path | None:
    """Return the first of the files that is there, plain or gzipped.

    Raises
    ------
    CannotRun
        If one file is there in both forms.
    """
    for name in names:
        forms = [one for one in (place / name, place / f"{name}.gz") if one.is_file()]
        if len(forms) > 1:
            raise CannotRun(
                Problem(
                    where=str(name),
                    found="the file both plain and gzipped",
                    expected="one of the two",
                    todo="remove the older one",
                )
            )
        if forms:
            return forms[0]
    return None


def read_entries(path: Path) -> Entries:
    """Read the table; every row that cannot be used is told.

    Raises
    ------
    CannotRun
        For missing columns, images named twice, unknown findings, and rows without a patient.
    """
    table = TextTable(path, COLUMNS)
    image, finding, patient = (table.text(name) for name in (IMAGE, FOUND, PATIENT))
    problems = table.refuse(IMAGE, _repeated(image), "an image named before", "one row an image")
    problems += table.refuse(FOUND, _unknown(finding), "no known findings", _known())
    problems += table.refuse(PATIENT, patient == "", "no patient", "a patient for each image")
    if table.size == 0:
        problems.append(_empty(path))
    gather(problems)
    age = _years(table.text("Patient Age"))
    too_old = age > OLDEST
    sex = table.text("Patient Gender").tolist()
    return Entries(
        table=table,
        image=image,
        finding=finding,
        patient=patient,
        sex=np.array([SEX.get(word, "") for word in sex], dtype=np.str_),
        view=table.text("View Position"),
        age_years=np.where(too_old, np.nan, age),
        follow_up=table.numbers("Follow-up #"),
        spacing_mm=_positive(table, SPACING[::-1]),
        size=_positive(table, (HEIGHT, WIDTH)),
        is_too_old=np.asarray(too_old),
    )


def _repeated(values: Column) -> BoolArray:
    _, first = np.unique(values, return_index=True)
    again = np.ones(values.size, dtype=np.bool_)
    again[first] = False
    return again


def _unknown(finding: Column) -> BoolArray:
    """Return where a word is none of the fourteen, or 'No Finding' stands beside one."""
    known = set(FINDINGS)
    texts, place = np.unique(finding, return_inverse=True)
    wrong = [text != NONE and not set(text.split("|")) <= known for text in texts.tolist()]
    return np.asarray(np.array(wrong, dtype=np.bool_)[place])


def _known() -> str:
    return f"'{NONE}' alone, or findings joined by '|': {', '.join(FINDINGS)}"


def _years(texts: Column) -> FloatArray:
    """Return ages in years; the first release wrote them with a unit, such as 058Y or 011M."""
    found = [AGE.fullmatch(text.strip()) for text in texts.tolist()]
    return np.array([int(m[1]) / PER_YEAR[m[2]] if m else np.nan for m in found], dtype=np.float64)


def _positive(table: TextTable, columns: Sequence[str]) -> FloatArray:
    values = np.stack([table.numbers(name) for name in columns], axis=1)
    return np.where(np.isfinite(values) & (values > 0), values, np.nan)


def _empty(path: Path) -> Problem:
    return Problem(
        where=path.name, found="no rows", expected="a row per image", todo="restore the file"
    )
