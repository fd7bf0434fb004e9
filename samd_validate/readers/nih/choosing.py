"""Which rows of the release are wanted, and why others are not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from samd_validate.core.arrays import BoolArray, IntArray
from samd_validate.core.cohort import FlowRow
from samd_validate.core.errors import CannotRun, Problem
from samd_validate.readers.images.flow import counted
from samd_validate.readers.nih.entries import Entries
from samd_validate.readers.nih.folders import OfficialList, images_under, official_list
from samd_validate.readers.nih.params import NihCxr14Params


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The rows of the table that are wanted, their files, and why others are not."""

    rows: IntArray
    paths: tuple[Path, ...]
    flow: tuple[FlowRow, ...]
    listed: OfficialList | None


def chosen_rows(place: Path, entries: Entries, params: NihCxr14Params) -> Chosen:
    """Return the rows that are wanted, in the order of their images' names.

    Raises
    ------
    CannotRun
        Without such a row, and for an image that is not in the folder, unless it may be left out.
    """
    listed = None if params.part == "all" else official_list(place, params.part)
    paths = images_under(place, params.images)
    keep = np.ones(entries.image.size, dtype=np.bool_)
    flow = [counted("start", f"rows of {entries.table.name}", keep.size)]
    steps = {"another view": np.isin(entries.view, params.views)}
    if listed is not None:
        words = f"not in the official part {params.part}"
        steps = {words: np.isin(entries.image, sorted(listed.names)), **steps}
    is_there = np.isin(entries.image, list(paths))
    if params.only_images_present:
        steps["no such image in the folder"] = is_there
    for reason, wanted in steps.items():
        flow.append(counted("excluded", reason, int((keep & ~wanted).sum())))
        keep &= wanted
    _refuse(keep, keep & ~is_there)
    rows = np.flatnonzero(keep)
    rows = rows[np.argsort(entries.image[rows], kind="stable")]
    strangers = len(paths) - int(np.isin(list(paths), entries.image).sum())
    flow.append(counted("handled", "image files that the table does not name", strangers))
    files = tuple(paths[name] for name in entries.image[rows].tolist())
    return Chosen(rows=rows, paths=files, flow=tuple(flow), listed=listed)


def _refuse(keep: BoolArray, lacking: BoolArray) -> None:
    found, todo = "", ""
    if not keep.any():
        found, todo = "no row that is wanted", "correct params, or bind another folder"
    if lacking.any():
        found = f"{int(lacking.sum())} of {int(keep.sum())} images are not in the folder"
        todo = "unpack all archives, or say only_images_present: true to leave them out, counted"
    if found:
        expected = "an image for each row that is wanted"
        raise CannotRun(Problem(where="images", found=found, expected=expected, todo=todo))
