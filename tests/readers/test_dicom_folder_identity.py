"""What in DICOM headers tells who it is: counted by name, refused on request, never copied."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dicom_files import SECRET, folder, items, radiograph, save, uid
from dicom_reading import counts, faults, read
from pydicom.dataset import Dataset

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun

pytestmark = pytest.mark.requirement("REQ-ETHICS-PRIVACY")


def named(number: int = 1, **tags: Any) -> Dataset:
    """Return a radiograph that has a secret in every tag that tells who it is."""
    one = radiograph(number, **tags)
    for keyword in (
        *("PatientName", "PatientComments", "AccessionNumber", "StationName", "InstitutionName"),
        *("InstitutionAddress", "ReferringPhysicianName", "OperatorsName", "PatientAddress"),
        *("StudyDescription", "SeriesDescription", "ProtocolName", "ImageComments", "Grid"),
        *("DetectorType", "ViewPosition", "PatientSex", "PatientID", "IssuerOfPatientID"),
    ):
        setattr(one, keyword, SECRET)
    one.PatientBirthDate, one.StudyDate = "19370104", "20200301"
    request = Dataset()
    request.RequestingPhysician = SECRET
    one.RequestAttributesSequence = items(request)
    block = one.private_block(0x0011, "ACME", create=True)
    block.add_new(1, "LO", SECRET)
    return one


def everything(cohort: Cohort) -> str:
    """Return all that a cohort holds, but the files' places."""
    plain = replace(cohort, images=None)
    columns = {name: one.tolist() for name, one in {**plain.groups, **plain.numbers}.items()}
    return repr((plain, columns, plain.patient_id.tolist(), plain.site.tolist()))


def test_identifying_tags_are_counted_by_name_and_never_copied(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    place = folder(tmp_path, 2, PatientIdentityRemoved="YES", BurnedInAnnotation=["YES", "NO"])
    save(place / "images" / "2.dcm", named(2))
    (place / "masks" / "1.png").rename(place / "masks" / "2.png")
    with caplog.at_level(logging.DEBUG):
        cohort = read(place, masks={"folder": "masks", "missing": "exclude"}, scanner=["station"])
        text = everything(cohort) + caplog.text + "".join(capfd.readouterr())
        text += str(faults(place, identity="refuse", burned_in="refuse"))
    assert SECRET not in text
    assert "1937" not in text
    assert uid(1, 2) not in text
    told = json.loads(json.dumps(cohort.attachments["identity_d"]))
    assert told["images"] == 2
    attributes = {one["name"]: one for one in told["attributes"]}
    assert attributes["PatientID"]["images"] == 2
    assert attributes["PatientID"]["images_not_marked_as_removed"] == 1
    for name in ("PatientName", "InstitutionAddress", "RequestingPhysician", "private attributes"):
        assert attributes[name]["images"] == 1
    assert told["burned_in_annotation"] == {"yes": 1, "no": 0, "not_told": 1}
    assert counts(cohort)["identity of the patient not marked as removed"] == 1
    assert counts(cohort)["burned-in annotation: yes"] == 1


@pytest.mark.requirement("SW-PRIVACY-DICOM")
def test_identity_is_refused_by_tag_with_the_names_of_the_files(tmp_path: Path) -> None:
    place = folder(tmp_path, 2, PatientIdentityRemoved="YES", BurnedInAnnotation=["YES", "NO"])
    save(place / "images" / "1.dcm", named(1))
    with pytest.raises(CannotRun) as stopped:
        read(place, identity="refuse", burned_in="refuse")
    found = [problem.found for problem in stopped.value.problems]
    assert "PatientName is filled, and PatientIdentityRemoved is not YES" in found
    assert "BurnedInAnnotation is YES" in found
    where = {problem.where for problem in stopped.value.problems}
    assert where == {"1 images: images/1.dcm", "1 images: images/0.dcm"}


def test_burned_in_images_leave_where_the_protocol_says_so(tmp_path: Path) -> None:
    place = folder(tmp_path, BurnedInAnnotation=["YES", "NO", "", "YES"])
    assert counts(read(place, burned_in="exclude"))["with burned-in annotation"] == 2
