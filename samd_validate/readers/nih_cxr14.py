"""NIH ChestX-ray14 as it is released: frontal radiographs, text-mined findings, some boxes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from samd_validate.core.arrays import FloatArray
from samd_validate.core.canonical import digest
from samd_validate.core.cohort import TARGET, Cohort, FlowRow, Provenance
from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.readers.events.people import age_bands
from samd_validate.readers.images.flow import counted
from samd_validate.readers.images.inspect import inspected
from samd_validate.readers.images.source import ImageFiles, Spacing
from samd_validate.readers.nih.boxes import BOX_TABLES, BoxedImages, Boxes, read_boxes
from samd_validate.readers.nih.choosing import Chosen, chosen_rows
from samd_validate.readers.nih.entries import TABLES, Entries, found_file, read_entries
from samd_validate.readers.nih.folders import masks_in, sizes
from samd_validate.readers.nih.params import NihCxr14Params

YOUNGEST = 0


@reader("nih_cxr14", version=1, params=NihCxr14Params, gives=("images", "masks"))
def nih_cxr14(request: ReadRequest, params: NihCxr14Params) -> Cohort:
    """Read the release: a row of its table is a unit, the patient is who is resampled.

    Every file is opened once before anything else. Images are found by their name, in whatever
    folder the archives were unpacked. See docs/methods/nih_cxr14.md.
    """
    place, table = _place(request)
    entries = read_entries(table)
    chosen = chosen_rows(place, entries, params)
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
    place: Path, entries: Entries, chosen: Chosen, boxes: Boxes | None, params: NihCxr14Params
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


def _spacings(entries: Entries, chosen: Chosen) -> tuple[Spacing, ...]:
    """Return the spacing of each file: the original's, times original by actual size."""
    scale = entries.size[chosen.rows] / sizes(chosen.paths)
    spacing: FloatArray = entries.spacing_mm[chosen.rows] * scale
    known = np.asarray(np.isfinite(spacing).all(axis=1))
    pairs = zip(spacing.tolist(), known.tolist(), strict=True)
    return tuple((one[0], one[1]) if is_known else None for one, is_known in pairs)


def _handled(
    entries: Entries, chosen: Chosen, images: BoxedImages, params: NihCxr14Params
) -> tuple[FlowRow, ...]:
    rows = chosen.rows
    unknown_age = int(np.isnan(entries.age_years[rows]).sum())
    spacings = images.files.spacings
    too_old = int(entries.is_too_old[rows].sum())
    flow = [
        counted("handled", "age above 120 years in the table, taken as unknown", too_old),
        counted("handled", "age_years not recorded", unknown_age),
        counted("handled", "sex not recorded", int((entries.sex[rows] == "").sum())),
        counted("handled", "without pixel spacing", sum(one is None for one in spacings)),
    ]
    boxed = sum(
        bool(b) and m is None for b, m in zip(images.boxes, images.files.masks, strict=True)
    )
    if params.boxes:
        flow.append(counted("handled", "reference standard derived from boxes", boxed))
    masked = sum(path is not None for path in images.files.masks)
    if params.masks is not None:
        flow.append(counted("handled", "reference standard from a mask file", masked))
    return (*flow, counted("kept", "in the cohort", rows.size))


def _provenance(
    entries: Entries,
    chosen: Chosen,
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
        fingerprint=digest([*(one.sha256 for one in tables), *digests]),
        files=tuple(tables),
        notes=(*notes, f"{len(digests)} image and mask files"),
    )
