"""NIH ChestX-ray14 as it is released: frontal radiographs, text-mined findings, some boxes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from samd_validate.core.arrays import BoolArray, FloatArray, IntArray
from samd_validate.core.canonical import digest
from samd_validate.core.cohort import TARGET, Cohort, FlowRow, Provenance, SourceFile
from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.readers.events.people import age_bands
from samd_validate.readers.images.inspect import inspected
from samd_validate.readers.images.source import ImageFiles, Spacing
from samd_validate.readers.nih.boxes import BOX_TABLES, BoxedImages, Boxes, read_boxes
from samd_validate.readers.nih.entries import (
    ANY,
    TABLES,
    Entries,
    found_file,
    read_entries,
)
from samd_validate.readers.nih.folders import (
    OfficialList,
    images_under,
    masks_in,
    official_list,
    sizes,
)

YOUNGEST = 0
Finding = Literal[
    "any",
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


class NihCxr14Params(BaseModel):
    """Which finding is the label, which images are wanted, and what the reference masks are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    finding: Finding | None = Field(default=None, description="the label; null: any finding")
    findings: tuple[Finding, ...] = Field(
        default=(), description="several: the first is the label, the others are targets beside it"
    )
    part: Literal["train_val", "test", "all"] = Field(
        default="all", description="by the official lists"
    )
    views: Annotated[tuple[Literal["PA", "AP"], ...], Field(min_length=1)] = ("PA", "AP")
    images: str | None = Field(default=None, description="folder of images; null: images...")
    only_images_present: bool = Field(
        default=False, description="leave out, counted, rows whose image is not in the folder"
    )
    boxes: bool = Field(default=False, description="reference masks from boxes of the label")
    masks: str | None = Field(
        default=None, description="folder of masks by image name; they go before boxes"
    )
    labels: tuple[int, ...] | None = Field(default=None, description="labels a mask may hold")

    @model_validator(mode="after")
    def _one_way(self) -> NihCxr14Params:
        if self.finding is not None and self.findings:
            raise ValueError("give either finding or findings")
        if len(set(self.findings)) < len(self.findings):
            raise ValueError("findings must not name one twice")
        return self

    @property
    def wanted(self) -> tuple[str, ...]:
        """Return the findings, the label first."""
        return self.findings or (self.finding or ANY,)


@dataclass(frozen=True, kw_only=True)
class _Chosen:
    """The rows of the table that are wanted, their files, and why others are not."""

    rows: IntArray
    paths: tuple[Path, ...]
    flow: tuple[FlowRow, ...]
    listed: OfficialList | None


@reader("nih_cxr14", version=1, params=NihCxr14Params, gives=("images", "masks"))
def nih_cxr14(request: ReadRequest, params: NihCxr14Params) -> Cohort:
    """Read the release: a row of its table is a unit, the patient is who is resampled.

    Every file is opened once before anything else. Images are found by their name, in whatever
    folder the archives were unpacked. See docs/methods/nih_cxr14.md.
    """
    place, table = _place(request)
    entries = read_entries(table)
    chosen = _chosen(place, entries, params)
    boxes = _boxes(place, params)
    images, faults = _images(place, entries, chosen, boxes, params)
    seen = inspected(images.files, params.labels, f"reading {request.dataset}", request.progress)
    gather([*faults, *seen.problems])
    rows, wanted = chosen.rows, params.wanted
    targets = {
        f"{TARGET}{finding.lower()}": entries.has(finding)[rows].astype(np.float64)
        for finding in wanted[1:]
    }
    age = entries.age_years[rows]
    return Cohort(
        name=request.dataset,
        unit_id=np.array([Path(name).stem for name in entries.image[rows].tolist()]),
        patient_id=entries.patient[rows],
        site=np.full(rows.size, "NIH Clinical Center"),
        label=entries.has(wanted[0])[rows],
        groups={
            "sex": entries.sex[rows],
            "age_band": age_bands(age, YOUNGEST),
            "view": entries.view[rows],
        },
        numbers={"age_years": age, "follow_up": entries.follow_up[rows], **targets},
        units={"age_years": "years"},
        images=images,
        flow=(*chosen.flow, *_handled(entries, chosen, images, params)),
        provenance=_provenance(entries, chosen, boxes, seen.digests, params),
    )


def _place(request: ReadRequest) -> tuple[Path, Path]:
    place = Path(request.place) if request.place else None
    table = None if place is None else found_file(place, TABLES)
    if place is not None and table is not None:
        return place, table
    raise CannotRun(
        Problem(
            where=f"data set {request.dataset!r}",
            found=f"no {TABLES[0]} in {place}" if place else "no place",
            expected=f"a folder with {' or '.join(TABLES)} (plain or .gz) and the images",
            todo="bind it with --dataset NAME=PATH",
        )
    )


def _chosen(place: Path, entries: Entries, params: NihCxr14Params) -> _Chosen:
    listed = None if params.part == "all" else official_list(place, params.part)
    paths = images_under(place, params.images)
    keep = np.ones(entries.image.size, dtype=np.bool_)
    flow = [_row("start", f"rows of {entries.table.name}", keep.size)]
    steps = {"another view": np.isin(entries.view, params.views)}
    if listed is not None:
        words = f"not in the official part {params.part}"
        steps = {words: np.isin(entries.image, sorted(listed.names)), **steps}
    is_there = np.isin(entries.image, list(paths))
    if params.only_images_present:
        steps["no such image in the folder"] = is_there
    for reason, wanted in steps.items():
        flow.append(_row("excluded", reason, int((keep & ~wanted).sum())))
        keep &= wanted
    _refuse(keep, keep & ~is_there)
    rows = np.flatnonzero(keep)
    rows = rows[np.argsort(entries.image[rows], kind="stable")]
    strangers = len(paths) - int(np.isin(list(paths), entries.image).sum())
    flow.append(_row("handled", "image files that the table does not name", strangers))
    files = tuple(paths[name] for name in entries.image[rows].tolist())
    return _Chosen(rows=rows, paths=files, flow=tuple(flow), listed=listed)


