"""A folder of images with its table: faults are told together, images are read when asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image as Pillow
from seen import counts

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.images import ImageSource
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.image_folder import ImageFolderParams, image_folder

Array = npt.NDArray[Any]
NAMES = ("a.png", "b.png", "c.png", "d.png")
COLUMNS = {
    "image": "image",
    "patient": "patient",
    "site": "site",
    "groups": {"sex": "sex"},
    "numbers": {"age_years": "age"},
}


def written(place: Path) -> Path:
    """Write four grey images of three patients, each with a square marked but the last."""
    for folder in ("images", "masks"):
        (place / folder).mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(NAMES):
        pixels = np.full((20, 24), 40 * number, dtype=np.uint8)
        mask = np.zeros((20, 24), dtype=np.uint8)
        if number < 3:
            mask[4:10, 5:9] = 255
        save(place / "images" / name, pixels)
        save(place / "masks" / name, mask)
    rows = ["image,patient,site,sex,age", "a.png,p1,north,female,50", "b.png,p1,north,female,51"]
    rows += ["c.png,p2,south,male,", "d.png,p3,south,,70"]
    (place / "manifest.csv").write_text("\n".join(rows) + "\n")
    return place


def save(path: Path, array: Array) -> None:
    Pillow.fromarray(array).save(path)


def read(place: Path, **params: Any) -> Cohort:
    request = ReadRequest(dataset="x", place=str(place), seed=0, window_hours=0)
    params = {"masks": "masks", "columns": COLUMNS} | params
    cohort: Cohort = image_folder.run(request, ImageFolderParams(**params))
    return cohort


def refused(place: Path, **params: Any) -> list[str]:
    with pytest.raises(CannotRun) as stopped:
        read(place, **params)
    return [f"{problem.where}: {problem.found}" for problem in stopped.value.problems]


def images(cohort: Cohort) -> ImageSource:
    assert cohort.images is not None
    return cohort.images


# broken input


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def coloured(path: Path) -> None:
    pixels = np.zeros((20, 24, 3), dtype=np.uint8)
    pixels[..., 0] = 200
    save(path, pixels)


def no_image(path: Path) -> None:
    path.write_text("name,age\n")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (cut, "a damaged or truncated image, or no image"),
        (emptied, "an empty file"),
        (coloured, "colour where grey is wanted"),
        (no_image, "a damaged or truncated image, or no image"),
        (Path.unlink, "no such file"),
    ],
)
def test_image_that_cannot_be_read_is_named(
    tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    spoil(written(tmp_path) / "images" / "b.png")
    assert refused(tmp_path) == [f"images/b.png: {words}"]


def test_faults_of_all_files_are_told_together(tmp_path: Path) -> None:
    place = written(tmp_path)
    cut(place / "images" / "a.png")
    save(place / "masks" / "b.png", np.zeros((20, 20), dtype=np.uint8))
    (place / "masks" / "c.png").unlink()
    save(place / "masks" / "d.png", np.full((20, 24), 7, dtype=np.uint8))
    assert refused(place, labels=[0, 1]) == [
        "images/a.png: a damaged or truncated image, or no image",
        "masks/b.png: 20 x 20 pixels, and its image has 20 x 24",
        "masks/c.png: no such file",
        "masks/d.png: labels 7",
    ]


def test_missing_column_names_the_nearest(tmp_path: Path) -> None:
    place = written(tmp_path)
    with pytest.raises(CannotRun, match="did you mean 'patient'"):
        read(place, columns={**COLUMNS, "patient": "patent"})


def test_words_of_a_refusal_show_no_patient(tmp_path: Path) -> None:
    place = written(tmp_path)
    cut(place / "images" / "a.png")
    with pytest.raises(CannotRun) as stopped:
        read(place)
    assert "p1" not in str(stopped.value)


# what is read


def test_cohort_of_images_has_patients_sites_groups_and_labels(tmp_path: Path) -> None:
    cohort = read(written(tmp_path))
    assert cohort.unit_id.tolist() == list(NAMES)
    assert cohort.patient_id.tolist() == ["p1", "p1", "p2", "p3"]
    assert cohort.site.tolist() == ["north", "north", "south", "south"]
    assert cohort.label.tolist() == [1, 1, 1, 0]  # whether the mask marks anything
    assert cohort.groups["sex"].tolist() == ["female", "female", "male", ""]
    assert counts(cohort)["age_years not recorded"] == 1
    assert counts(cohort)["without pixel spacing: distances are in pixels"] == 4


def test_pixels_and_masks_are_those_of_the_files_also_after_a_choice(tmp_path: Path) -> None:
    cohort = read(written(tmp_path), where={"site": ["south"]})
    assert counts(cohort)["site is none of south"] == 2
    chosen = images(cohort.take(np.array([1, 0])))
    assert chosen.channels == 1
    assert chosen.image(0).pixels[0, 0] == np.float32(120 / 255)
    assert chosen.reference(0).sum() == 0  # type: ignore[union-attr]
    assert set(np.unique(chosen.reference(1)).tolist()) == {0, 1}  # type: ignore[arg-type]


def test_sixteen_bits_and_grey_stored_in_colour_are_grey(tmp_path: Path) -> None:
    place = written(tmp_path)
    save(place / "images" / "a.png", np.full((20, 24), 13107, dtype=np.uint16))
    save(place / "images" / "b.png", np.full((20, 24, 3), 51, dtype=np.uint8))
    source = images(read(place))
    assert source.image(0).pixels[3, 3] == np.float32(13107 / 65535)
    assert source.image(1).pixels.shape == (20, 24)
    assert source.image(1).pixels[3, 3] == np.float32(51 / 255)


def test_colour_is_wanted_and_instances_keep_their_labels(tmp_path: Path) -> None:
    place = written(tmp_path)
    for name in NAMES:
        coloured(place / "images" / name)
    labels = np.zeros((20, 24), dtype=np.uint16)
    labels[2:5, 2:5], labels[9:12, 9:12] = 1, 300
    save(place / "masks" / "a.png", labels)
    source = images(read(place, colour="rgb"))
    assert source.channels == 3
    assert source.image(0).pixels.shape == (20, 24, 3)
    assert np.unique(source.reference(0)).tolist() == [0, 1, 300]  # type: ignore[arg-type]


def test_nifti_is_read_with_rows_first(tmp_path: Path) -> None:
    import nibabel

    place = written(tmp_path)
    pixels = np.linspace(0, 1, 20 * 24, dtype=np.float32).reshape(20, 24)
    nibabel.Nifti1Image(pixels.T, np.eye(4)).to_filename(place / "images" / "a.nii.gz")
    table = place / "manifest.csv"
    table.write_text(table.read_text().replace("a.png", "a.nii.gz"))
    (place / "masks" / "a.png").rename(place / "masks" / "a.nii.gz.png")
    found = refused(place)
    assert found == ["masks/a.nii.gz: no such file"]
    cohort = read(place, masks=None, columns={**COLUMNS, "label": None})
    assert np.array_equal(images(cohort).image(0).pixels, pixels)


def test_real_radiographs_with_lung_masks(shared: Path) -> None:
    """PROVENANCE of the collection: 83 images of 48 patients, 56 male and 27 female."""
    request = ReadRequest(
        dataset="lungs",
        place=str(shared / "data/cxr-covid-lungmask-ccby"),
        seed=0,
        window_hours=0,
    )
    columns: Any = {"patient": "patientid", "groups": {"sex": "sex"}}
    params = ImageFolderParams(masks="masks", columns=columns, labels=(0, 1))
    cohort = image_folder.run(request, params)
    assert (cohort.size, np.unique(cohort.patient_id).size) == (83, 48)
    assert (cohort.groups["sex"] == "M").sum() == 56
    share = [float((images(cohort).reference(row) > 0).mean()) for row in range(3)]  # type: ignore[operator]
    assert all(0.1 < one < 0.6 for one in share)
