"""Which images of a folder are wanted, and why others are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from samd_validate.core.cohort import FlowRow
from samd_validate.core.errors import Problem, did_you_mean
from samd_validate.readers.dicom.account import flow_row
from samd_validate.readers.dicom.columns import Told, groups
from samd_validate.readers.dicom.linking import Linked, linked
from samd_validate.readers.dicom.params import DicomFolderParams
from samd_validate.readers.dicom.record import Record
from samd_validate.readers.dicom.scan import Scanned, fault


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The images that are wanted, their masks, and why others are not."""

    records: tuple[Record, ...]
    link: Linked
    flow: tuple[FlowRow, ...]
    problems: tuple[Problem, ...]


def chosen(
    scan: Scanned, told: Told, place: Path, dataset: str, params: DicomFolderParams
) -> Chosen:
    """Return the images that table, groups, burned-in text and masks leave."""
    n_images = len(scan.records) + scan.n_other_modality
    flow = [flow_row("start", "in DICOM files of the folder", n_images)]
    if params.other_modalities == "exclude":
        flow.append(flow_row("excluded", "of another modality", scan.n_other_modality))
    problems = _strangers(scan, told)
    records = scan.records
    if params.table is not None:
        is_told = [told.has(one.name) for one in records]
        records = _kept(records, is_told, "not in the table", flow)
    unknown = _unknown_groups(records, told, params, dataset)
    if not unknown:
        records = _where(records, told, params, dataset, flow)
    if params.burned_in == "exclude":
        without = [one.identity.has_burned_in != "YES" for one in records]
        records = _kept(records, without, "with burned-in annotation", flow)
    link = linked(records, scan.objects, told, place, params)
    problems += [*unknown, *link.problems]
    records, link, bare = _with_masks(records, link, params, flow)
    problems += [fault(one.name, "without a mask") for one in bare]
    if not records and not scan.problems and not problems:
        problems.append(_no_image())
    return Chosen(records=records, link=link, flow=tuple(flow), problems=tuple(problems))


def _strangers(scan: Scanned, told: Told) -> list[Problem]:
    """Return what the table names and the folder lacks, but not what has another fault."""
    names = told.strangers([one.name for one in scan.records])
    faulty = {one.where for one in scan.problems}
    words = "named in the table, and no image that is wanted"
    return [fault(name, words) for name in names if name not in faulty]


def _with_masks(
    records: tuple[Record, ...], link: Linked, params: DicomFolderParams, flow: list[FlowRow]
) -> tuple[tuple[Record, ...], Linked, list[Record]]:
    """Return images, their masks, and the images without one where that is a fault."""
    has_mask = [mask is not None for mask in link.masks]
    if params.masks is None or all(has_mask):
        return records, link, []
    if params.masks.missing == "refuse":
        return records, link, [one for one, has in zip(records, has_mask, strict=True) if not has]
    masks = tuple(mask for mask in link.masks if mask is not None)
    records = _kept(records, has_mask, "without a mask", flow)
    return records, Linked(masks=masks, n_unused=link.n_unused), []


def _kept(
    records: Sequence[Record], keep: Sequence[bool], reason: str, flow: list[FlowRow]
) -> tuple[Record, ...]:
    """Return the records that are kept, and count those that are not."""
    flow.append(flow_row("excluded", reason, sum(not one for one in keep)))
    return tuple(record for record, is_kept in zip(records, keep, strict=True) if is_kept)


def _unknown_groups(
    records: Sequence[Record], told: Told, params: DicomFolderParams, dataset: str
) -> list[Problem]:
    known = groups(records, told, params, dataset)
    return [
        Problem(
            where="params.where",
            found=f"{name!r}",
            expected=did_you_mean(name, known),
            todo="name a group that images have",
        )
        for name in params.where
        if name not in known
    ]


def _where(
    records: Sequence[Record],
    told: Told,
    params: DicomFolderParams,
    dataset: str,
    flow: list[FlowRow],
) -> tuple[Record, ...]:
    for name, values in params.where.items():
        column = groups(records, told, params, dataset)[name]
        keep = np.isin(column, values)
        reason = f"{name} is none of {', '.join(values)}"
        records = _kept(records, keep.tolist(), reason, flow)
    return tuple(records)


def _no_image() -> Problem:
    return Problem(
        where="the folder",
        found="no DICOM image that is wanted",
        expected="at least one",
        todo="correct params, or bind another folder",
    )
