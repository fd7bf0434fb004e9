"""The release's folders: images by their file name, official lists, and sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.cohort import SourceFile
from samd_validate.core.errors import CannotRun, Problem
from samd_validate.readers._files import source_file

LISTS = {"train_val": "train_val_list.txt", "test": "test_list.txt"}
START = "images"


@dataclass(frozen=True, kw_only=True)
class OfficialList:
    """The images that belong to a part by the release's own list."""

    names: frozenset[str]
    file: SourceFile


def images_under(place: Path, folder: str | None) -> dict[str, Path]:
    """Return the PNG files by name, from ``folder`` or from all folders named ``images...``.

    Raises
    ------
    CannotRun
        If there is no such folder, no image in it, or one name twice.
    """
    roots = [place / folder] if folder else sorted(place.glob(f"{START}*"))
    roots = [root for root in roots if root.is_dir()]
    paths = sorted(path for root in roots for path in root.rglob("*.png"))
    if not paths:
        raise CannotRun(_no_images(folder))
    found = {path.name: path for path in paths}
    if len(found) < len(paths):
        raise CannotRun(_twice(len(paths) - len(found), roots))
    return found


def _no_images(folder: str | None) -> Problem:
    return Problem(
        where=f"folder {folder or START + '...'}",
        found="no PNG file",
        expected="the images of the release, such as images_001/images/00000001_000.png",
        todo="unpack the archives of images there, or name another folder in params.images",
    )


def _twice(count: int, roots: Sequence[Path]) -> Problem:
    return Problem(
        where=f"folders {', '.join(root.name for root in roots)}",
        found=f"{count} file names that stand there twice",
        expected="each image once",
        todo="name one folder in params.images",
    )


def official_list(place: Path, part: str) -> OfficialList:
    """Return the release's list of a part.

    Raises
    ------
    CannotRun
        If the list is not there, or names nothing.
    """
    path = place / LISTS[part]
    content = path.read_bytes() if path.is_file() else b""
    names = frozenset(content.decode("utf-8", errors="replace").split())
    if not names:
        raise CannotRun(
            Problem(
                where=path.name,
                found="an empty list" if path.is_file() else "no such list",
                expected=f"the official list of images of the part {part}, one name a line",
                todo="restore it, or say part: all",
            )
        )
    return OfficialList(names=names, file=source_file(path, content))


def sizes(paths: Sequence[Path]) -> FloatArray:
    """Return rows and columns of each image ``(n, 2)`` from its head; NaN where it has none."""
    return np.array(list(_sizes(paths)), dtype=np.float64).reshape(-1, 2)


def _sizes(paths: Sequence[Path]) -> Iterator[tuple[float, float]]:
    from PIL import Image, UnidentifiedImageError

    for path in paths:
        try:
            with Image.open(path) as picture:
                yield picture.height, picture.width
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError, SyntaxError):
            yield np.nan, np.nan  # told with all other faults of the files


def masks_in(folder: Path, names: Column) -> Mapping[str, Path]:
    """Return the mask files that are there, by the name of their image."""
    paths = {str(name): folder / str(name) for name in names.tolist()}
    return {name: path for name, path in paths.items() if path.is_file()}
