"""The NIH ChestX-ray14 release: faults told together, every value of a small folder, real data."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nih_release import ROWS, write_release
from PIL import Image

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.nih.params import NihCxr14Params
from samd_validate.readers.nih_cxr14 import nih_cxr14


def read(place: Path | None, **params: Any) -> Cohort:
    request = ReadRequest(
        dataset="nih", place=None if place is None else str(place), seed=0, window_hours=0
    )
    return nih_cxr14.run(request, NihCxr14Params(**params))


def flow_of(cohort: Cohort) -> dict[str, int]:
    return {row.reason: row.count for row in cohort.flow}


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return write_release(tmp_path)


# ---- bad input first


def test_no_place_and_a_folder_without_the_table(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="no place"):
        read(None)
    with pytest.raises(CannotRun, match=r"no Data_Entry_2017_v2020\.csv"):
        read(tmp_path)


def test_finding_and_findings_exclude_each_other_and_names_are_known() -> None:
    with pytest.raises(ValueError, match="either finding or findings"):
        NihCxr14Params(finding="Mass", findings=("Mass",))
    with pytest.raises(ValueError, match="one twice"):
        NihCxr14Params(findings=("Mass", "Mass"))
    with pytest.raises(ValueError, match="Infiltration"):
        NihCxr14Params.model_validate({"finding": "Infiltrate"})


def test_rows_that_cannot_be_used_are_told_together(tmp_path: Path) -> None:
    wrong = (
        ROWS[0],
        ROWS[0],
        ("00000009_000.png", "No Finding|Mass", 0, "", 50, "F", "PA", 1, 1, 1, 1),
        ("00000008_000.png", "Broken rib", 0, 8, 50, "F", "PA", 1, 1, 1, 1),
    )
    write_release(tmp_path, wrong)
    with pytest.raises(CannotRun) as refused:
        read(tmp_path)
    found = [problem.found for problem in refused.value.problems]
    assert found == [
        "an image named before in 1 rows (lines 3)",
        "no known findings in 2 rows (lines 4, 5)",
        "no patient in 1 rows (lines 4)",
    ]


def test_images_that_are_not_there_are_one_error_or_a_counted_exclusion(release: Path) -> None:
    (release / "images_001/images/00000001_000.png").unlink()
    (release / "images_002/images/00000001_001.png").unlink()
    with pytest.raises(CannotRun, match="2 of 5 images are not in the folder") as refused:
        read(release)
    assert len(refused.value.problems) == 1
    cohort = read(release, only_images_present=True)
    assert flow_of(cohort)["no such image in the folder"] == 2
    assert cohort.size == 3


def test_damaged_image_is_told_before_anything_else(release: Path) -> None:
    path = release / "images_001/images/00000002_000.png"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(CannotRun, match="damaged or truncated"):
        read(release)


def test_image_twice_and_no_image_at_all(release: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="no PNG file"):
        read(release, images="nowhere")
    source = release / "images_001/images/00000001_000.png"
    (release / "images_003").mkdir()
    (release / "images_003/00000001_000.png").write_bytes(source.read_bytes())
    with pytest.raises(CannotRun, match="1 file names that stand there twice"):
        read(release)


def test_official_part_without_its_list(release: Path) -> None:
    (release / "test_list.txt").unlink()
    with pytest.raises(CannotRun, match="no such list"):
        read(release, part="test")


def test_boxes_that_are_none_or_not_there(release: Path) -> None:
    (release / "BBox_List_2017.csv").write_text(
        "Image Index,Finding Label,Bbox [x,y,w,h]\na.png,Effusion,5,5,0,5\na.png,Gas,5,5,5,5\n"
    )
    with pytest.raises(CannotRun) as refused:
        read(release, boxes=True)
    assert [one.found.split(" in ")[0] for one in refused.value.problems] == [
        "an unknown finding",
        "a box that is none",
    ]
    (release / "BBox_List_2017.csv").unlink()
    with pytest.raises(CannotRun, match="no such file"):
        read(release, boxes=True)


def test_table_both_plain_and_gzipped(release: Path) -> None:
    table = release / "Data_Entry_2017.csv"
    (release / "Data_Entry_2017.csv.gz").write_bytes(gzip.compress(table.read_bytes()))
    with pytest.raises(CannotRun, match="both plain and gzipped"):
        read(release)


def test_folder_without_any_mask(release: Path) -> None:
    with pytest.raises(CannotRun, match="no mask for any image"):
        read(release, masks="masks")


# ---- what is read


def test_every_value_of_a_small_release(release: Path) -> None:
    cohort = read(release, findings=("Effusion", "Cardiomegaly"))
    assert cohort.unit_id.tolist() == [str(row[0]).removesuffix(".png") for row in ROWS]
    assert cohort.patient_id.tolist() == ["1", "1", "2", "3", "4"]
    assert cohort.label.tolist() == [0, 1, 0, 1, 0]
    assert cohort.targets == ("target_cardiomegaly",)
    assert cohort.numbers["target_cardiomegaly"].tolist() == [1, 1, 0, 0, 0]
    assert cohort.groups["sex"].tolist() == ["male", "male", "female", "female", ""]
    assert cohort.groups["view"].tolist() == ["PA", "AP", "PA", "PA", "AP"]
    assert cohort.groups["age_band"].tolist() == ["45-64", "45-64", "", "0-44", "45-64"]
    age = cohort.numbers["age_years"]
    assert age[[0, 1, 3, 4]] == pytest.approx([57, 58, 11 / 12, 60])
    assert np.isnan(age[2])
    assert flow_of(cohort)["age above 120 years in the table, taken as unknown"] == 1
    assert cohort.images is not None
    image = cohort.images.image(3)
    assert image.pixels.shape == (32, 64)
    assert image.pixels[0, 0] == pytest.approx(100 / 255)
    assert image.spacing_mm is None
    # 1,024 rows 0.2 mm apart are 32 rows now; 2,048 columns 0.1 mm apart are 64
    assert cohort.images.image(0).spacing_mm == pytest.approx((6.4, 3.2))


@pytest.mark.parametrize(
    ("params", "label"),
    [({}, [1, 1, 0, 1, 0]), ({"finding": "Cardiomegaly"}, [1, 1, 0, 0, 0])],
)
def test_label_is_any_finding_or_one(
    release: Path, params: dict[str, Any], label: list[int]
) -> None:
    assert read(release, **params).label.tolist() == label


def test_official_lists_and_views(release: Path) -> None:
    assert read(release, part="train_val").size == 2
    cohort = read(release, part="test", views=("PA",))
    assert cohort.patient_id.tolist() == ["2", "3"]
    assert flow_of(cohort)["not in the official part test"] == 2
    assert flow_of(cohort)["another view"] == 1
    assert [file.name for file in cohort.provenance.files][-1] == "test_list.txt"


def test_boxes_become_masks_and_the_cohort_says_so(release: Path) -> None:
    cohort = read(release, finding="Effusion", boxes=True)
    assert cohort.images is not None
    assert cohort.images.reference(0) is None
    found = cohort.images.reference(1)
    assert found is not None
    expected = np.zeros((32, 64), dtype=int)
    expected[0:16, 32:48] = 1  # x 512 of 1,024, width 256; y 0, height 512
    assert np.array_equal(found, expected)
    assert flow_of(cohort)["reference standard derived from boxes"] == 1
    assert any("box-derived" in note for note in cohort.provenance.notes)
    both = read(release, boxes=True).images
    assert both is not None
    assert sorted(np.unique(np.asarray(both.reference(1))).tolist()) == [0, 1, 2]
    assert both.take(np.array([1])).reference(0) is not None


def test_mask_file_goes_before_boxes(release: Path) -> None:
    (release / "masks").mkdir()
    mask = np.zeros((32, 64), dtype=np.uint8)
    mask[:2, :2] = 255
    Image.fromarray(mask).save(release / "masks/00000001_001.png")
    cohort = read(release, finding="Effusion", boxes=True, masks="masks")
    assert cohort.images is not None
    assert int((np.asarray(cohort.images.reference(1)) > 0).sum()) == 4
    assert flow_of(cohort)["reference standard from a mask file"] == 1
    assert flow_of(cohort)["reference standard derived from boxes"] == 0


def test_other_bytes_have_another_fingerprint(release: Path) -> None:
    before = read(release).provenance.fingerprint
    assert read(release).provenance.fingerprint == before
    Image.fromarray(np.zeros((32, 64), dtype=np.uint8)).save(
        release / "images_001/images/00000001_000.png"
    )
    assert read(release).provenance.fingerprint != before


def test_real_images_of_the_release(shared: Path) -> None:
    """Counts of the extract's PROVENANCE: 264 patients, 509 F / 491 M, 637 PA / 363 AP, 9 boxes."""
    place = shared / "data/nih-chestxray14-subset"
    cohort = read(place, images="images_64px", only_images_present=True, boxes=True)
    assert (cohort.size, np.unique(cohort.patient_id).size) == (1000, 264)
    assert int((cohort.groups["sex"] == "female").sum()) == 509
    assert int((cohort.groups["view"] == "PA").sum()) == 637
    assert flow_of(cohort)["no such image in the folder"] == 112_120 - 1000
    assert flow_of(cohort)["reference standard derived from boxes"] == 9
    assert cohort.numbers["age_years"].min() == 24
    assert cohort.numbers["age_years"].max() == 94


def test_real_images_at_full_size_have_the_spacing_of_the_original(shared: Path) -> None:
    place = shared / "data/nih-chestxray14-subset"
    cohort = read(place, images="images_1024px", only_images_present=True)
    assert cohort.size == 20
    assert cohort.images is not None
    image = cohort.images.image(0)
    assert image.pixels.shape == (1024, 1024)
    assert image.spacing_mm is not None
    assert all(0.1 < one < 0.5 for one in image.spacing_mm)
