"""Masks of DICOM radiographs: pictures, DICOM-SEG by highdicom, RTSTRUCT drawn into the grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import Array, contours, folder, radiograph, save, segmentation
from dicom_reading import counts, faults, read, reference
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from matplotlib.path import Path as Outline
from PIL import Image
from pydicom import dcmread

from samd_validate.core.cohort import Cohort
from samd_validate.readers.dicom.contours import inside

LUNG = np.zeros((12, 16), dtype=bool)
LUNG[2:8, 3:9] = True
HEART = np.zeros_like(LUNG)
HEART[5:10, 7:12] = True
SQUARE = np.array([[0.5, 0.5], [0.5, 4.5], [3.5, 4.5], [3.5, 0.5]])


def with_segments(place: Path, kind: str = "BINARY", **tags: Any) -> Path:
    """Write two images, one with a DICOM-SEG of lung and heart in a folder of its own."""
    folder(place, 2, **tags)
    masks = {"Lung": LUNG, "Heart": HEART}
    if kind == "FRACTIONAL":
        masks = {name: 0.6 * mask + 0.2 * ~mask for name, mask in masks.items()}
    segmentation(place / "seg" / "one.dcm", place / "images" / "1.dcm", masks, kind)
    return place


def of_seg(place: Path, **masks: Any) -> Cohort:
    told = {"source": "seg", "folder": "seg", "missing": "exclude", **masks}
    return read(place, masks=told)


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL"])
def test_segments_keep_their_numbers_and_the_later_is_on_top(tmp_path: Path, kind: str) -> None:
    cohort = of_seg(with_segments(tmp_path, kind))
    assert cohort.unit_id.tolist() == ["d-00002"]
    assert counts(cohort)["without a mask"] == 1
    expected = np.where(HEART, 2, LUNG.astype(int))
    np.testing.assert_array_equal(reference(cohort), expected)
    assert cohort.label.tolist() == [1]


@pytest.mark.parametrize("key", ["lung", "1"])
def test_segment_is_chosen_by_name_or_number(tmp_path: Path, key: str) -> None:
    cohort = of_seg(with_segments(tmp_path), structures={key: 7})
    np.testing.assert_array_equal(reference(cohort), 7 * LUNG)


def test_segments_of_a_positioned_image_are_on_its_grid(tmp_path: Path) -> None:
    tags = {
        "ImagePositionPatient": (10, 20, 30),
        "ImageOrientationPatient": (1, 0, 0, 0, 0, -1),
        "FrameOfReferenceUID": "1.2.3",
        "SliceThickness": 1,
    }
    cohort = of_seg(with_segments(tmp_path, **tags), structures={"Heart": 1})
    np.testing.assert_array_equal(reference(cohort), HEART)


def test_segments_in_two_files_come_together(tmp_path: Path) -> None:
    place = folder(tmp_path, 1)
    image = place / "images" / "0.dcm"
    for name, mask in (("a", LUNG), ("b", HEART)):
        segmentation(place / "seg" / f"{name}.dcm", image, {name: mask})
    assert counts(of_seg(place))["in the cohort"] == 1
    np.testing.assert_array_equal(reference(of_seg(place)), LUNG | HEART)


def test_segment_that_is_not_there_is_told_and_a_missing_object_too(tmp_path: Path) -> None:
    place = with_segments(tmp_path)
    told = {"source": "seg", "folder": "seg", "structures": {"Spine": 1}}
    assert faults(place, masks=told) == {
        "images/0.dcm": "without a mask",
        "seg/one.dcm": "a DICOM-SEG without the structure 'Spine'; it has the numbers 1, 2",
    }


def test_segments_of_another_size_are_told(tmp_path: Path) -> None:
    place = with_segments(tmp_path)
    image = dcmread(place / "images" / "1.dcm")
    small = radiograph(1, np.zeros((6, 16), np.uint16))
    assert small.SOPInstanceUID == image.SOPInstanceUID
    save(place / "images" / "1.dcm", small)
    told = {"source": "seg", "folder": "seg", "missing": "exclude"}
    assert faults(place, masks=told) == {"seg/one.dcm": "12 x 16 pixels, and its image has 6 x 16"}


def test_damaged_segmentation_is_told(tmp_path: Path) -> None:
    place = with_segments(tmp_path)
    path = place / "seg" / "one.dcm"
    one = dcmread(path)
    del one.SegmentSequence
    one.save_as(path)
    told = {"source": "seg", "folder": "seg", "missing": "exclude"}
    assert "a DICOM-SEG that is damaged" in faults(place, masks=told)["seg/one.dcm"]


def test_segmentation_of_an_image_that_is_elsewhere_is_counted(tmp_path: Path) -> None:
    place = with_segments(tmp_path)
    save(place / "images" / "1.dcm", radiograph(77))
    segmentation(place / "seg" / "two.dcm", place / "images" / "0.dcm", {"Lung": LUNG})
    assert counts(of_seg(place))["mask objects that refer to no image here"] == 1


# contours


def points(corners: Array, spacing: float = 0.2) -> Array:
    """Return rows and columns as points in mm of an image without a position."""
    x, y = corners[:, 1] * spacing, corners[:, 0] * spacing
    return np.stack([x, y, np.zeros(len(x))], axis=1)


def with_contours(place: Path, structures: dict[str, Any], **tags: Any) -> Path:
    folder(place, 2, **tags)
    contours(place / "images" / "rt.dcm", radiograph(1), structures)
    return place


def of_rtstruct(place: Path, **masks: Any) -> Cohort:
    return read(place, masks={"source": "rtstruct", "missing": "exclude", **masks})


def test_contour_marks_the_pixels_whose_centre_it_holds(tmp_path: Path) -> None:
    cohort = of_rtstruct(with_contours(tmp_path, {"Lung": [points(SQUARE)]}))
    expected = np.zeros((12, 16))
    expected[1:4, 1:5] = 1
    np.testing.assert_array_equal(reference(cohort), expected)


def test_contour_within_a_contour_is_a_hole_and_structures_have_numbers(tmp_path: Path) -> None:
    hole = np.array([[1.5, 1.5], [1.5, 3.5], [2.5, 3.5], [2.5, 1.5]])
    structures = {"Lung": [points(SQUARE), points(hole)], "Heart": [points(SQUARE + 5)]}
    place = with_contours(tmp_path, structures)
    expected = np.zeros((12, 16))
    expected[1:4, 1:5] = 1
    expected[2, 2:4] = 0
    expected[6:9, 6:10] = 2
    np.testing.assert_array_equal(reference(of_rtstruct(place)), expected)
    few = of_rtstruct(place, structures={"heart": 9})
    np.testing.assert_array_equal(reference(few), 9 * (expected == 2))


def test_contour_of_a_positioned_image_is_in_its_plane(tmp_path: Path) -> None:
    tags = {
        "ImagePositionPatient": (10, 20, 30),
        "ImageOrientationPatient": (0, 1, 0, 0, 0, -1),
        "PixelSpacing": (0.5, 0.25),
    }
    row, column = SQUARE.T
    place_mm = np.stack([10 + 0 * row, 20 + 0.25 * column, 30 - 0.5 * row], axis=1)
    cohort = of_rtstruct(with_contours(tmp_path, {"Lung": [place_mm]}, **tags))
    expected = np.zeros((12, 16))
    expected[1:4, 1:5] = 1
    np.testing.assert_array_equal(reference(cohort), expected)


@pytest.mark.parametrize(
    ("polygons", "tags", "words"),
    [
        ([points(SQUARE)], {"PixelSpacing": None}, "without pixel spacing"),
        ([points(SQUARE)[:2]], {}, "without three points"),
    ],
)
def test_contours_that_cannot_be_drawn_are_told(
    tmp_path: Path, polygons: list[Array], tags: dict[str, Any], words: str
) -> None:
    place = with_contours(tmp_path, {"Lung": polygons}, **tags)
    told = {"source": "rtstruct", "missing": "exclude"}
    assert words in faults(place, masks=told)["images/rt.dcm"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-3, 15), st.floats(-3, 19)), min_size=3, max_size=3))
def test_triangle_of_any_three_points_is_that_of_matplotlib(
    corners: list[tuple[float, float]],
) -> None:
    triangle = np.array(corners) + 0.123456  # no centre of a pixel on an edge
    (a, b), (c, d) = triangle[1] - triangle[0], triangle[2] - triangle[0]
    assume(abs(a * d - b * c) > 0.1)
    centres = np.stack(np.mgrid[:12, :16], axis=-1).reshape(-1, 2)
    near = Outline(triangle).contains_points(centres, radius=1e-6)
    far = Outline(triangle).contains_points(centres, radius=-1e-6)
    found = inside([triangle], (12, 16)).ravel()
    certain = near == far
    np.testing.assert_array_equal(found[certain], near[certain])


# pictures


def test_picture_is_found_by_its_name_or_by_a_column(tmp_path: Path) -> None:
    place = folder(tmp_path, 2)
    assert reference(read(place), 1).sum() == 192 - 101
    (place / "masks" / "1.png").rename(place / "masks" / "other.png")
    (place / "labels.csv").write_text("file,mask\n0.dcm,0.png\n1.dcm,other.png\n")
    cohort = read(place, table="labels.csv", columns={"mask": "mask"})
    assert reference(cohort, 1).sum() == 192 - 101


@pytest.mark.parametrize("is_absolute", [True, False])
def test_picture_outside_the_bound_folder_is_none(tmp_path: Path, is_absolute: bool) -> None:
    place = folder(tmp_path / "bound", 1)
    outside = (place / "masks" / "0.png").rename(tmp_path / "outside.png")
    name = str(outside) if is_absolute else "../../outside.png"
    (place / "labels.csv").write_text(f"file,mask\n0.dcm,{name}\n")
    told = faults(place, table="labels.csv", columns={"mask": "mask"})
    assert told == {"images/0.dcm": "without a mask"}


def test_pictures_that_are_missing_strange_or_of_another_size_are_told(tmp_path: Path) -> None:
    place = folder(tmp_path, 4)
    (place / "masks" / "0.png").unlink()
    Image.fromarray(np.full((12, 16), 7, np.uint8)).save(place / "masks" / "1.png")
    Image.fromarray(np.zeros((12, 15), np.uint8)).save(place / "masks" / "2.png")
    (place / "masks" / "3.png").write_bytes(b"")
    assert faults(place, masks={"folder": "masks", "labels": [0, 1]}) == {
        "images/0.dcm": "without a mask",
        "masks/1.png": "labels 7",
        "masks/2.png": "12 x 15 pixels, and its image has 12 x 16",
        "masks/3.png": "an empty file",
    }
