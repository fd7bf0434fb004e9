"""Phantoms as files: images and masks as PNG, tables as CSV; the bytes depend on content alone."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from samd_validate.core.arrays import Column

LEVELS = 255


def write_image(path: Path, pixels: Column) -> None:
    """Write pixels in [0, 1], grey or colour, with 8 bits a channel."""
    write_labels(path, np.rint(np.asarray(pixels) * LEVELS).astype(np.uint8))


def write_labels(path: Path, labels: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]) -> None:
    """Write whole numbers as they are, with 8 or 16 bits."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(labels).save(path, format="PNG", compress_level=1)


def write_table(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a table with a row of names."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
