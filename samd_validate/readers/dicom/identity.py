"""What in a header could tell who it is: counted by tag name, never copied."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from samd_validate.readers.dicom.read import DataSet, broken, hush, text, value

IDENTIFYING = (
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "OtherPatientIDs",
    "OtherPatientIDsSequence",
    "OtherPatientNames",
    "PatientBirthDate",
    "PatientBirthTime",
    "PatientBirthName",
    "PatientMotherBirthName",
    "PatientAddress",
    "PatientTelephoneNumbers",
    "PatientTelecomInformation",
    "PatientInsurancePlanCodeSequence",
    "PatientReligiousPreference",
    "PatientComments",
    "AdditionalPatientHistory",
    "MedicalRecordLocator",
    "MilitaryRank",
    "BranchOfService",
    "EthnicGroup",
    "Occupation",
    "CountryOfResidence",
    "RegionOfResidence",
    "ResponsiblePerson",
    "ResponsibleOrganization",
    "AccessionNumber",
    "StudyID",
    "AdmissionID",
    "StudyDate",
    "SeriesDate",
    "AcquisitionDate",
    "AcquisitionDateTime",
    "ContentDate",
    "InstanceCreationDate",
    "InstitutionName",
    "InstitutionAddress",
    "InstitutionalDepartmentName",
    "InstitutionCodeSequence",
    "StationName",
    "DeviceSerialNumber",
    "DetectorID",
    "ReferringPhysicianName",
    "ReferringPhysicianAddress",
    "ReferringPhysicianTelephoneNumbers",
    "ReferringPhysicianIdentificationSequence",
    "RequestingPhysician",
    "PerformingPhysicianName",
    "PhysiciansOfRecord",
    "NameOfPhysiciansReadingStudy",
    "OperatorsName",
    "ReviewerName",
    "ScheduledPerformingPhysicianName",
    "ImageComments",
    "VisitComments",
    "RequestAttributesSequence",
    "OriginalAttributesSequence",
)
"""Attributes that DICOM PS3.15, annex E, has removed or replaced and that may tell who it is."""
PRIVATE = "private attributes"
OVERLAYS = "overlays and curves"
OVERLAY_GROUPS = (0x5000, 0x6000)
PSEUDONYM = 16
NOT_TOLD = ""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Which identifying attributes of one file are filled, and what it says of itself."""

    filled: frozenset[str]
    is_removed: str
    has_burned_in: str


def identity_of(dataset: DataSet) -> Identity:
    """Return which attributes are filled, in the header itself or in its sequences."""
    return Identity(
        filled=frozenset(_filled(dataset)),
        is_removed=_yes_or_no(dataset, "PatientIdentityRemoved"),
        has_burned_in=_yes_or_no(dataset, "BurnedInAnnotation"),
    )


def _yes_or_no(dataset: DataSet, keyword: str) -> str:
    told = text(dataset, keyword).upper()
    return told if told in ("YES", "NO") else NOT_TOLD


def _filled(dataset: DataSet) -> set[str]:
    from pydicom.datadict import keyword_for_tag

    found = set()
    for tag in dataset.keys():  # noqa: SIM118 (a data set yields its elements, read and all)
        if tag.group % 2:
            found.add(PRIVATE)
        elif tag.group & 0xFF00 in OVERLAY_GROUPS:
            found.add(OVERLAYS)
        elif (keyword := keyword_for_tag(tag)) in IDENTIFYING and _is_filled(dataset, tag):
            found.add(keyword)
        found |= _in_sequence(dataset, tag)
    return found


def _is_filled(dataset: DataSet, tag: int) -> bool:
    content = dataset.get_item(tag).value
    if isinstance(content, bytes):
        return bool(content.strip(b"\0 "))
    if isinstance(content, str):
        return bool(content.strip())
    return content is not None and bool(len(content) if hasattr(content, "__len__") else True)


def _in_sequence(dataset: DataSet, tag: int) -> set[str]:
    from pydicom.datadict import dictionary_VR

    hush()
    try:
        if dataset.get_item(tag).VR != "SQ" and dictionary_VR(tag) != "SQ":
            return set()
        return set().union(*(_filled(item) for item in dataset[tag].value))
    except broken():
        return set()


def counts(identities: Sequence[Identity]) -> dict[str, tuple[int, int]]:
    """Return for each attribute that is filled anywhere: in how many files, how many not removed.

    The second number counts files that do not say that the identity of the patient was removed.
    """
    everywhere = Counter(name for one in identities for name in one.filled)
    bare = Counter(name for one in identities if one.is_removed != "YES" for name in one.filled)
    names = (*IDENTIFYING, PRIVATE, OVERLAYS)
    return {name: (everywhere[name], bare[name]) for name in names if everywhere[name]}


def pseudonym(*parts: str) -> str:
    """Return a name that is the same for the same parts in every data set, and tells none of them.

    It lives in memory only: what is written bears a second, keyed pseudonym made from it.

    >>> pseudonym("a", "b") == pseudonym("ab")
    False
    """
    told = "\0".join(("samd-validate patient", *parts))
    return hashlib.sha256(told.encode()).hexdigest()[:PSEUDONYM]


def patient_of(dataset: DataSet) -> str:
    """Return the pseudonym of a patient, empty where the file has no id of one."""
    told = value(dataset, "PatientID")
    name = " ".join(str(told).split()) if told is not None else ""
    return pseudonym(text(dataset, "IssuerOfPatientID"), name) if name else ""


def numbered(names: Sequence[str], what: str) -> list[str]:
    """Return names replaced by numbers in their order, empty where there was none.

    >>> numbered(["St Mary", "", "Acme"], "station")
    ['station 2', '', 'station 1']
    """
    place = {name: number for number, name in enumerate(sorted(set(names) - {""}), start=1)}
    return [f"{what} {place[name]}" if name else "" for name in names]
