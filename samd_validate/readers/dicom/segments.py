"""Segments of a DICOM-SEG on the image that they were drawn on, read by highdicom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from samd_validate.core.arrays import Column
from samd_validate.readers.dicom.read import DataSet, carefully, text, value
from samd_validate.readers.dicom.structures import Structures, chosen
from samd_validate.readers.images.pixels import Unreadable

MARKED = 0.5
DAMAGED = "a DICOM-SEG that is damaged, or of a kind that cannot be read"
LACKING = "a DICOM-SEG, and the package highdicom is not installed"


def segmented_images(dataset: DataSet) -> set[str]:
    """Return the UIDs of the images that a DICOM-SEG refers to."""
    found: set[str] = set()
    with carefully(DAMAGED):
        for series in value(dataset, "ReferencedSeriesSequence") or ():
            for one in value(series, "ReferencedInstanceSequence") or ():
                found.add(text(one, "ReferencedSOPInstanceUID"))
        for one in value(dataset, "SourceImageSequence") or ():
            found.add(text(one, "ReferencedSOPInstanceUID"))
    return found - {""}


def drawn_segments(
    path: Path, image: str, structures: Structures | None, shape: tuple[int, int]
) -> Column:
    """Return the label image of a DICOM-SEG on one image; a later structure is on top.

    A pixel of a fractional segment is marked from one half.

    Raises
    ------
    Unreadable
        If it is damaged, of another size, or has no such structure.
    """
    with carefully(DAMAGED):
        segmentation = _opened(path)
        names = {
            int(one.segment_number): str(one.segment_label)
            for one in (segmentation.get_segment_description(n) for n in _numbers(segmentation))
        }
    wanted = chosen(names, structures, "a DICOM-SEG")
    labels = np.zeros(shape, dtype=np.uint16)
    if not wanted:
        return labels
    with carefully(DAMAGED):
        planes = _planes(segmentation, image, list(wanted))
    if planes.shape[:2] != shape:
        words = "{} x {} pixels, and its image has {} x {}"
        raise Unreadable(words.format(*planes.shape[:2], *shape))
    for place, label in enumerate(wanted.values()):
        labels[planes[..., place] >= MARKED] = label
    return labels


def _opened(path: Path) -> Any:
    try:
        import highdicom
    except ImportError:
        raise Unreadable(LACKING) from None
    import pydicom

    dataset = pydicom.dcmread(path)
    _drop_incomplete_measures(dataset)
    return highdicom.seg.Segmentation.from_dataset(dataset, copy=False)


def _drop_incomplete_measures(dataset: DataSet) -> None:
    """Take out pixel measures without a slice thickness: masks of radiographs have none.

    highdicom writes such measures and does not read them; the spacing is the image's anyway.
    """
    groups = value(dataset, "SharedFunctionalGroupsSequence") or ()
    for group in groups:
        measures = value(group, "PixelMeasuresSequence") or ()
        if any("SliceThickness" not in one for one in measures):
            del group.PixelMeasuresSequence


def _numbers(segmentation: Any) -> list[int]:
    return [int(number) for number in segmentation.segment_numbers if int(number) > 0]


def _planes(segmentation: Any, image: str, numbers: list[int]) -> Column:
    """Return what is marked of each segment on one image, ``(rows, columns, segments)``."""
    planes = segmentation.get_pixels_by_source_instance(
        [image],
        segment_numbers=numbers,
        combine_segments=False,
        ignore_spatial_locations=True,
        assert_missing_frames_are_empty=True,
    )
    return np.asarray(planes[0], dtype=np.float32)
