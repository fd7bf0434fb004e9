"""From stored pixels to grey in [0, 1]: modality LUT, window or VOI LUT, polarity, padding."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from samd_validate.core.arrays import BoolArray, FloatArray, IntArray
from samd_validate.readers.dicom.kinds import syntax
from samd_validate.readers.dicom.read import (
    DataSet,
    carefully,
    number,
    several,
    text,
    value,
    whole_number,
)
from samd_validate.readers.images.pixels import Pixels, Unreadable, refuse_many

Grey: TypeAlias = Literal["window", "full"]
PLANE = 2
DARKEST = 0.0
LUT_ENTRIES = 2**16
MOST_BITS = 16
DAMAGED = "pixels that are damaged, truncated, or of another size than the header says"


def pixels_of(dataset: DataSet, grey: Grey) -> Pixels:
    """Return pixels ``(rows, columns)`` in [0, 1], float32, 1 the brightest.

    ``window`` takes the file's VOI LUT, else its first window, else the full depth; ``full``
    spans all values that the stored bits can hold, so that exposure stays comparable.

    Raises
    ------
    Unreadable
        If pixels are missing or damaged, or a look-up table or a window is none.
    """
    stored = _stored(dataset)
    low, n_values = _stored_range(dataset)
    with carefully("a grey scale that cannot be understood"):
        shades = _shades(dataset, grey, low + np.arange(n_values))
    place = np.clip(stored.astype(np.int32) - low, 0, n_values - 1)
    return np.asarray(shades[place], dtype=np.float32)


def shown_by(dataset: DataSet, grey: Grey) -> str:
    """Return what a picture's shades come from: ``VOI LUT``, ``window`` or ``full depth``."""
    if grey == "window" and value(dataset, "VOILUTSequence"):
        return "VOI LUT"
    if grey == "window" and value(dataset, "WindowCenter") is not None:
        return "window"
    return "full depth"


def _stored(dataset: DataSet) -> IntArray:
    if "PixelData" not in dataset:
        raise Unreadable("no pixel data")
    shape = [whole_number(dataset, key) or 1 for key in ("Rows", "Columns", "NumberOfFrames")]
    refuse_many(max(1, side) for side in shape)
    with carefully(_words(dataset)):
        if not len(dataset.get_item("PixelData").value or b""):
            raise Unreadable("pixel data of length 0")
        stored = np.asarray(dataset.pixel_array)
    if stored.ndim != PLANE or not np.issubdtype(stored.dtype, np.integer):
        raise Unreadable(DAMAGED)
    return stored


def _words(dataset: DataSet) -> str:
    name, _ = syntax(dataset)
    try:
        is_compressed = dataset.file_meta.TransferSyntaxUID.is_compressed
    except ValueError:  # pydicom, of a UID that names no transfer syntax
        return DAMAGED
    if not is_compressed:
        return DAMAGED
    return f"pixels compressed as {name} that are damaged, or in a way no installed decoder reads"


def _stored_range(dataset: DataSet) -> tuple[int, int]:
    """Return the lowest value that the stored bits can hold, and how many they can."""
    bits = whole_number(dataset, "BitsStored") or 0
    if not 0 <= bits <= MOST_BITS:
        raise Unreadable("pixels of more than 16 bits")
    is_signed = whole_number(dataset, "PixelRepresentation") == 1
    return (-(2 ** (bits - 1)) if is_signed else 0), 2**bits


def _shades(dataset: DataSet, grey: Grey, stored: IntArray) -> FloatArray:
    """Return the shade in [0, 1] of every value that can be stored."""
    modality, low, high = _of_modality(dataset, stored.astype(np.float64))
    by = shown_by(dataset, grey)
    if by == "VOI LUT":
        shades = _looked_up(dataset, "VOILUTSequence", modality)[0]
    elif by == "window":
        shades = _windowed(dataset, modality)
    else:
        shades = (modality - low) / (high - low)
    if not np.isfinite(shades).all():
        raise Unreadable("a grey scale with shades that are no numbers")
    if text(dataset, "PhotometricInterpretation") == "MONOCHROME1":
        shades = 1.0 - shades
    return np.where(_is_padding(dataset, stored), DARKEST, np.clip(shades, 0.0, 1.0))


