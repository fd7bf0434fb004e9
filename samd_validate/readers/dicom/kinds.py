"""Which DICOM objects are radiographs, which are images of another kind, which are no images."""

from __future__ import annotations

from samd_validate.readers.dicom.read import DataSet, text, value, whole_number
from samd_validate.readers.images.pixels import Unreadable

MOST_PIXELS = 2**27
DIRECTORY = "1.2.840.10008.1.3.10"
SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.7"
STRUCTURES = "1.2.840.10008.5.1.4.1.1.481.3"
PROJECTIONS = {
    "1.2.840.10008.5.1.4.1.1.1": "computed radiography",
    "1.2.840.10008.5.1.4.1.1.1.1": "digital X-ray, for presentation",
    "1.2.840.10008.5.1.4.1.1.1.1.1": "digital X-ray, for processing",
    "1.2.840.10008.5.1.4.1.1.1.2": "mammography, for presentation",
    "1.2.840.10008.5.1.4.1.1.1.2.1": "mammography, for processing",
    "1.2.840.10008.5.1.4.1.1.1.3": "intra-oral X-ray, for presentation",
    "1.2.840.10008.5.1.4.1.1.1.3.1": "intra-oral X-ray, for processing",
    "1.2.840.10008.5.1.4.1.1.7": "secondary capture",
    "1.2.840.10008.5.1.4.1.1.7.2": "secondary capture, grey, one byte",
    "1.2.840.10008.5.1.4.1.1.7.3": "secondary capture, grey, two bytes",
    "1.2.840.10008.5.1.4.1.1.12.1": "X-ray angiography",
    "1.2.840.10008.5.1.4.1.1.12.2": "X-ray fluoroscopy",
    "1.2.840.10008.5.1.4.1.1.6.1": "ultrasound",
}
"""Single pictures that stand alone, if they have one frame and one channel."""
SLICES = ("CT", "MR", "PT", "NM", "OPT")
GREY = ("MONOCHROME1", "MONOCHROME2")
COLOURS = ("RGB", "PALETTE COLOR", "YBR", "HSV", "ARGB", "CMYK", "XYB")
DEPTHS = (8, 16)


def is_image(dataset: DataSet) -> bool:
    """Return whether an object shows something; directories, reports and masks do not.

    Raises
    ------
    Unreadable
        If the file does not say what kind of object it is.
    """
    if not sop_class(dataset):
        raise Unreadable("no SOP class: a truncated or damaged DICOM file")
    if sop_class(dataset) in (DIRECTORY, SEGMENTATION, LABEL_MAP, STRUCTURES):
        return False
    if text(dataset, "Modality") in ("RTDOSE", "SEG", "RTSTRUCT"):
        return False
    return "Rows" in dataset or "Columns" in dataset or sop_class(dataset) in PROJECTIONS


def sop_class(dataset: DataSet) -> str:
    """Return the UID of what kind of object it is."""
    told = text(dataset, "SOPClassUID")
    meta = getattr(dataset, "file_meta", None)
    return told or ("" if meta is None else text(meta, "MediaStorageSOPClassUID"))


def refusals(dataset: DataSet) -> list[str]:
    """Return why an image is none that is read: in words, none of the header's values."""
    if "Rows" not in dataset and "Columns" not in dataset:
        return ["a header that is truncated, or describes no pixels"]
    return [words for words in (_kind(dataset), _colour(dataset), _size(dataset)) if words]


def _kind(dataset: DataSet) -> str:
    frames = whole_number(dataset, "NumberOfFrames")
    if value(dataset, "NumberOfFrames") is not None and frames != 1:
        return "several frames in one file"
    if sop_class(dataset) in PROJECTIONS:
        return ""
    if text(dataset, "Modality") in SLICES:
        return f"a slice of a {text(dataset, 'Modality')} series, not a picture that stands alone"
    return "an image of a kind (SOP class) that is not read"


def _colour(dataset: DataSet) -> str:
    photometric = text(dataset, "PhotometricInterpretation")
    channels = whole_number(dataset, "SamplesPerPixel")
    if photometric.startswith(COLOURS) or channels not in (1, None):
        return "colour where grey is wanted"
    return "" if photometric in GREY else "no photometric interpretation that is known"


def _size(dataset: DataSet) -> str:
    rows, columns = (whole_number(dataset, name) or 0 for name in ("Rows", "Columns"))
    if rows < 1 or columns < 1:
        return "an image without pixels (rows or columns are 0 or not told)"
    if rows * columns > MOST_PIXELS:
        return f"an image of more than {MOST_PIXELS:,} pixels"
    allocated, stored = (whole_number(dataset, name) for name in ("BitsAllocated", "BitsStored"))
    if allocated not in DEPTHS or stored is None or not 1 <= stored <= allocated:
        return "pixels of neither 8 nor 16 bits"
    return ""


def syntax(dataset: DataSet) -> tuple[str, bool]:
    """Return the name of the transfer syntax and whether an installed decoder reads it.

    Raises
    ------
    Unreadable
        If the file does not say how its pixels are written.
    """
    from pydicom.pixels import get_decoder

    meta = getattr(dataset, "file_meta", None)
    uid = None if meta is None else value(meta, "TransferSyntaxUID")
    if uid is None:
        raise Unreadable("no transfer syntax: how the pixels are written is not told")
    name = str(uid.name) if uid.name != str(uid) else "a transfer syntax of no known name"
    try:
        return name, bool(get_decoder(uid).is_available)
    except NotImplementedError:
        return name, False
