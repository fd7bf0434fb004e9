"""A folder of DICOM radiographs: grey pictures, what their headers tell, masks if any."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from samd_validate.core.arrays import Column
from samd_validate.core.canonical import digest
from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.readers._files import bound_folder
from samd_validate.readers.dicom.account import (
    flow_row,
    handled_rows,
    identity_account,
    identity_problems,
    skipped_rows,
)
from samd_validate.readers.dicom.choosing import Chosen, chosen
from samd_validate.readers.dicom.columns import (
    Told,
    groups,
    labels,
    numbers,
    patients,
    sites,
    with_age_bands,
)
from samd_validate.readers.dicom.inspect import Inspected, inspected
from samd_validate.readers.dicom.linking import spacing_of
from samd_validate.readers.dicom.params import DicomFolderParams
from samd_validate.readers.dicom.scan import Scanned, Wanted, scanned
from samd_validate.readers.dicom.source import DicomImages
from samd_validate.readers.dicom.tags import UNITS
from samd_validate.readers.events.simulated import told_as_simulated
from samd_validate.readers.images.inspect import shortened


@reader("dicom_folder", version=1, params=DicomFolderParams, gives=("images", "masks"))
def dicom_folder(request: ReadRequest, params: DicomFolderParams) -> Cohort:
    """Read single-frame grey DICOM images, their headers, and masks from files, SEG or RTSTRUCT.

    Every file is opened once before anything else, and all that is wrong with any is told
    together. The unit is the image, the resampling unit the patient. Names, dates and ids of a
    header are counted and never copied. See docs/methods/dicom_folder.md.
    """
    _refuse_without_pydicom()
    expected = "a folder with DICOM files"
    place = bound_folder(request, expected=expected, source=request.dataset)
    told = Told(place, params)
    scan = _scanned(place, request, params)
    kept = chosen(scan, told, place, request.dataset, params)
    images = _images(kept, params)
    mask_labels = None if params.masks is None else params.masks.labels
    what = f"reading {request.dataset}"
    seen = inspected(images, place, mask_labels, what, request.progress)
    patient, lacking = patients(kept.records, told, params)
    problems = [*scan.problems, *told.problems, *kept.problems, *lacking]
    problems += [*identity_problems(kept.records, params), *seen.problems]
    gather(shortened(problems))
    cohort = _cohort(request, params, told, scan, kept, images, seen, patient)
    return told_as_simulated(cohort, place)


def _refuse_without_pydicom() -> None:
    try:
        import pydicom  # noqa: F401 (is it there?)
    except ImportError:
        found, expected = "the package pydicom is not installed", "pydicom 3"
        todo = "pip install 'samd-validate[imaging]'"
        where = "reader 'dicom_folder'"
        raise CannotRun(Problem(where=where, found=found, expected=expected, todo=todo)) from None


def _scanned(place: Path, request: ReadRequest, params: DicomFolderParams) -> Scanned:
    names = [params.images]
    if params.masks is not None and params.masks.source != "files":
        names.append(params.masks.folder or params.images)
    lacking = [name for name in names if not (place / name).is_dir()]
    gather([_no_folder(name) for name in dict.fromkeys(lacking)])
    wanted = Wanted(
        modalities=params.modalities,
        others=params.other_modalities,
        has_spacing=params.spacing_mm is not None,
        has_masks_of=None if params.masks is None else params.masks.source,
    )
    what = f"reading {request.dataset}"
    return scanned([place / name for name in names], place, wanted, what, request.progress)


def _no_folder(name: str) -> Problem:
    return Problem(
        where=f"folder {name}",
        found="no such folder",
        expected="a folder below the bound one",
        todo="correct params.images or params.masks.folder, or bind another folder",
    )


def _images(kept: Chosen, params: DicomFolderParams) -> DicomImages:
    return DicomImages(
        grey=params.grey,
        paths=tuple(one.path for one in kept.records),
        shapes=tuple(one.shape for one in kept.records),
        masks=kept.link.masks,
        spacings=tuple(spacing_of(one, params) for one in kept.records),
    )


def _cohort(
    request: ReadRequest,
    params: DicomFolderParams,
    told: Told,
    scan: Scanned,
    kept: Chosen,
    images: DicomImages,
    seen: Inspected,
    patient: list[str],
) -> Cohort:
    records, name = kept.records, request.dataset
    number, ages = numbers(records, told, params)
    group = groups(records, told, params, name)
    with_age_bands(group, number)
    columns: dict[str, Column] = {**group, **number}
    handled = handled_rows(records, images.spacings, columns, ages, params)
    flow = [*kept.flow, *skipped_rows(scan, kept.link.n_unused), *handled]
    return Cohort(
        name=name,
        unit_id=np.array([f"{name}-{one.number:05d}" for one in records]),
        patient_id=np.array(patient),
        site=np.array(sites(records, told, params, name)),
        label=labels(records, told, params, seen.is_marked),
        groups=group,
        numbers=number,
        units={"age_years": "years", **{one: UNITS[one] for one in number if one in UNITS}},
        images=images,
        flow=(*flow, flow_row("kept", "in the cohort", len(records))),
        provenance=_provenance(params, told, seen),
        attachments={f"identity_{name}": identity_account(records)},
    )


def _provenance(params: DicomFolderParams, told: Told, seen: Inspected) -> Provenance:
    prints = [*(one.sha256 for one in told.files), *seen.digests]
    return Provenance(
        source="dicom-folder",
        title=params.title,
        licence=params.licence,
        citation=params.citation,
        fingerprint=digest(prints),
        files=told.files,
        notes=(f"{len(seen.digests)} image and mask files",),
    )
