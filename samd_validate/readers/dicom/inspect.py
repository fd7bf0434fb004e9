"""Every picture and mask opened once before training: faults together, digests taken."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from samd_validate.core.errors import Problem
from samd_validate.core.model import Progress
from samd_validate.readers.dicom.masks import Mask
from samd_validate.readers.dicom.pixels import pixels_of
from samd_validate.readers.dicom.read import whole
from samd_validate.readers.dicom.scan import HEADERS, fault, listed
from samd_validate.readers.dicom.source import DicomImages
from samd_validate.readers.images.inspect import faults_of_mask, said
from samd_validate.readers.images.pixels import Unreadable


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """Per image whether its mask marks anything, digests of all files, and what is wrong."""

    is_marked: tuple[bool, ...]
    digests: tuple[str, ...]
    problems: tuple[Problem, ...]


def inspected(
    images: DicomImages,
    place: Path,
    labels: Sequence[int] | None,
    what: str,
    progress: Progress,
) -> Inspected:
    """Open every picture and its mask once; nothing is kept in memory."""
    marked, digests, problems = [], [], []
    n = len(images.paths)
    for row, (path, mask) in enumerate(zip(images.paths, images.masks, strict=True)):
        progress(what, HEADERS + (1 - HEADERS) * row / n)
        try:
            content = path.read_bytes()
            digests.append(hashlib.sha256(content).hexdigest())
            shape = pixels_of(whole(content), images.grey).shape
        except (Unreadable, OSError) as error:
            problems.append(fault(path.relative_to(place).as_posix(), said(error)))
            shape = images.shapes[row]
        words, is_marked = _of_mask(mask, (shape[0], shape[1]), labels)
        marked.append(is_marked)
        if mask is not None and words:
            names = [one.relative_to(place).as_posix() for one in mask.files]
            problems.append(fault(listed(names), words))
    digests += _digests(images)
    return Inspected(
        is_marked=tuple(marked), digests=tuple(digests), problems=tuple(dict.fromkeys(problems))
    )


def _of_mask(
    mask: Mask | None, shape: tuple[int, int], labels: Sequence[int] | None
) -> tuple[str, bool]:
    """Return what is wrong with a mask, empty for nothing, and whether it marks anything."""
    if mask is None:
        return "", False
    try:
        found = mask.labels(shape)
    except (Unreadable, OSError) as error:
        return said(error), False
    return "; ".join(faults_of_mask(found, shape, labels)), bool(found.any())


def _digests(images: DicomImages) -> list[str]:
    files = sorted({one for mask in images.masks if mask is not None for one in mask.files})
    return [hashlib.sha256(one.read_bytes()).hexdigest() for one in files if one.is_file()]
