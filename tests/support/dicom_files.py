"""DICOM files that are invented: radiographs, segmentations, contours; and a folder of phantoms."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

Array = npt.NDArray[Any]
ROOT = "1.2.826.0.1.3680043.8.498."
CR = "1.2.840.10008.5.1.4.1.1.1"
DX = "1.2.840.10008.5.1.4.1.1.1.1"
RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"
SYNTAXES = {
    "little": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "big": ExplicitVRBigEndian,
}
SECRET = "ZZSECRETZZ"
"""Stands in every text of a header that tells who it is."""


def uid(*numbers: int) -> str:
    return ROOT + ".".join(str(one) for one in numbers)


def ramp(rows: int = 12, columns: int = 16, bits: int = 12) -> Array:
    """Return all shades from 0 to the most, row by row."""
    return np.linspace(0, 2**bits - 1, rows * columns).reshape(rows, columns).astype(np.uint16)


def radiograph(number: int = 1, pixels: Array | None = None, **tags: Any) -> Dataset:
    """Return a radiograph of patient ``number``; a tag that is None is taken out."""
    stored = ramp() if pixels is None else pixels
    one = Dataset()
    one.file_meta = FileMetaDataset()
    one.SOPClassUID, one.SOPInstanceUID = CR, uid(1, number)
    one.StudyInstanceUID, one.SeriesInstanceUID = uid(2, number), uid(3, number)
    one.Modality, one.PatientID, one.PatientName = "CR", f"P{number:03d}", ""
    one.PatientSex, one.PatientAge, one.ViewPosition = "FM"[number % 2], "063Y", "PA"
    one.Manufacturer, one.ManufacturerModelName = "Acme", "One"
    one.PhotometricInterpretation, one.SamplesPerPixel = "MONOCHROME2", 1
    one.Rows, one.Columns = stored.shape[:2]
    one.PixelSpacing = [0.2, 0.2]
    is_signed = np.issubdtype(stored.dtype, np.signedinteger)
    one.BitsAllocated = 8 * stored.dtype.itemsize
    one.BitsStored = min(12, one.BitsAllocated)
    one.HighBit, one.PixelRepresentation = one.BitsStored - 1, int(is_signed)
    one.PixelData = stored.tobytes()
    one["PixelData"].VR = "OW"
    one.InstanceNumber = 1
    for keyword, told in tags.items():
        if told is None:
            del one[keyword]
        else:
            setattr(one, keyword, list(told) if isinstance(told, tuple) else told)
    if "BitsStored" in tags and "HighBit" not in tags:
        one.HighBit = one.BitsStored - 1
    return one


def save(path: Path, one: Dataset, syntax: str = "little") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    is_little = syntax != "big"
    if not is_little:
        one.PixelData = np.frombuffer(one.PixelData, dtype="<u2").astype(">u2").tobytes()
    one.file_meta.TransferSyntaxUID = SYNTAXES[syntax]
    one.file_meta.MediaStorageSOPInstanceUID = one.get("SOPInstanceUID", uid(99))
    one.save_as(path, enforce_file_format=True)
    return path


def folder(place: Path, n: int = 4, **tags: Any) -> Path:
    """Write a folder of radiographs with masks; a list has a value for each, a tuple is one."""
    (place / "masks").mkdir(parents=True)
    for number in range(n):
        own = {key: told[number] if isinstance(told, list) else told for key, told in tags.items()}
        one = radiograph(number, **own)
        save(place / "images" / f"{number}.dcm", one)
        mask = (np.arange(one.Rows * one.Columns) > 100).reshape(one.Rows, one.Columns)
        Image.fromarray(mask.astype(np.uint8)).save(place / "masks" / f"{number}.png")
    return place


def items(*datasets: Dataset) -> Items:
    return Items(datasets)


def lookup(entries: Iterable[int], first: int, bits: int) -> Dataset:
    """Return an item of a modality or VOI LUT sequence."""
    one = Dataset()
    one.LUTData = [int(entry) for entry in entries]
    one.LUTDescriptor = [len(one.LUTData), first, bits]
    one["LUTData"].VR = one["LUTDescriptor"].VR = "US"
    return one


def contours(path: Path, image: Dataset, structures: dict[str, Sequence[Array]]) -> Path:
    """Write an RTSTRUCT; a contour is a list of points ``(n, 3)`` in mm."""
    one = Dataset()
    one.file_meta = FileMetaDataset()
    one.SOPClassUID, one.SOPInstanceUID, one.Modality = RTSTRUCT, uid(9, 1), "RTSTRUCT"
    regions, drawn = [], []
    for number, (name, polygons) in enumerate(structures.items(), start=1):
        region = Dataset()
        region.ROINumber, region.ROIName = number, name
        regions.append(region)
        shapes = []
        for points in polygons:
            shape, referenced = Dataset(), Dataset()
            referenced.ReferencedSOPClassUID = CR
            referenced.ReferencedSOPInstanceUID = image.SOPInstanceUID
            shape.ContourImageSequence = items(referenced)
            shape.ContourGeometricType = "CLOSED_PLANAR"
            shape.NumberOfContourPoints = len(points)
            shape.ContourData = [f"{value:.4f}" for value in np.asarray(points).ravel()]
            shapes.append(shape)
        contour = Dataset()
        contour.ReferencedROINumber, contour.ContourSequence = number, Items(shapes)
        drawn.append(contour)
    one.StructureSetROISequence, one.ROIContourSequence = Items(regions), Items(drawn)
    return save(path, one)


def segmentation(path: Path, image: Path, masks: dict[str, Array], kind: str = "BINARY") -> Path:
    """Write a DICOM-SEG of one image by highdicom; a mask by the label of its segment."""
    import highdicom as hd
    from pydicom import dcmread
    from pydicom.sr.codedict import codes

    source = dcmread(image)
    for keyword in (
        "PatientBirthDate",
        "StudyDate",
        "StudyTime",
        "AccessionNumber",
        "StudyID",
        "ReferringPhysicianName",
    ):
        if keyword not in source:
            setattr(source, keyword, "")
    segments = [
        hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=label,
            segmented_property_category=codes.SCT.Organ,
            segmented_property_type=codes.SCT.Lung,
            algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
        )
        for number, label in enumerate(masks, start=1)
    ]
    pixels = np.stack(list(masks.values()), axis=-1)[None]
    made = hd.seg.Segmentation(
        source_images=[source],
        pixel_array=pixels,
        segmentation_type=kind,
        segment_descriptions=segments,
        series_instance_uid=uid(7, 1),
        series_number=7,
        sop_instance_uid=uid(8, 1),
        instance_number=1,
        manufacturer="Acme",
        manufacturer_model_name="Pen",
        software_versions="1",
        device_serial_number="1",
        omit_empty_frames=False,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    made.save_as(path)
    return path


def phantoms(
    place: Path, site: str, n: int, size: int = 128, *, first: int = 0, **options: Any
) -> Path:
    """Write simulated chest radiographs of a site as DICOM with masks of lesions and a table."""
    from phantom_cohorts import chests

    cohort = chests(site, images=n, size=size, **options)
    assert cohort.images is not None
    patients = {
        one: first + row for row, one in enumerate(dict.fromkeys(cohort.patient_id.tolist()))
    }
    rows = []
    (place / "masks").mkdir(parents=True)
    for row in range(cohort.size):
        image = cohort.images.image(row)
        bright = np.rint(image.pixels * 4095).astype(np.uint16)
        assert image.spacing_mm is not None
        is_inverted = site == "north"
        one = radiograph(
            first + row,
            4095 - bright if is_inverted else bright,
            PatientID=f"P{patients[cohort.patient_id[row]]:04d}",
            PatientSex=str(cohort.groups["sex"][row]),
            PatientAge=f"{int(cohort.numbers['age_years'][row]):03d}Y",
            ViewPosition=str(cohort.groups["view"][row]),
            PhotometricInterpretation="MONOCHROME1" if is_inverted else "MONOCHROME2",
            Manufacturer={"north": "Acme", "south": "Bolt"}[site],
            PixelSpacing=[f"{one:.5f}" for one in image.spacing_mm],
            KVP=120 if is_inverted else 90,
            BurnedInAnnotation="YES" if cohort.groups["marker"][row] == "present" else "NO",
            PatientIdentityRemoved="YES",
            PatientName=f"{SECRET}^{row}",
            StationName=f"{SECRET} {row % 2}",
        )
        save(place / "images" / f"{row:04d}.dcm", one)
        reference = cohort.images.reference(row)
        assert reference is not None
        Image.fromarray(reference.astype(np.uint16)).save(place / "masks" / f"{row:04d}.png")
        rows.append([f"{row:04d}.dcm", cohort.label[row]])
    with (place / "labels.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["file", "lesion"], *rows])
    return place
