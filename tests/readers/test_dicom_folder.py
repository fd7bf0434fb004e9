"""A folder of DICOM radiographs becomes a cohort: who, where, how it was taken, and no names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import SECRET, contours, folder, radiograph, save, uid
from dicom_reading import MASKED, counts, faults, read, real
from pydantic import ValidationError

from samd_validate.readers.dicom.params import DicomFolderParams


def table(place: Path, rows: list[str], head: str = "file,patient,where,sex,age,y") -> Path:
    (place / "labels.csv").write_text("\n".join([head, *rows]) + "\n")
    return place


TOLD = {
    "table": "labels.csv",
    "columns": {
        "patient": "patient",
        "site": "where",
        "label": "y",
        "groups": {"sex": "sex"},
        "numbers": {"age_years": "age"},
    },
}


def test_cohort_has_what_headers_tell(tmp_path: Path) -> None:
    ages = ["063Y", "018M", "010W", "095Y"]
    cohort = read(folder(tmp_path, PatientAge=ages, ViewPosition=["PA", "AP", "LL", ""], KVP=120))
    assert cohort.groups["sex"].tolist() == ["F", "M", "F", "M"]
    assert cohort.groups["view"].tolist() == ["PA", "AP", "LL", ""]
    assert cohort.groups["manufacturer"].tolist() == ["Acme"] * 4
    assert cohort.groups["model"].tolist() == ["One"] * 4
    np.testing.assert_allclose(cohort.numbers["age_years"], [63, 1.5, 10 / 52.1775, 90])
    assert cohort.groups["age_band"].tolist() == ["45-64", "0-44", "0-44", "80+"]
    assert cohort.numbers["kvp"].tolist() == [120] * 4
    assert cohort.site.tolist() == ["d"] * 4
    assert counts(cohort)["age above 89 years, taken as 90"] == 1
    assert counts(cohort)["view not recorded"] == 1


def test_images_are_read_one_at_a_time_in_the_order_of_their_names(tmp_path: Path) -> None:
    cohort = read(folder(tmp_path))
    assert cohort.images is not None
    image = cohort.images.image(2)
    assert (image.pixels.dtype, image.spacing_mm) == (np.float32, (0.2, 0.2))
    (tmp_path / "images" / "3.dcm").unlink()
    few = cohort.take(np.array([1, 0]))
    assert few.images is not None
    assert few.images.image(1).pixels.shape == (12, 16)
    with pytest.raises(FileNotFoundError):
        cohort.images.image(3)


def test_table_goes_before_tags(tmp_path: Path) -> None:
    rows = ["0.dcm,a,north,X,30,1", "2.dcm,a,south,X,95,0", "3.dcm,b,south,,,1"]
    place = table(folder(tmp_path), rows)
    cohort = read(place, masks=None, **TOLD)
    assert cohort.label.tolist() == [1, 0, 1]
    assert cohort.site.tolist() == ["north", "south", "south"]
    assert cohort.groups["sex"].tolist() == ["X", "X", ""]
    np.testing.assert_array_equal(cohort.numbers["age_years"], [30, 90, np.nan])
    assert cohort.patient_id[0] == cohort.patient_id[1] != cohort.patient_id[2]
    assert counts(cohort)["not in the table"] == 1
    assert cohort.provenance.files[0].name == "labels.csv"


def test_patient_has_one_pseudonym_in_every_data_set(tmp_path: Path) -> None:
    one = read(folder(tmp_path / "a", 3), "one")
    other = read(folder(tmp_path / "b", 2), "other")
    assert one.patient_id[:2].tolist() == other.patient_id.tolist()
    assert not {f"P{number:03d}" for number in range(3)} & set(one.patient_id.tolist())
    rows = [f"{number}.dcm,P00{number},n,F,40,1" for number in range(2)]
    told = read(table(tmp_path / "b", rows), masks=None, **TOLD)
    assert told.patient_id.tolist() == other.patient_id.tolist()


def test_issuer_tells_two_patients_of_one_id_apart(tmp_path: Path) -> None:
    cohort = read(folder(tmp_path, 2, PatientID="1", IssuerOfPatientID=["a", "b"]))
    assert len(set(cohort.patient_id.tolist())) == 2


def test_images_without_a_patient_are_refused_or_counted_by_study(tmp_path: Path) -> None:
    studies = [uid(2, 1), uid(2, 1), uid(2, 2), uid(2, 3)]
    place = folder(tmp_path, PatientID=["", "", None, "P9"], StudyInstanceUID=studies)
    found = faults(place)
    assert list(found) == ["3 images: images/0.dcm, images/1.dcm, images/2.dcm"]
    assert "no patient id" in str(found)
    by_study = read(place, without_patient_id="study").patient_id
    assert len(set(by_study.tolist())) == 3
    assert len(set(read(place, without_patient_id="image").patient_id.tolist())) == 4


@pytest.mark.parametrize(
    ("tags", "years", "words"),
    [
        ({"PatientAge": "089Y"}, 89, None),
        ({"PatientAge": "365D"}, 365 / 365.25, None),
        ({"PatientAge": "150Y"}, np.nan, "age below 0 or above 120 years, taken as unknown"),
        ({"PatientAge": "old"}, np.nan, "age that is no age, taken as unknown"),
        ({"PatientAge": None}, np.nan, None),
        (
            {"PatientAge": None, "PatientBirthDate": "19600302", "StudyDate": "20200301"},
            59,
            "age from the dates of birth and study",
        ),
        ({"PatientAge": "", "PatientBirthDate": "19001331", "StudyDate": "20200301"}, np.nan, None),
    ],
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR")
def test_age(tmp_path: Path, tags: dict[str, Any], years: float, words: str | None) -> None:
    cohort = read(folder(tmp_path, 1, **tags))
    np.testing.assert_allclose(cohort.numbers["age_years"], [years])
    assert words is None or counts(cohort)[words] == 1


def test_acquisition_is_in_columns(tmp_path: Path) -> None:
    tags = {
        "KVP": [120, None, 70],
        "ExposureInuAs": [2500, None, None],
        "Exposure": [2, 3, None],
        "ExposureTime": 10,
        "XRayTubeCurrent": 200,
        "DistanceSourceToDetector": 1800,
        "Grid": [["FOCUSED", "PARALLEL"], "NONE", None],
        "DetectorType": ["DIRECT", "SCINTILLATOR", SECRET],
        "LossyImageCompression": ["00", "01", None],
    }
    for key in ("KVP", "ExposureInuAs", "Exposure", "Grid", "LossyImageCompression"):
        tags[key] = ["" if one is None else one for one in tags[key]]  # type: ignore[attr-defined]
    cohort = read(folder(tmp_path, 3, **tags))
    np.testing.assert_array_equal(cohort.numbers["kvp"], [120, np.nan, 70])
    np.testing.assert_array_equal(cohort.numbers["exposure_mas"], [2.5, 3, np.nan])
    assert cohort.numbers["bits_stored"].tolist() == [12] * 3
    assert cohort.numbers["pixel_spacing_mm"].tolist() == [0.2] * 3
    assert cohort.groups["grid"].tolist() == ["FOCUSED+PARALLEL", "NONE", ""]
    assert cohort.groups["detector"].tolist() == ["DIRECT", "SCINTILLATOR", "other"]
    assert cohort.groups["compression"].tolist() == ["lossless", "lossy", ""]
    assert cohort.units["exposure_mas"] == "mA.s"
    few = read(tmp_path, acquisition=["kvp", "grid"])
    assert set(few.numbers) == {"age_years", "kvp"}
    assert "detector" not in few.groups


def test_stations_and_institutions_bear_numbers_and_not_their_names(tmp_path: Path) -> None:
    names = [f"{SECRET} B", f"{SECRET} A", f"{SECRET} B", ""]
    place = folder(tmp_path, StationName=names, InstitutionName=names)
    cohort = read(place, site="institution", scanner=["model", "station"])
    assert cohort.site.tolist() == [
        "d institution 2",
        "d institution 1",
        "d institution 2",
        "d unknown",
    ]
    assert cohort.groups["station"].tolist() == ["d station 2", "d station 1", "d station 2", ""]
    assert "institution" not in cohort.groups
    few = read(place, scanner=["station"], where={"station": ["d station 2"]})
    assert few.groups["station"].tolist() == ["d station 2"] * 2
    assert counts(few)["station is none of d station 2"] == 2
    assert SECRET not in repr(cohort)


def test_spacing_that_is_used_is_told(tmp_path: Path) -> None:
    place = folder(
        tmp_path,
        4,
        PixelSpacing=[[0.2, 0.2], None, [0, 0], None],
        ImagerPixelSpacing=[[0.1, 0.1], [0.15, 0.15], "", ""],
    )
    cohort = read(place)
    assert cohort.images is not None
    found = [cohort.images.image(row).spacing_mm for row in range(4)]
    assert found == [(0.2, 0.2), (0.15, 0.15), None, None]
    told = counts(cohort)
    assert told["spacing as calibrated in the patient (PixelSpacing)"] == 1
    assert told["spacing at the detector (ImagerPixelSpacing), not corrected"] == 1
    assert told["without pixel spacing: distances are in pixels"] == 2
    own = read(place, spacing_mm=[0.3, 0.4])
    assert own.images is not None
    assert own.images.image(2).spacing_mm == (0.3, 0.4)
    assert counts(own)["spacing as the protocol says"] == 4


def test_grey_scales_and_polarity_are_counted(tmp_path: Path) -> None:
    place = folder(
        tmp_path,
        3,
        WindowCenter=[900, "", ""],
        WindowWidth=[700, "", ""],
        PhotometricInterpretation=["MONOCHROME1", "MONOCHROME2", "MONOCHROME2"],
    )
    told = counts(read(place))
    assert (told["grey by window"], told["grey by full depth"]) == (1, 2)
    assert told["MONOCHROME1, inverted"] == 1
    assert counts(read(place, grey="full"))["grey by full depth"] == 3


def test_views_are_chosen_and_others_counted(tmp_path: Path) -> None:
    place = folder(tmp_path, ViewPosition=["PA", "LL", "AP", "PA"])
    cohort = read(place, where={"view": ["PA", "AP"]})
    assert cohort.unit_id.tolist() == ["d-00001", "d-00003", "d-00004"]
    assert counts(cohort)["view is none of PA, AP"] == 1
    assert "params.where" in faults(place, where={"vieww": ["PA"]})


def test_what_is_no_image_is_skipped_and_counted(tmp_path: Path) -> None:
    place = folder(tmp_path)
    report = radiograph(50, Modality="SR", Rows=None, Columns=None, PixelData=None)
    report.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.11"
    save(place / "images" / "report.dcm", report)
    directory = radiograph(51, Rows=None, Columns=None, PixelData=None)
    directory.SOPClassUID = "1.2.840.10008.1.3.10"
    save(place / "images" / "DICOMDIR", directory)
    contours(place / "images" / "rt.dcm", radiograph(1), {"lung": [np.zeros((3, 3))]})
    for name in ("notes.txt", ".DS_Store", "photo.png"):
        (place / "images" / name).write_bytes(b"x")
    told = counts(read(place))
    assert told["DICOM objects that are no images, skipped"] == 2
    assert told["directories (DICOMDIR), skipped"] == 1
    assert told["files of other kinds, skipped"] == 3
    assert told["in the cohort"] == 4


def test_other_modalities_are_left_out_where_the_protocol_says_so(tmp_path: Path) -> None:
    place = folder(tmp_path, Modality=["CR", "DX", "CT", "MG"])
    cohort = read(place, other_modalities="exclude")
    assert counts(cohort)["of another modality"] == 2
    assert cohort.unit_id.tolist() == ["d-00001", "d-00002"]


def test_fingerprint_moves_with_a_header_and_with_a_mask(tmp_path: Path) -> None:
    place = folder(tmp_path)
    prints = [read(place).provenance.fingerprint]
    prints.append(read(place).provenance.fingerprint)
    save(place / "images" / "1.dcm", radiograph(1, KVP=99))
    prints.append(read(place).provenance.fingerprint)
    mask = place / "masks" / "1.png"
    mask.write_bytes((place / "masks" / "2.png").read_bytes() + b"\0")
    prints.append(read(place).provenance.fingerprint)
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


def test_real_radiographs_are_a_cohort(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for name in ("RG1_UNCI.dcm", "RG3_J2KI.dcm"):
        (tmp_path / "images" / name).write_bytes(real(name).read_bytes())
    rows = ["RG1_UNCI.dcm,1", "RG3_J2KI.dcm,0"]
    place = table(tmp_path, rows, "file,y")
    cohort = read(place, masks=None, table="labels.csv", columns={"label": "y"})
    assert cohort.label.tolist() == [1, 0]
    told = counts(cohort)
    assert told["without pixel spacing: distances are in pixels"] == 2
    assert told["grey by window"] == told["MONOCHROME1, inverted"] == 2
    assert told["with identifying attributes filled"] == 2
    assert cohort.groups["compression"].tolist() == ["lossy", "lossy"]


def test_folder_may_be_named_with_a_slash_or_a_dot(tmp_path: Path) -> None:
    place = table(folder(tmp_path), ["1.dcm,1", "2.dcm,0"], "file,y")
    told = {"table": "labels.csv", "columns": {"label": "y"}}
    for name in ("images/", "./images"):
        assert read(place, images=name, **told).size == 2
    table(place, ["images/1.dcm,1"], "file,y")
    assert read(place, images=".", masks=None, **told).size == 1


def test_params_that_contradict_themselves_are_refused() -> None:
    for params in (
        {},
        {**MASKED, "columns": {"label": "y"}},
        {"masks": {"structures": {"lung": 1}}},
        {**MASKED, "modalities": ["ZZ"]},
        {**MASKED, "images": "../elsewhere"},
        {**MASKED, "images": "/elsewhere"},
        {**MASKED, "spacing_mm": (0, 0.2)},
    ):
        with pytest.raises(ValidationError):
            DicomFolderParams.model_validate(params)