def _refuse(keep: BoolArray, lacking: BoolArray) -> None:
    found, todo = "", ""
    if not keep.any():
        found, todo = "no row that is wanted", "correct params, or bind another folder"
    if lacking.any():
        found = f"{int(lacking.sum())} of {int(keep.sum())} images are not in the folder"
        todo = "unpack all archives, or say only_images_present: true to leave them out, counted"
    if found:
        expected = "an image for each row that is wanted"
        raise CannotRun(Problem(where="images", found=found, expected=expected, todo=todo))


def _row(kind: str, reason: str, count: int) -> FlowRow:
    return FlowRow(kind=kind, reason=reason, count=count, counted="images")


def _boxes(place: Path, params: NihCxr14Params) -> Boxes | None:
    if not params.boxes:
        return None
    path = found_file(place, BOX_TABLES)
    if path is None:
        raise CannotRun(
            Problem(
                where=BOX_TABLES[0],
                found="no such file, plain or .gz",
                expected="the release's boxes, since params.boxes is true",
                todo="restore it, or leave boxes out",
            )
        )
    return read_boxes(path, params.wanted[0])


def _images(
    place: Path, entries: Entries, chosen: _Chosen, boxes: Boxes | None, params: NihCxr14Params
) -> tuple[BoxedImages, list[Problem]]:
    names = entries.image[chosen.rows]
    masks = {} if params.masks is None else masks_in(place / params.masks, names)
    of_image = {} if boxes is None else boxes.of_image
    files = ImageFiles(
        colour="grey",
        paths=chosen.paths,
        masks=tuple(masks.get(name) for name in names.tolist()),
        spacings=_spacings(entries, chosen),
    )
    boxed = tuple(of_image.get(name, ()) for name in names.tolist())
    faults = [] if masks or params.masks is None else [_no_masks(params.masks)]
    return BoxedImages(files=files, boxes=boxed), faults


def _no_masks(folder: str) -> Problem:
    return Problem(
        where=f"folder {folder}",
        found="no mask for any image that is wanted",
        expected="masks named as their images",
        todo="correct params.masks, or leave it out",
    )


def _spacings(entries: Entries, chosen: _Chosen) -> tuple[Spacing, ...]:
    """Return the spacing of each file: the original's, times original by actual size."""
    scale = entries.size[chosen.rows] / sizes(chosen.paths)
    spacing: FloatArray = entries.spacing_mm[chosen.rows] * scale
    known = np.asarray(np.isfinite(spacing).all(axis=1))
    pairs = zip(spacing.tolist(), known.tolist(), strict=True)
    return tuple((one[0], one[1]) if is_known else None for one, is_known in pairs)


def _handled(
    entries: Entries, chosen: _Chosen, images: BoxedImages, params: NihCxr14Params
) -> tuple[FlowRow, ...]:
    rows = chosen.rows
    unknown_age = int(np.isnan(entries.age_years[rows]).sum())
    spacings = images.files.spacings
    too_old = int(entries.is_too_old[rows].sum())
    flow = [
        _row("handled", "age above 120 years in the table, taken as unknown", too_old),
        _row("handled", "age_years not recorded", unknown_age),
        _row("handled", "sex not recorded", int((entries.sex[rows] == "").sum())),
        _row("handled", "without pixel spacing", sum(one is None for one in spacings)),
    ]
    boxed = sum(
        bool(b) and m is None for b, m in zip(images.boxes, images.files.masks, strict=True)
    )
    if params.boxes:
        flow.append(_row("handled", "reference standard derived from boxes", boxed))
    masked = sum(path is not None for path in images.files.masks)
    if params.masks is not None:
        flow.append(_row("handled", "reference standard from a mask file", masked))
    return (*flow, _row("kept", "in the cohort", rows.size))


def _provenance(
    entries: Entries,
    chosen: _Chosen,
    boxes: Boxes | None,
    digests: tuple[str, ...],
    params: NihCxr14Params,
) -> Provenance:
    notes = [
        "Findings were mined from reports by a program; the authors state about 90 % accuracy."
    ]
    if boxes is not None:
        words = "The reference standard of place is box-derived: a box frames a finding, and holds "
        notes.append(f"{words}healthy tissue too. Only some images with a finding have one.")
    if params.masks is not None:
        notes.append("Where an image has a mask file, the mask and not the box is its reference.")
    tables = [entries.table.file]
    tables += [] if boxes is None else [boxes.table.file]
    tables += [] if chosen.listed is None else [chosen.listed.file]
    return Provenance(
        source="nih-chestxray14",
        title="NIH ChestX-ray14",
        licence="No restrictions on use; cite the source and acknowledge the NIH Clinical Center",
        citation="Wang X et al. 2017, doi:10.1109/CVPR.2017.369; data from the NIH Clinical Center",
        fingerprint=_fingerprint(tables, digests),
        files=tuple(tables),
        notes=(*notes, f"{len(digests)} image and mask files"),
    )


def _fingerprint(tables: list[SourceFile], digests: tuple[str, ...]) -> str:
    return digest([*(one.sha256 for one in tables), *digests])
