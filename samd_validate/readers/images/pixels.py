"""From an image file to pixels in [0, 1], and from a mask file to labels."""

from __future__ import annotations

import math
import struct
import warnings
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from samd_validate.core.arrays import Column

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

Colour: TypeAlias = Literal["grey", "rgb"]
Pixels: TypeAlias = npt.NDArray[np.float32]
NIFTI = (".nii", ".nii.gz")
OPENED = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", *NIFTI)
DEEP = 65535
PLANE, COLOURED = 2, 3
MOST_PIXELS = 250_000_000
"""More than any radiograph or section has here; a file of a hundred bytes can claim any number."""
BROKEN = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)
"""What decoders raise of bytes that are not what they say."""


class Unreadable(ValueError):
    """A file that is no image of the kind wanted; its words show no value of a pixel."""


def read_pixels(path: Path, colour: Colour) -> Pixels:
    """Return pixels ``(rows, columns)`` or ``(rows, columns, 3)`` in [0, 1].

    Unsigned integers of 8 or 16 bits are divided by the largest number of their type, any others
    by 65,535, so that two images of one scanner keep their difference in exposure; NIfTI in
    floating point must lie in [0, 1].

    Raises
    ------
    Unreadable
        For a file that is damaged or empty, has several pages, is in colour where grey is wanted
        or grey where colour is, or holds numbers outside its range.
    """
    array = _array(path)
    if colour == "rgb":
        return _rgb(array)
    return _grey(array)


def read_labels(path: Path) -> Column:
    """Return a label image ``(rows, columns)``; black-and-white masks become 0 and 1.

    Raises
    ------
    Unreadable
        For a file that is damaged, empty, in colour, or holds anything but whole numbers from 0 to
        65,535.
    """
    array = _array(path)
    if array.ndim == COLOURED:
        array = _one_channel(array)
    if array.dtype == np.bool_:
        array = array.astype(np.uint8)
    if not np.issubdtype(array.dtype, np.integer):
        if not np.array_equal(array, np.rint(array)):
            raise Unreadable("a mask with numbers that are not whole")
        array = np.rint(array)
    if array.min() < 0:
        raise Unreadable("a mask with labels below 0")
    if array.max() > DEEP:
        raise Unreadable(f"a mask with labels above {DEEP:,}")
    if set(np.unique(array).tolist()) <= {0, 255}:
        array = array > 0
    return np.asarray(array, dtype=np.uint16)


def refuse_many(shape: Iterable[int]) -> None:
    """Raise :class:`Unreadable` where a header tells of more pixels than are read."""
    if math.prod(shape) > MOST_PIXELS:
        raise Unreadable(f"more than {MOST_PIXELS:,} pixels")


def _array(path: Path) -> npt.NDArray[Any]:
    if path.stat().st_size == 0:
        raise Unreadable("an empty file")
    is_nifti = path.name.lower().endswith(NIFTI)
    array = _of_nifti(path) if is_nifti else _of_picture(path)
    if 0 in array.shape:
        raise Unreadable("an image without pixels")
    return array


def _of_picture(path: Path) -> npt.NDArray[Any]:
    from PIL import Image, ImageFile

    warnings.filterwarnings("ignore", module="PIL")  # it warns of what is refused below
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # what draws the PDF turns it on for the process
    try:
        with Image.open(path) as picture:
            if getattr(picture, "n_frames", 1) > 1:
                raise Unreadable(f"{picture.n_frames} pages in one file")  # type: ignore[attr-defined]
            refuse_many(picture.size)
            return np.asarray(_plain(picture))
    except Unreadable:
        raise
    except (*BROKEN, Image.DecompressionBombError):
        raise Unreadable("a damaged or truncated image, or no image") from None


def _plain(picture: PillowImage) -> PillowImage:
    """Return the picture without palette or transparency."""
    if picture.mode in ("P", "PA", "CMYK", "YCbCr", "LAB", "HSV"):
        return picture.convert("RGB")
    if picture.mode in ("RGBA", "RGBX", "RGBa"):
        return picture.convert("RGB")
    return picture.convert("L") if picture.mode in ("LA", "La") else picture


def _of_nifti(path: Path) -> npt.NDArray[Any]:
    try:
        import nibabel
        from nibabel.filebasedimages import ImageFileError
        from nibabel.spatialimages import HeaderDataError
    except ImportError:
        raise Unreadable("a NIfTI file, and the package nibabel is not installed") from None
    try:
        loaded = nibabel.load(path)
        refuse_many(loaded.shape)
        array = np.squeeze(np.asanyarray(loaded.dataobj))
    except Unreadable:
        raise
    except (ImageFileError, HeaderDataError, *BROKEN):
        raise Unreadable("a damaged or truncated NIfTI file") from None
    if array.ndim != PLANE:
        raise Unreadable(f"a NIfTI file of {array.ndim} dimensions, not one plane")
    return np.asarray(array.T)  # NIfTI counts the columns first


def _grey(array: npt.NDArray[Any]) -> Pixels:
    if array.ndim == COLOURED:
        array = _one_channel(array)
    return _in_unit(array)


def _one_channel(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return grey that was stored as three equal channels."""
    if (array == array[..., :1]).all():
        return array[..., 0]
    raise Unreadable("colour where grey is wanted")


def _rgb(array: npt.NDArray[Any]) -> Pixels:
    if array.ndim != COLOURED:
        raise Unreadable("grey where colour is wanted")
    return _in_unit(array)


def _in_unit(array: npt.NDArray[Any]) -> Pixels:
    if array.dtype == np.bool_:
        return array.astype(np.float32)
    if array.dtype in (np.uint8, np.uint16):
        return (array / np.float32(np.iinfo(array.dtype).max)).astype(np.float32)
    if not np.isfinite(array).all() or array.min() < 0:
        raise Unreadable("pixels that are not finite, or below 0")
    if np.issubdtype(array.dtype, np.integer):
        if array.max() > DEEP:
            raise Unreadable("pixels of more than 16 bits")
        return (array / np.float32(DEEP)).astype(np.float32)
    if array.max() > 1:
        raise Unreadable("floating-point pixels above 1")
    return array.astype(np.float32)
