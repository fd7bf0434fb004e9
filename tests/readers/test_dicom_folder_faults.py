"""What is wrong with a folder of DICOM files is told at once, by file, before anything else."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from dicom_files import folder, radiograph, ramp, save, segmentation, uid
from dicom_reading import faults, read, real
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread

from samd_validate.core.errors import CannotRun
from samd_validate.readers.images.inspect import MOST

N = 16
DAMAGED = "pixels that are damaged, truncated, or of another size than the header says"
IMPLAUSIBLE = "that is not two numbers between 0.01 and 10 mm, or very unequal"


def test_no_folder_and_no_image_are_told(tmp_path: Path) -> None:
    assert "data set 'd'" in faults(tmp_path / "nowhere")
    assert faults(tmp_path) == {"folder images": "no such folder"}
    (tmp_path / "images").mkdir()
    assert faults(tmp_path) == {"the folder": "no DICOM image that is wanted"}


def test_all_faults_are_told_together_with_the_names_of_the_files(tmp_path: Path) -> None:
    place = folder(tmp_path, N)
    images = place / "images"
    whole = (images / "0.dcm").read_bytes()
    (images / "0.dcm").write_bytes(whole[:-100])
    (images / "1.dcm").write_bytes(b"no DICOM" * 30)
    (images / "2.dcm").write_bytes(b"")
    (images / "sub").mkdir()
    (images / "sub" / "link.dcm").symlink_to("nowhere.dcm")
    (images / "sub" / "bare").write_bytes(whole[:500])
    (images / "sub" / "meta").write_bytes(whole[:156])
    changed = {
        "3": radiograph(3, PixelData=None),
        "4": radiograph(4, NumberOfFrames=2),
        "5": radiograph(
            5, np.zeros((12, 16, 3), np.uint8), SamplesPerPixel=3, PhotometricInterpretation="RGB"
        ),
        "6": radiograph(6, Modality="CT", SOPClassUID="1.2.840.10008.5.1.4.1.1.2"),
        "7": radiograph(7, Modality="MG"),
        "8": radiograph(8, Rows=0),
        "9": radiograph(9, PixelSpacing=[50, 50]),
        "10": radiograph(10, SOPInstanceUID=uid(1, 11)),
        "12": radiograph(12, PixelData=b""),
        "13": radiograph(13, SOPInstanceUID=None),
        "14": radiograph(14, PhotometricInterpretation="PALETTE COLOR", NumberOfFrames=3),
        "15": radiograph(15, ramp().astype(np.uint32)),
    }
    for name, one in changed.items():
        save(images / f"{name}.dcm", one)
    found = faults(place)
    assert found == {
        "images/0.dcm": DAMAGED,
        "images/1.dcm": "not a DICOM file (no preamble)",
        "images/2.dcm": "an empty file",
        "images/sub/bare": "a header that is truncated, or describes no pixels",
        "images/sub/link.dcm": "no such file",
        "images/sub/meta": "no SOP class: a truncated or damaged DICOM file",
        "images/3.dcm": "no pixel data",
        "images/4.dcm": "several frames in one file",
        "images/5.dcm": "colour where grey is wanted",
        "images/6.dcm": "a slice of a CT series, not a picture that stands alone",
        "images/7.dcm": "modality MG, where CR, DX is wanted",
        "images/8.dcm": "an image without pixels (rows or columns are 0 or not told)",
        "images/9.dcm": f"PixelSpacing {IMPLAUSIBLE}",
        "images/10.dcm, images/11.dcm": "the same SOP instance UID in several files",
        "images/12.dcm": "pixel data of length 0",
        "images/13.dcm": "no SOP instance UID",
        "images/14.dcm": "several frames in one file; colour where grey is wanted",
        "images/15.dcm": "pixels of neither 8 nor 16 bits",
    }


def test_faults_beyond_the_most_are_counted(tmp_path: Path) -> None:
    found = faults(folder(tmp_path, MOST + 3, PixelData=b""))
    assert len(found) == MOST + 1
    assert "3 more files" in found


def test_syntaxes_without_a_decoder_are_listed_once_each_with_their_files(tmp_path: Path) -> None:
    place = folder(tmp_path, 1)
    for number, name in enumerate(("a", "b"), start=7):
        one = dcmread(real("JPEG-LL.dcm"))
        one.Modality, one.SOPInstanceUID = "OT", uid(1, number)
        one.save_as(place / "images" / f"{name}.dcm")
    name = (
        "JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14 [Selection Value 1])"
    )
    found = faults(place, modalities=["CR", "OT"])
    words = f"pixels compressed as {name}, which no installed decoder reads"
    assert found == {"images/a.dcm, images/b.dcm": words}


def test_real_objects_that_are_no_radiographs_are_refused(tmp_path: Path) -> None:
    names = ("CT_small.dcm", "SC_rgb_rle_2frame.dcm", "examples_palette.dcm", "rtdose.dcm")
    (tmp_path / "images").mkdir()
    for name in names:
        (tmp_path / "images" / name).write_bytes(real(name).read_bytes())
    found = faults(tmp_path)
    assert found["images/CT_small.dcm"].startswith("a slice of a CT series")
    assert "several frames" in found["images/SC_rgb_rle_2frame.dcm"]
    assert "colour" in found["images/examples_palette.dcm"]
    assert "images/rtdose.dcm" not in found


def test_table_is_checked_with_everything_else(tmp_path: Path) -> None:
    place = folder(tmp_path)
    (place / "images" / "0.dcm").write_bytes(b"")
    rows = ["0.dcm,1", "1.dcm,1", "2.dcm,2", "2.dcm,0", "9.dcm,1"]
    (place / "labels.csv").write_text("\n".join(["file,y", *rows]) + "\n")
    told = {"masks": None, "table": "labels.csv", "columns": {"label": "y"}}
    assert faults(place, **told) == {
        "images/0.dcm": "an empty file",
        "images/9.dcm": "named in the table, and no image that is wanted",
        "labels.csv, column 'file'": "an image that has another row too in 1 rows (lines 4)",
        "labels.csv, column 'y'": "a label other than 0 or 1 in 1 rows (lines 4)",
    }
    assert "labels.csv" in faults(place, **{**told, "columns": {"label": "why"}})


def test_package_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder(tmp_path, 1)
    mask = np.ones((12, 16), dtype=bool)
    segmentation(place / "images" / "seg.dcm", place / "images" / "0.dcm", {"lung": mask})
    monkeypatch.setitem(sys.modules, "highdicom", None)
    words = "a DICOM-SEG, and the package highdicom is not installed"
    assert faults(place, masks={"source": "seg"}) == {"images/seg.dcm": words}
    monkeypatch.setitem(sys.modules, "pydicom", None)
    assert faults(place) == {"reader 'dicom_folder'": "the package pydicom is not installed"}


# bytes that are not what they say


@pytest.fixture(scope="module")
def small() -> bytes:
    with TemporaryDirectory() as place:
        tags = {"WindowCenter": 900, "WindowWidth": 700, "RescaleSlope": 1, "RescaleIntercept": 0}
        return save(Path(place) / "a.dcm", radiograph(1, **tags)).read_bytes()


@settings(max_examples=250, deadline=None)
@given(
    flips=st.lists(st.tuples(st.integers(0, 1_000), st.integers(1, 255)), min_size=1, max_size=6),
    cut=st.one_of(st.none(), st.integers(0, 1_500)),
)
def test_flipped_bytes_of_a_header_never_end_in_anything_but_words(
    small: bytes, flips: list[tuple[int, int]], cut: int | None
) -> None:
    content = bytearray(small)
    for place, mask in flips:
        content[place % len(content)] ^= mask
    with TemporaryDirectory() as name:
        path = Path(name) / "images" / "a.dcm"
        path.parent.mkdir()
        path.write_bytes(bytes(content[:cut]))
        (Path(name) / "labels.csv").write_text("file,y\na.dcm,1\n")
        told = {"masks": None, "table": "labels.csv", "columns": {"label": "y"}}
        try:
            cohort = read(Path(name), **told, without_patient_id="image")
        except CannotRun:
            return
        assert cohort.images is not None
        pixels = cohort.images.image(0).pixels
        assert np.isfinite(pixels).all()
        assert 0 <= pixels.min() <= pixels.max() <= 1
