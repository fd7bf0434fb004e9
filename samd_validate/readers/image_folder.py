"""A folder of images with a table beside it: PNG, JPEG, TIFF or NIfTI, and masks if any."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.core.canonical import digest
from samd_validate.core.cohort import Cohort, FlowRow, Provenance
from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.readers._tables import TextTable
from samd_validate.readers.events.people import age_bands
from samd_validate.readers.events.simulated import told_as_simulated
from samd_validate.readers.images.flow import counted
from samd_validate.readers.images.inspect import Inspected, inspected
from samd_validate.readers.images.pixels import Colour
from samd_validate.readers.images.source import ImageFiles, Millimetres, Spacing

ADULT = 18


class ImageColumns(BaseModel):
    """Which column of the table holds what; None: the table does not tell."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: str = "image"
    mask: str | None = Field(default=None, description="name of the mask's file")
    unit: str | None = Field(default=None, description="id of the image; null: its file name")
    patient: str | None = Field(default=None, description="null: every image is a patient")
    site: str | None = None
    label: str | None = Field(default=None, description="0 or 1; null: whether the mask is empty")
    spacing_mm: str | None = Field(default=None, description="millimetres between pixel centres")
    groups: dict[str, str] = Field(default_factory=dict, description="our name: its column")
    numbers: dict[str, str] = Field(default_factory=dict, description="our name: its column")


