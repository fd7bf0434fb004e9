"""Files of others read with care: every way in which they can be broken has a name here."""

from __future__ import annotations

import logging
import math
import sqlite3
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from samd_validate.readers._packed import refuse_deflated
from samd_validate.readers.images.pixels import Unreadable

DataSet: TypeAlias = Any
"""A ``pydicom.Dataset``: the package carries no types that hold for attributes."""

MAGIC_AT, MAGIC = 128, b"DICM"
SPOKEN = "pydicom|highdicom"


@cache
def broken() -> tuple[type[Exception], ...]:
    """Return what pydicom, decoders and highdicom raise for bytes that are not what they say."""
    from pydicom.errors import BytesLengthException, InvalidDicomError

    of_python = (OSError, EOFError, ValueError, TypeError, LookupError, AttributeError)
    more = (ArithmeticError, RuntimeError, MemoryError, struct.error, zlib.error, sqlite3.Error)
    return (*of_python, *more, InvalidDicomError, BytesLengthException)


def hush() -> None:
    """Let the packages below say nothing from now on: their warnings repeat values of a header.

    Set for the process and not put back, since images are read in several threads.
    """
    warnings.filterwarnings("ignore", module=SPOKEN)
    for name in SPOKEN.split("|"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


@contextmanager
def carefully(what: str) -> Iterator[None]:
    """Turn whatever broken bytes raise into :class:`Unreadable` in words that quote nothing."""
    hush()
    try:
        yield
    except Unreadable:
        raise
    except broken():
        raise Unreadable(what) from None


def is_dicom(path: Path) -> bool:
    """Return whether a file begins as DICOM files do."""
    with path.open("rb") as file:
        return file.read(MAGIC_AT + len(MAGIC))[MAGIC_AT:] == MAGIC


def header(path: Path) -> DataSet:
    """Return all of a file before its pixels.

    Raises
    ------
    Unreadable
        If it is no DICOM file, or a damaged one.
    """
    import pydicom

    if path.stat().st_size == 0:
        raise Unreadable("an empty file")
    if not is_dicom(path):
        raise Unreadable("not a DICOM file (no preamble)")
    with carefully("a damaged or truncated DICOM file"):
        with path.open("rb") as file:
            _refuse_bomb(file)
        return pydicom.dcmread(path, stop_before_pixels=True)


def whole(content: bytes) -> DataSet:
    """Return a file with its pixels from its bytes.

    Raises
    ------
    Unreadable
        If it is damaged.
    """
    import pydicom

    with carefully("a damaged or truncated DICOM file"):
        _refuse_bomb(BytesIO(content))
        return pydicom.dcmread(BytesIO(content))


def _refuse_bomb(file: BinaryIO) -> None:
    """Raise where a deflated file holds more than is unpacked: pydicom inflates it whole."""
    from pydicom.filereader import _read_file_meta_info, read_preamble
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    read_preamble(file, force=False)
    meta = _read_file_meta_info(file)
    if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
        refuse_deflated(file.read())


def value(dataset: DataSet, keyword: str) -> Any:
    """Return a value of a header, None where it is absent, empty or cannot be understood."""
    hush()
    try:
        found = dataset.get(keyword)
        return None if found is None or found == "" else found
    except broken():
        return None


def text(dataset: DataSet, keyword: str) -> str:
    """Return a value as text without superfluous blanks, empty where there is none."""
    found = value(dataset, keyword)
    return " ".join(str(found).split()) if isinstance(found, str) else ""


def number(dataset: DataSet, keyword: str) -> float:
    """Return the first number of a value, NaN where there is none."""
    numbers = several(dataset, keyword)
    return numbers[0] if numbers else float("nan")


def several(dataset: DataSet, keyword: str) -> list[float]:
    """Return all numbers of a value, an empty list where one of them is none."""
    found = value(dataset, keyword)
    if found is None or isinstance(found, str | bytes):
        return []
    try:
        return [float(one) for one in (found if hasattr(found, "__len__") else [found])]
    except broken():
        return []


def whole_number(dataset: DataSet, keyword: str) -> int | None:
    """Return a whole number, None where there is none."""
    found = number(dataset, keyword)
    return int(found) if math.isfinite(found) and found.is_integer() else None
