"""Every image and mask opened once before training: faults listed together, digests taken."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from samd_validate.core.arrays import Column
from samd_validate.core.errors import Problem
from samd_validate.core.model import Progress
from samd_validate.readers.images.pixels import Unreadable, read_labels, read_pixels
from samd_validate.readers.images.source import ImageFiles

MOST = 50
"""Problems that are listed one by one; the rest are counted."""


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """What was found in the files: per unit whether a mask marks anything, digests, problems."""

    is_marked: tuple[bool, ...]
    digests: tuple[str, ...]
    n_bytes: int
    problems: tuple[Problem, ...] = field(default=())


def inspected(
    files: ImageFiles, labels: Sequence[int] | None, what: str, progress: Progress
) -> Inspected:
    """Open every file once and return what is in it; nothing is kept in memory.

    ``labels`` are the labels that a mask may hold (None: any).
    """
    marked, digests, problems, size = [], [], [], 0
    n = len(files.paths)
    for row, (path, mask) in enumerate(zip(files.paths, files.masks, strict=True)):
        progress(what, row / n)
        faults, is_marked = _faults(path, mask, files, labels)
        problems += faults
        marked.append(is_marked)
        for one in (path, mask):
            if one is not None and one.is_file():
                digests.append(_sha256(one))
                size += one.stat().st_size
    return Inspected(
        is_marked=tuple(marked),
        digests=tuple(digests),
        n_bytes=size,
        problems=shortened(problems),
    )


def _faults(
    path: Path, mask: Path | None, files: ImageFiles, labels: Sequence[int] | None
) -> tuple[list[Problem], bool]:
    problems = []
    shape = None
    try:
        shape = read_pixels(path, files.colour).shape[:2]
    except (Unreadable, OSError) as error:
        problems.append(_problem(path, said(error)))
    if mask is None:
        return problems, False
    try:
        found = read_labels(mask)
    except (Unreadable, OSError) as error:
        return [*problems, _problem(mask, said(error))], False
    problems += [_problem(mask, words) for words in faults_of_mask(found, shape, labels)]
    return problems, bool(found.any())


def faults_of_mask(
    found: Column, shape: tuple[int, ...] | None, labels: Sequence[int] | None
) -> list[str]:
    """Return in words that a mask is not on the grid ``shape`` or holds a label of no others.

    What is None is not looked at.
    """
    words = []
    if shape is not None and found.shape != shape:
        words.append("{} x {} pixels, and its image has {} x {}".format(*found.shape, *shape))
    strange = sorted(set(np.unique(found).tolist()) - {0, *labels}) if labels is not None else []
    if strange:
        words.append(f"labels {', '.join(map(str, strange))}")
    return words


def said(error: Exception) -> str:
    """Return what is wrong with a file, in words that hold no path and no value."""
    if isinstance(error, Unreadable):
        return str(error)
    return "no such file" if isinstance(error, FileNotFoundError) else type(error).__name__


def shortened(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return problems, those beyond the most that are listed one by one as one that counts them."""
    if len(problems) <= MOST:
        return tuple(problems)
    more = Problem(
        where=f"{len(problems) - MOST} more files",
        found="faults of the same kinds",
        expected="whole images",
        todo="mend those listed and read again",
    )
    return (*problems[:MOST], more)


def _problem(path: Path, found: str) -> Problem:
    return Problem(
        where=f"{path.parent.name}/{path.name}",
        found=found,
        expected="a whole image of the kind the protocol names, and a mask on its grid",
        todo="restore or convert the file, or leave its row out of the table",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