class ImageFolderParams(BaseModel):
    """Where the table and the files are, which rows are wanted, and what the files must be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str = "manifest.csv"
    images: str = Field(default="images", description="folder of the images, beside the table")
    masks: str | None = Field(default=None, description="folder of the masks; null: no masks")
    suffix: str = Field(default="", description="added to the table's names, such as .png")
    columns: ImageColumns = ImageColumns()
    where: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="column: values that a row must have"
    )
    colour: Colour = "grey"
    labels: tuple[int, ...] | None = Field(
        default=None, description="labels a mask may hold; null: any"
    )
    missing_masks: Literal["refuse", "exclude"] = "refuse"
    spacing_mm: tuple[Millimetres, Millimetres] | None = Field(
        default=None, description="of all images, where the table has no column of it"
    )
    title: str = "folder of images"
    licence: str = "as stated by the owner of the images"
    citation: str = ""


@reader("image_folder", version=1, params=ImageFolderParams, gives=("images", "masks"))
def image_folder(request: ReadRequest, params: ImageFolderParams) -> Cohort:
    """Read images and their masks by a table of patients, sites and groups.

    Every file is opened once before anything else, and all that is wrong with any is told
    together. Images stay on the disk and are read one at a time. The unit is the image, the
    resampling unit the patient. See docs/methods/image_folder.md.
    """
    place = _place(request, params)
    table = TextTable(place / params.table, _columns(params))
    gather(_strays(table, params))
    rows, flow = _chosen(table, place, params)
    files = _files(table, place, rows, params)
    seen = inspected(files, params.labels, f"reading {request.dataset}", request.progress)
    label, faults = _labels(table, rows, params, seen)
    gather([*seen.problems, *faults])
    text = params.columns
    unit = _text(table, text.unit, rows, [path.name for path in files.paths])
    gather(_doubles(table, unit))
    numbers = {name: table.numbers(column)[rows] for name, column in text.numbers.items()}
    cohort = Cohort(
        name=request.dataset,
        unit_id=unit,
        patient_id=_text(table, text.patient, rows, unit.tolist()),
        site=_text(table, text.site, rows, [request.dataset] * rows.size),
        label=label,
        groups=_groups(table, text, rows, numbers),
        numbers=numbers,
        images=files,
        flow=(*flow, *_handled(files, numbers), counted("kept", "in the cohort", rows.size)),
        provenance=_provenance(params, table, seen),
    )
    return told_as_simulated(cohort, place)


def _place(request: ReadRequest, params: ImageFolderParams) -> Path:
    place = Path(request.place) if request.place else None
    if place is not None and (place / params.table).is_file():
        return place
    raise CannotRun(
        Problem(
            where=f"data set {request.dataset!r}",
            found=f"no {params.table} in {place}" if place else "no place",
            expected="a folder with the table of images",
            todo="bind it with --dataset NAME=PATH, or correct params.table",
        )
    )


def _strays(table: TextTable, params: ImageFolderParams) -> list[Problem]:
    """Return the names of files that lead out of the folder of images or of masks."""
    named = [params.columns.image]
    if params.masks is not None and params.columns.mask:
        named.append(params.columns.mask)
    problems = []
    for column in named:
        paths = [PurePath(name) for name in table.text(column).tolist()]
        wrong = np.array([one.is_absolute() or ".." in one.parts for one in paths], dtype=np.bool_)
        expected = "names of files inside the folder, without .."
        problems += table.refuse(column, wrong, "a path that leads out of the folder", expected)
    return problems


def _columns(params: ImageFolderParams) -> list[str]:
    one = params.columns
    single = (one.image, one.mask, one.unit, one.patient, one.site, one.label, one.spacing_mm)
    more = (*one.groups.values(), *one.numbers.values(), *params.where)
    return [*(name for name in single if name), *more]


def _chosen(
    table: TextTable, place: Path, params: ImageFolderParams
) -> tuple[Column, list[FlowRow]]:
    """Return the row numbers of the table that are wanted, and why others are not."""
    keep = np.ones(table.size, dtype=np.bool_)
    flow = [counted("start", f"rows of {params.table}", table.size)]
    for column, values in params.where.items():
        wanted = np.isin(table.text(column), values)
        words = f"{column} is none of {', '.join(values)}"
        flow.append(counted("excluded", words, int((keep & ~wanted).sum())))
        keep &= wanted
    if params.masks is not None and params.missing_masks == "exclude":
        has_mask = _has_mask(table, place, params)
        flow.append(counted("excluded", "without a mask", int((keep & ~has_mask).sum())))
        keep &= has_mask
    if not keep.any():
        raise CannotRun(
            Problem(
                where=params.table,
                found="no row that is wanted",
                expected="at least one",
                todo="correct params.where, or bind another folder",
            )
        )
    return np.flatnonzero(keep), flow


def _has_mask(table: TextTable, place: Path, params: ImageFolderParams) -> BoolArray:
    names = _mask_names(table, params)
    folder = place / str(params.masks)
    return np.array([bool(name) and (folder / name).is_file() for name in names], dtype=np.bool_)


def _mask_names(table: TextTable, params: ImageFolderParams) -> list[str]:
    column = params.columns.mask or params.columns.image
    return [f"{name}{params.suffix}" if name else "" for name in table.text(column).tolist()]


def _files(table: TextTable, place: Path, rows: Column, params: ImageFolderParams) -> ImageFiles:
    names = [f"{name}{params.suffix}" for name in table.text(params.columns.image).tolist()]
    masks: list[Path | None] = [None] * table.size
    if params.masks is not None:
        folder = place / params.masks
        masks = [folder / name if name else None for name in _mask_names(table, params)]
    spacings = _spacings(table, params)
    return ImageFiles(
        colour=params.colour,
        paths=tuple(place / params.images / names[row] for row in rows.tolist()),
        masks=tuple(masks[row] for row in rows.tolist()),
        spacings=tuple(spacings[row] for row in rows.tolist()),
    )


def _spacings(table: TextTable, params: ImageFolderParams) -> list[Spacing]:
    if params.columns.spacing_mm is None:
        return [params.spacing_mm] * table.size
    values = table.numbers(params.columns.spacing_mm).tolist()
    return [(value, value) if 0 < value < math.inf else None for value in values]


def _labels(
    table: TextTable, rows: Column, params: ImageFolderParams, seen: Inspected
) -> tuple[Column, list[Problem]]:
    """Return the labels; without a column of them, whether a mask marks anything."""
    column = params.columns.label
    if column is None:
        return np.array(seen.is_marked, dtype=np.int8), []
    value = table.numbers(column)
    wrong = np.zeros(table.size, dtype=np.bool_)
    wrong[rows] = ~np.isin(value[rows], (0, 1))
    problems = table.refuse(column, wrong, "a label other than 0 or 1", "0 or 1")
    return np.nan_to_num(value[rows]).astype(np.int8) if not problems else rows * 0, problems


def _text(table: TextTable, column: str | None, rows: Column, otherwise: list[str]) -> Column:
    return np.array(otherwise, dtype=np.str_) if column is None else table.text(column)[rows]


def _groups(
    table: TextTable, text: ImageColumns, rows: Column, numbers: Mapping[str, FloatArray]
) -> dict[str, Column]:
    """Return the groups of the table, and bands of age where there is an age and no such group."""
    groups = {name: table.text(column)[rows] for name, column in text.groups.items()}
    if "age_years" in numbers:
        youngest = 0 if (numbers["age_years"] < ADULT).any() else ADULT
        groups.setdefault("age_band", age_bands(numbers["age_years"], youngest))
    return groups


def _doubles(table: TextTable, unit: Column) -> list[Problem]:
    double = int(unit.size - np.unique(unit).size)
    found = f"{double} images with an id seen before"
    expected, todo = "one row for each image", "name a column of unique ids, or mend the table"
    problem = Problem(where=table.name, found=found, expected=expected, todo=todo)
    return [problem] if double else []


def _handled(files: ImageFiles, numbers: Mapping[str, FloatArray]) -> list[FlowRow]:
    without = sum(spacing is None for spacing in files.spacings)
    rows = [counted("handled", "without pixel spacing: distances are in pixels", without)]
    rows += [
        counted("handled", f"{name} not recorded", int(np.isnan(column).sum()))
        for name, column in numbers.items()
    ]
    return rows


def _provenance(params: ImageFolderParams, table: TextTable, seen: Inspected) -> Provenance:
    return Provenance(
        source="image-folder",
        title=params.title,
        licence=params.licence,
        citation=params.citation,
        fingerprint=digest([table.file.sha256, *seen.digests]),
        files=(table.file,),
        notes=(f"{len(seen.digests)} image and mask files of {seen.n_bytes} bytes",),
    )
