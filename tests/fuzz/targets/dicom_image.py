"""A radiograph: header and pixels of DICOM."""

from __future__ import annotations

import io
from collections import Counter
from contextlib import suppress

from dicom_files import lookup, radiograph, ramp
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from samd_validate.core.model import no_progress
from samd_validate.readers.dicom.pixels import pixels_of
from samd_validate.readers.dicom.read import whole
from samd_validate.readers.dicom.scan import Wanted, scanned
from samd_validate.readers.images.pixels import Unreadable

from . import file_of

WANTED = Wanted(modalities=("CR", "DX"), others="refuse", has_spacing=False, has_masks_of=None)


def read(content: bytes) -> None:
    with file_of(content, "1.dcm") as path:
        found = scanned([path.parent], path.parent, WANTED, "d", no_progress)
        assert isinstance(found.skipped, Counter)
        for grey in ("window", "full"):
            with suppress(Unreadable):
                pixels_of(whole(content), grey)


def bytes_of(one: object, syntax: str) -> bytes:
    sink = io.BytesIO()
    one.file_meta.TransferSyntaxUID = syntax
    one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
    one.save_as(sink, enforce_file_format=True)
    return sink.getvalue()


def seeds() -> tuple[bytes, ...]:
    small = ramp(3, 4)
    table = lookup(range(0, 4096, 512), 0, 12)
    windowed = radiograph(1, small, WindowCenter=2048, WindowWidth=400)
    return (
        bytes_of(windowed, ExplicitVRLittleEndian),
        bytes_of(radiograph(1, small), ImplicitVRLittleEndian),
        bytes_of(radiograph(1, small, VOILUTSequence=[table]), ExplicitVRLittleEndian),
    )
