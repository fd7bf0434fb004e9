"""A folder of images is read as it is, and all that is wrong with it is told together."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile
from pydantic import ValidationError

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.image_folder import ImageFolderParams, image_folder
from samd_validate.readers.images.inspect import MOST

GREY = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5
MASK = (GREY > 100).astype(np.uint8)


def folder(place: Path, n: int = 4, **columns: list[object]) -> Path:
    """Write a whole folder of grey images with masks; more columns by name."""
    for name in ("images", "masks"):
        (place / name).mkdir()
    for number in range(n):
        Image.fromarray(GREY + number).save(place / "images" / f"{number}.png")
        Image.fromarray(MASK).save(place / "masks" / f"{number}.png")
    with (place / "manifest.csv").open("w", newline="") as file:
        rows = [[f"{number}.png", *(c[number] for c in columns.values())] for number in range(n)]
        csv.writer(file).writerows([["image", *columns], *rows])
    return place


def read(place: Path, **params: Any) -> Cohort:
    request = ReadRequest(dataset="d", place=str(place), seed=0, window_hours=0)
    wanted = ImageFolderParams.model_validate({"masks": "masks", **params})
    cohort: Cohort = image_folder.run(request, wanted)
    return cohort


def faults(place: Path, **params: Any) -> dict[str, str]:
    with pytest.raises(CannotRun) as stopped:
        read(place, **params)
    return {problem.where: problem.found for problem in stopped.value.problems}


def test_no_folder_is_told(tmp_path: Path) -> None:
    assert "no manifest.csv" in faults(tmp_path)["data set 'd'"]


@pytest.mark.parametrize("name", ["../secret.png", "/etc/hostname", "a/../../b.png"])
def test_path_out_of_the_folder_is_refused_and_not_printed(tmp_path: Path, name: str) -> None:
    place = folder(tmp_path, 3, mask=["0.png", name, "2.png"])
    found = faults(place, columns={"mask": "mask"})["manifest.csv, column 'mask'"]
    assert found == "a path that leads out of the folder in 1 rows (lines 3)"


def test_all_faults_are_told_together_with_the_names_of_the_files(tmp_path: Path) -> None:
    place = folder(tmp_path, 8)
    whole = (place / "images" / "0.png").read_bytes()
    (place / "images" / "0.png").write_bytes(whole[:50])
    (place / "images" / "1.png").write_bytes(b"")
    (place / "images" / "2.png").unlink()
    colour = np.stack([GREY, GREY, 255 - GREY], axis=-1)
    Image.fromarray(colour).save(place / "images" / "3.png")
    Image.fromarray(MASK[:3]).save(place / "masks" / "4.png")
    Image.fromarray(7 * MASK).save(place / "masks" / "5.png")
    (place / "masks" / "6.png").unlink()
    Image.fromarray(colour).save(place / "masks" / "7.png")
    found = faults(place, labels=[1])
    assert found == {
        "images/0.png": "a damaged or truncated image, or no image",
        "images/1.png": "an empty file",
        "images/2.png": "no such file",
        "images/3.png": "colour where grey is wanted",
        "masks/4.png": "3 x 8 pixels, and its image has 6 x 8",
        "masks/5.png": "labels 7",
        "masks/6.png": "no such file",
        "masks/7.png": "colour where grey is wanted",
    }


def test_truncated_image_is_refused_where_something_else_lets_them_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    place = folder(tmp_path)
    whole = (place / "images" / "0.png").read_bytes()
    (place / "images" / "0.png").write_bytes(whole[:50])
    assert list(faults(place)) == ["images/0.png"]


def test_faults_beyond_the_most_are_counted(tmp_path: Path) -> None:
    n = MOST + 3
    found = faults(folder(tmp_path, n), colour="rgb")
    assert len(found) == MOST + 1
    assert found["3 more files"] == "faults of the same kinds"


@pytest.mark.parametrize("labels", [["0", "1", "2", "1"], ["0", "", "1", "1"]])
def test_label_that_is_neither_0_nor_1_is_refused(tmp_path: Path, labels: list[object]) -> None:
    found = faults(folder(tmp_path, y=labels), columns={"label": "y"})
    assert "a label other than 0 or 1" in " ".join(found.values())


def test_ids_that_come_twice_are_counted(tmp_path: Path) -> None:
    found = faults(folder(tmp_path, u=["a", "b", "a", "a"]), columns={"unit": "u"})
    assert "2 images with an id seen before" in found.values()


def test_no_row_that_is_wanted(tmp_path: Path) -> None:
    place = folder(tmp_path, stain=["a", "a", "b", "b"])
    assert faults(place, where={"stain": ["c"]})["manifest.csv"] == "no row that is wanted"


def test_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    found = faults(folder(tmp_path, sex=["F", "M", "F", "M"]), columns={"groups": {"sex": "sexx"}})
    assert "sexx" in json.dumps(found)


def test_pixels_of_8_and_16_bits_come_to_one_scale(tmp_path: Path) -> None:
    place = folder(tmp_path)
    deep = GREY.astype(np.uint16) * 257
    Image.fromarray(deep).save(place / "images" / "1.png")
    images = read(place).images
    assert images is not None
    np.testing.assert_allclose(images.image(1).pixels, images.image(0).pixels, atol=1e-6)


def test_masks_of_0_and_255_are_read_as_0_and_1(tmp_path: Path) -> None:
    place = folder(tmp_path)
    Image.fromarray(255 * MASK).save(place / "masks" / "1.png")
    images = read(place, labels=[1]).images
    assert images is not None
    first, second = images.reference(0), images.reference(1)
    assert first is not None
    assert second is not None
    assert (first == second).all()


def test_numbers_of_instances_are_kept_beyond_255(tmp_path: Path) -> None:
    place = folder(tmp_path)
    numbered = GREY.astype(np.uint16) + 300
    Image.fromarray(numbered).save(place / "masks" / "2.png")
    images = read(place).images
    assert images is not None
    kept = images.reference(2)
    assert kept is not None
    assert (kept == numbered).all()


def test_label_that_16_bits_cannot_hold_is_refused(tmp_path: Path) -> None:
    place = folder(tmp_path)
    Image.fromarray(MASK.astype(np.int32) * 65536).save(place / "masks" / "2.tif")
    (place / "masks" / "2.tif").rename(place / "masks" / "2.png")
    assert faults(place) == {"masks/2.png": "a mask with labels above 65,535"}


def test_line_of_another_length_is_told_without_its_cells(tmp_path: Path) -> None:
    place = folder(tmp_path, age=[30, 31, 32, 33])
    with (place / "manifest.csv").open("a") as file:
        file.write("Doe John\n")
    found = faults(place)["manifest.csv"]
    assert "Expected 2 columns, got 1" in found
    assert "Doe" not in found


def test_rows_are_chosen_by_a_column_and_counted(tmp_path: Path) -> None:
    place = folder(tmp_path, stain=["a", "b", "a", "b"], who=["p", "p", "q", "q"])
    cohort = read(place, where={"stain": ["b"]}, columns={"patient": "who", "site": "stain"})
    assert cohort.unit_id.tolist() == ["1.png", "3.png"]
    assert cohort.patient_id.tolist() == ["p", "q"]
    assert cohort.site.tolist() == ["b", "b"]
    counts = {(row.kind, row.reason): row.count for row in cohort.flow}
    assert counts["excluded", "stain is none of b"] == 2
    assert counts["kept", "in the cohort"] == 2


def test_images_without_a_mask_leave_where_the_protocol_says_so(tmp_path: Path) -> None:
    place = folder(tmp_path)
    (place / "masks" / "2.png").unlink()
    assert read(place, missing_masks="exclude").unit_id.tolist() == ["0.png", "1.png", "3.png"]


def test_without_a_label_an_empty_mask_is_a_negative(tmp_path: Path) -> None:
    place = folder(tmp_path)
    Image.fromarray(0 * MASK).save(place / "masks" / "3.png")
    assert read(place).label.tolist() == [1, 1, 1, 0]


@pytest.mark.parametrize("wrong", [(0, 1), (-0.5, 0.5), (float("inf"), 1), (float("nan"), 1)])
def test_spacing_of_all_images_that_is_no_distance_is_refused(wrong: tuple[float, float]) -> None:
    with pytest.raises(ValidationError):
        ImageFolderParams(spacing_mm=wrong)


def test_spacing_that_is_missing_is_counted_and_none(tmp_path: Path) -> None:
    place = folder(tmp_path, mm=[0.5, "", "inf", 0.2])
    cohort = read(place, columns={"spacing_mm": "mm"})
    assert cohort.images is not None
    spacings = [cohort.images.image(row).spacing_mm for row in range(4)]
    assert spacings == [(0.5, 0.5), None, None, (0.2, 0.2)]
    counts = {row.reason: row.count for row in cohort.flow}
    assert counts["without pixel spacing: distances are in pixels"] == 2


def test_bands_of_age_are_made_and_an_unknown_age_stays_unknown(tmp_path: Path) -> None:
    place = folder(tmp_path, age=[30, 70, "", 81])
    cohort = read(place, columns={"numbers": {"age_years": "age"}})
    assert cohort.groups["age_band"].tolist() == ["18-44", "65-79", "", "80+"]


def test_children_are_in_a_band_that_says_so(tmp_path: Path) -> None:
    place = folder(tmp_path, age=[3, 30, 50, 81])
    cohort = read(place, columns={"numbers": {"age_years": "age"}})
    assert cohort.groups["age_band"].tolist() == ["0-44", "0-44", "45-64", "80+"]


def test_fingerprint_moves_with_a_pixel_of_an_image_and_of_a_mask(tmp_path: Path) -> None:
    place = folder(tmp_path)
    prints = [read(place).provenance.fingerprint]
    for kind, pixels in (("images", GREY), ("masks", MASK)):
        changed = pixels.copy()
        changed[0, 0] = 1
        Image.fromarray(changed).save(place / kind / "1.png")
        prints.append(read(place).provenance.fingerprint)
    assert len(set(prints)) == 3


def test_folder_that_says_it_is_simulated_is_told_so(tmp_path: Path) -> None:
    place = folder(tmp_path)
    assert not read(place).provenance.is_simulated
    told = {"site": {"name": "north"}, "citation": "docs/methods/simulated_cxr.md"}
    (place / "SIMULATED.json").write_text(json.dumps(told))
    cohort = read(place)
    assert cohort.provenance.is_simulated
    assert cohort.provenance.citation == told["citation"]
    assert cohort.attachments["simulation_truth_d"] == told
    (place / "SIMULATED.json").write_text("{")
    assert "SIMULATED.json" in faults(place)
