"""Which mask belongs to which image: by name, or by the UID that a mask object refers to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from samd_validate.core.errors import Problem
from samd_validate.readers.dicom.columns import Told
from samd_validate.readers.dicom.contours import contoured_images
from samd_validate.readers.dicom.masks import ContourMask, Mask, PictureMask, SegmentMask
from samd_validate.readers.dicom.params import DicomFolderParams, DicomMasks
from samd_validate.readers.dicom.read import DataSet, header
from samd_validate.readers.dicom.record import Record
from samd_validate.readers.dicom.scan import fault
from samd_validate.readers.dicom.segments import segmented_images
from samd_validate.readers.images.inspect import said
from samd_validate.readers.images.pixels import Unreadable
from samd_validate.readers.images.source import Spacing

IMAGES_OF: Mapping[str, Callable[[DataSet], set[str]]] = {
    "seg": segmented_images,
    "rtstruct": contoured_images,
}


@dataclass(frozen=True, kw_only=True)
class Linked:
    """The mask of each image (None: it has none), mask objects of no image here, problems."""

    masks: tuple[Mask | None, ...]
    n_unused: int = 0
    problems: tuple[Problem, ...] = ()


def spacing_of(record: Record, params: DicomFolderParams) -> Spacing:
    """Return the spacing of an image: that of the protocol, else that of its header."""
    return params.spacing_mm or record.pixel_size.spacing_mm


def linked(
    records: Sequence[Record],
    objects: Sequence[Path],
    told: Told,
    place: Path,
    params: DicomFolderParams,
) -> Linked:
    """Return the masks of some images."""
    if params.masks is None:
        return Linked(masks=(None,) * len(records))
    if params.masks.source == "files":
        names = _names(records, told, params, params.masks)
        return Linked(masks=tuple(_picture(place, name) for name in names))
    return _by_reference(records, objects, place, params, params.masks)


def _picture(place: Path, name: str) -> Mask | None:
    """Return a picture below the bound folder; a table that leads out of it names none."""
    path = place / name
    is_below = path.is_relative_to(place) and ".." not in PurePosixPath(name).parts
    return PictureMask(path=path) if is_below and path.is_file() else None


def _names(
    records: Sequence[Record], told: Told, params: DicomFolderParams, masks: DicomMasks
) -> list[str]:
    """Return the path of each mask below the place."""
    folder = PurePosixPath(masks.folder or params.images)
    if params.columns.mask is not None:
        return [str(folder / name) for name in told.text(params.columns.mask, records)]
    names = (PurePosixPath(one.name).relative_to(params.images or ".") for one in records)
    return [str(folder / name.with_suffix(masks.suffix)) for name in names]


def _by_reference(
    records: Sequence[Record],
    objects: Sequence[Path],
    place: Path,
    params: DicomFolderParams,
    masks: DicomMasks,
) -> Linked:
    found, problems = _referred(objects, place, IMAGES_OF[masks.source])
    known = {one.uid for one in records}
    of_image: dict[str, tuple[Path, ...]] = {}
    for path, images in found.items():
        for uid in images & known:
            of_image[uid] = (*of_image.get(uid, ()), path)
    return Linked(
        masks=tuple(_object(one, of_image.get(one.uid, ()), params, masks) for one in records),
        n_unused=sum(not images & known for images in found.values()),
        problems=tuple(problems),
    )


def _object(
    record: Record, files: tuple[Path, ...], params: DicomFolderParams, masks: DicomMasks
) -> Mask | None:
    if not files:
        return None
    if masks.source == "seg":
        return SegmentMask(files=files, image=record.uid, structures=masks.structures)
    plane = replace(record.plane, spacing_mm=spacing_of(record, params))
    return ContourMask(files=files, image=record.uid, plane=plane, structures=masks.structures)


def _referred(
    objects: Sequence[Path], place: Path, images_of: Callable[[DataSet], set[str]]
) -> tuple[dict[Path, set[str]], list[Problem]]:
    """Return the UIDs of the images that each mask object refers to."""
    found, problems = {}, []
    for path in objects:
        try:
            found[path] = images_of(header(path))
        except (Unreadable, OSError) as error:
            problems.append(fault(path.relative_to(place).as_posix(), said(error)))
    return found, problems