def _of_modality(dataset: DataSet, stored: FloatArray) -> tuple[FloatArray, float, float]:
    """Return what stored values mean to the modality, and the least and most they can mean."""
    if value(dataset, "ModalityLUTSequence"):
        shades, top = _looked_up(dataset, "ModalityLUTSequence", stored)
        return np.rint(shades * top), 0.0, top
    slope, intercept = number(dataset, "RescaleSlope"), number(dataset, "RescaleIntercept")
    if slope == 0:
        raise Unreadable("a rescale slope of 0")
    meant = stored * (1.0 if np.isnan(slope) else slope)
    meant = meant + (0.0 if np.isnan(intercept) else intercept)
    if not np.isfinite(meant).all():
        raise Unreadable("a rescale slope or intercept that is no number")
    return meant, float(meant.min()), float(meant.max())


def _looked_up(dataset: DataSet, sequence: str, values: FloatArray) -> tuple[FloatArray, float]:
    """Return the entries of a look-up table as shares of the most an entry can be, and that."""
    item = value(dataset, sequence)[0]
    descriptor = several(item, "LUTDescriptor")
    n_entries, first, bits = (int(one) for one in descriptor)
    n_entries = n_entries or LUT_ENTRIES
    entries = _entries(dataset, item, n_entries)
    if not entries.size or not 1 <= bits <= 16:  # noqa: PLR2004 (bits of an entry)
        raise Unreadable("a look-up table without entries")
    top = float(2**bits - 1)
    place = np.clip(np.rint(values) - first, 0, entries.size - 1).astype(np.int64)
    return np.minimum(entries[place] / top, 1.0), top


def _entries(dataset: DataSet, item: DataSet, n_entries: int) -> FloatArray:
    """Return the entries, which are words, or bytes where there are just as many bytes."""
    entries = value(item, "LUTData")
    if isinstance(entries, bytes):
        is_little = dataset.file_meta.TransferSyntaxUID.is_little_endian
        words = "<u2" if is_little else ">u2"
        entries = np.frombuffer(entries, dtype="u1" if len(entries) == n_entries else words)
    return np.atleast_1d(np.asarray(entries, dtype=np.float64))[:n_entries]


def _windowed(dataset: DataSet, values: FloatArray) -> FloatArray:
    """Return values through the first window (DICOM PS3.3, C.11.2.1.2 and C.11.2.1.3)."""
    center, width = number(dataset, "WindowCenter"), number(dataset, "WindowWidth")
    function = text(dataset, "VOILUTFunction").upper() or "LINEAR"
    if not np.isfinite([center, width]).all() or width <= 0:
        raise Unreadable("a window whose centre or width is none")
    if function == "SIGMOID":
        return np.asarray(0.5 * (1.0 + np.tanh(2.0 * (values - center) / width)))
    if function == "LINEAR_EXACT":
        return (values - center) / width + 0.5
    if function != "LINEAR" or width < 1:
        raise Unreadable("a window of a function that is not known, or too narrow for it")
    if width == 1:
        return np.asarray(values > center - 0.5, dtype=np.float64)
    return (values - (center - 0.5)) / (width - 1.0) + 0.5


def _is_padding(dataset: DataSet, stored: IntArray) -> BoolArray:
    edges = [number(dataset, "PixelPaddingValue"), number(dataset, "PixelPaddingRangeLimit")]
    known = [edge for edge in edges if np.isfinite(edge)]
    if np.isnan(edges[0]):
        return np.zeros(stored.shape, dtype=np.bool_)
    return np.asarray((stored >= min(known)) & (stored <= max(known)))
