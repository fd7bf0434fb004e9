"""Every header of a folder read once: what is an image, what is skipped, what is wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from samd_validate.core.errors import Problem
from samd_validate.core.model import Progress
from samd_validate.readers.dicom.kinds import (
    DIRECTORY,
    LABEL_MAP,
    SEGMENTATION,
    STRUCTURES,
    is_image,
    refusals,
    sop_class,
    syntax,
)
from samd_validate.readers.dicom.read import DataSet, carefully, header, is_dicom, text
from samd_validate.readers.dicom.record import Record, record_of, with_numbers
from samd_validate.readers.images.inspect import said
from samd_validate.readers.images.pixels import Unreadable

ENDINGS = ("", ".dcm", ".dicom", ".ima", ".dic")
MODALITIES = ("CR", "DX", "MG", "IO", "PX", "RF", "XA", "CT", "MR", "US", "NM", "PT", "OT", "SC")
OTHER_FILES = "files of other kinds, skipped"
OBJECTS = "DICOM objects that are no images, skipped"
SHOWN = 10
HEADERS = 0.3
"""Share of the reading after which all headers are read."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which images are wanted; ``has_spacing`` says that spacing comes from elsewhere."""

    modalities: Sequence[str]
    others: Literal["refuse", "exclude"]
    has_spacing: bool
    has_masks_of: Literal["files", "seg", "rtstruct"] | None


@dataclass(frozen=True, kw_only=True)
class Scanned:
    """The images of a folder in the order of their names, mask objects, counts and problems."""

    records: tuple[Record, ...]
    objects: tuple[Path, ...]
    skipped: Counter[str]
    n_other_modality: int
    problems: tuple[Problem, ...]


@dataclass(kw_only=True)
class _Tally:
    records: list[Record] = field(default_factory=list)
    objects: list[Path] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    n_other: int = 0
    faults: dict[str, str] = field(default_factory=dict)
    undecodable: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def scanned(
    roots: Sequence[Path], place: Path, wanted: Wanted, what: str, progress: Progress
) -> Scanned:
    """Read all headers below some folders; names in problems are relative to ``place``."""
    tally = _Tally()
    found = {path for root in roots for path in root.rglob("*")}
    paths = sorted(path for path in found if not path.is_dir())  # a broken link is a file, too
    for number, path in enumerate(paths):
        progress(what, HEADERS * number / len(paths))
        name = path.relative_to(place).as_posix()
        try:
            _one(path, name, wanted, tally)
        except (Unreadable, OSError) as error:
            tally.faults[name] = said(error)
    return Scanned(
        records=with_numbers(tally.records),
        objects=tuple(tally.objects),
        skipped=tally.skipped,
        n_other_modality=tally.n_other,
        problems=tuple(_problems(tally)),
    )


def _one(path: Path, name: str, wanted: Wanted, tally: _Tally) -> None:
    if path.name.startswith(".") or _is_of_other_kind(path):
        tally.skipped[OTHER_FILES] += 1
        return
    dataset = header(path)
    with carefully("a damaged or truncated DICOM file"):
        if not is_image(dataset):
            _keep_object(path, dataset, wanted, tally)
            return
        faults = _faults(dataset, wanted, tally)
        if faults is None:
            return
        name_of_syntax, is_decodable = syntax(dataset)
        record = record_of(dataset, path, name, number=len(tally.records) + 1)
    if not is_decodable:
        tally.undecodable[name_of_syntax].append(name)
    if not record.uid:
        faults.append("no SOP instance UID")
    if record.pixel_size.fault and not wanted.has_spacing:
        faults.append(record.pixel_size.fault)
    if faults:
        raise Unreadable("; ".join(faults))
    if is_decodable:
        tally.records.append(record)


def _is_of_other_kind(path: Path) -> bool:
    return path.suffix.lower() not in ENDINGS and not is_dicom(path)


def _keep_object(path: Path, dataset: DataSet, wanted: Wanted, tally: _Tally) -> None:
    classes = {"seg": (SEGMENTATION, LABEL_MAP), "rtstruct": (STRUCTURES,)}
    kind = sop_class(dataset)
    if kind in classes.get(wanted.has_masks_of or "", ()):
        tally.objects.append(path)
    else:
        words = "directories (DICOMDIR), skipped" if kind == DIRECTORY else OBJECTS
        tally.skipped[words] += 1


def _faults(dataset: DataSet, wanted: Wanted, tally: _Tally) -> list[str] | None:
    """Return what speaks against an image, None if it is of a modality that is left out."""
    modality = text(dataset, "Modality")
    if modality not in wanted.modalities and wanted.others == "exclude":
        tally.n_other += 1
        return None
    faults = refusals(dataset)
    if modality not in wanted.modalities and not faults:
        told = f"modality {modality}" if modality in MODALITIES else "another modality"
        faults.append(f"{told}, where {', '.join(wanted.modalities)} is wanted")
    return faults


def _problems(tally: _Tally) -> Iterator[Problem]:
    for name, words in tally.faults.items():
        yield fault(name, words)
    for name, names in sorted(tally.undecodable.items()):
        yield Problem(
            where=listed(names),
            found=f"pixels compressed as {name}, which no installed decoder reads",
            expected="a transfer syntax that an installed decoder reads",
            todo="decompress these files (dcmdjpeg, gdcmconv --raw), or install a decoder",
        )
    yield from _twice(tally.records)


def _twice(records: Sequence[Record]) -> Iterator[Problem]:
    names = defaultdict(list)
    for record in records:
        names[record.uid].append(record.name)
    for double in names.values():
        if len(double) > 1:
            yield fault(listed(double), "the same SOP instance UID in several files")


def listed(names: Sequence[str]) -> str:
    """Return up to ten names, and how many more there are.

    >>> listed(["a", "b"])
    'a, b'
    """
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def fault(where: str, found: str) -> Problem:
    """Return the problem of a file."""
    return Problem(
        where=where,
        found=found,
        expected="a whole single-frame grey radiograph, and a mask on its grid",
        todo="restore or convert the file, or take it out of the folder",
    )
