"""The text records of the Challenge, from the tar.gz or from unpacked folders."""

from __future__ import annotations

import io
import re
import tarfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from samd_validate.core.cohort import SourceFile
from samd_validate.core.errors import CannotRun, Problem
from samd_validate.readers._files import source_file
from samd_validate.readers._packed import gunzipped
from samd_validate.readers.physionet.variables import DESCRIPTORS, POSITION

OF_BROKEN_HEADERS = (ValueError, LookupError, OverflowError)
"""What tarfile raises of headers that are none, beside its own errors."""
HEADER = "Time,Parameter,Value"
MOST_PROBLEMS = 20
_TIME = re.compile(r"(\d{2,3}):(\d{2})")


@dataclass
class Records:
    """What was read so far: descriptors by record, long columns of measurements, counted quirks."""

    descriptors: dict[str, dict[str, float]] = field(default_factory=dict)
    record: list[int] = field(default_factory=list)
    minute: list[int] = field(default_factory=list)
    variable: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    quirks: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)


def read_records(place: Path, name: str) -> tuple[Records, list[SourceFile]]:
    """Read every record of a set, or raise every broken line (at most twenty are listed)."""
    records = Records()
    files: list[SourceFile] = []
    for file_name, content in _members(place, name, files):
        _read_record(file_name, content, records)
        if len(records.problems) >= MOST_PROBLEMS:
            break
    if records.problems:
        raise CannotRun(*records.problems[:MOST_PROBLEMS])
    return records, files


def _members(place: Path, name: str, files: list[SourceFile]) -> Iterator[tuple[str, bytes]]:
    archive, folder = place / f"{name}.tar.gz", place / name
    if archive.is_file():
        content = archive.read_bytes()
        files.append(source_file(archive, content))
        yield from _of_archive(archive, content)
    elif folder.is_dir():
        for path in sorted(folder.glob("*.txt")):
            content = path.read_bytes()
            files.append(source_file(path, content))
            yield f"{name}/{path.name}", content
    else:
        raise CannotRun(
            Problem(
                where=str(place),
                found=f"neither {name}.tar.gz nor a folder {name}",
                expected="the files of the PhysioNet/CinC Challenge 2012 as downloaded",
                todo="bind the folder that holds them with --dataset",
            )
        )


def _of_archive(archive: Path, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Return name and bytes of each record: members are read in memory, and become no files."""
    try:
        with tarfile.open(fileobj=io.BytesIO(gunzipped(content))) as tar:
            members = sorted((m for m in _listed(tar) if m.isfile()), key=lambda m: m.name)
            for member in members:
                if member.name.endswith(".txt"):
                    opened = tar.extractfile(member)
                    yield member.name, opened.read() if opened else b""
    except (tarfile.TarError, EOFError, zlib.error, OSError, *OF_BROKEN_HEADERS) as error:
        raise CannotRun(
            Problem(
                where=archive.name,
                found=f"an archive that breaks off or is damaged ({type(error).__name__})",
                expected="a whole tar.gz",
                todo="download it again and compare its digest with the publisher's",
            )
        ) from None


def _listed(tar: tarfile.TarFile) -> list[tarfile.TarInfo]:
    return tar.getmembers()


def _read_record(file_name: str, content: bytes, records: Records) -> None:
    name = Path(file_name).stem
    try:
        lines = content.decode("ascii").splitlines()
    except UnicodeDecodeError:
        _broken(records, file_name, 1, "bytes that are not text")
        return
    if not lines or lines[0].strip() != HEADER:
        _broken(records, file_name, 1, "another first line")
        return
    if name in records.descriptors:
        _broken(records, file_name, 1, "a record that was read before")
        return
    index = len(records.descriptors)
    about: dict[str, float] = {}
    records.descriptors[name] = about
    for number, line in enumerate(lines[1:], start=2):
        fault = _read_line(line, index, about, records)
        if fault:
            _broken(records, file_name, number, fault)


def _read_line(line: str, index: int, about: dict[str, float], records: Records) -> str:
    """Take one line; return what is wrong with it, or nothing."""
    time, comma, rest = line.partition(",")
    parameter, second, text = rest.partition(",")
    clock = _TIME.fullmatch(time)
    if not comma or not second or clock is None:
        return "no time HH:MM, or not three fields"
    try:
        value = float(text)
    except ValueError:
        return "a value that is not a number"
    return _take(60 * int(clock[1]) + int(clock[2]), parameter, value, index, about, records)


def _take(
    minute: int,
    parameter: str,
    value: float,
    index: int,
    about: dict[str, float],
    records: Records,
) -> str:
    """Keep a value as a descriptor or a measurement; the first weight is both."""
    if parameter == "":
        records.quirks["without a parameter name, not used"] += 1
        return ""
    if parameter in DESCRIPTORS:
        about[parameter] = value
        return ""
    if parameter not in POSITION:
        return "a parameter that the Challenge does not have"
    if parameter == "Weight" and "Weight" not in about:
        about["Weight"] = value
        if value <= 0:
            return ""
    records.record.append(index)
    records.minute.append(minute)
    records.variable.append(POSITION[parameter])
    records.value.append(value)
    return ""


def _broken(records: Records, file_name: str, line: int, found: str) -> None:
    records.problems.append(
        Problem(
            where=f"{file_name}:{line}",
            found=found,
            expected="a line 'HH:MM,parameter,number' after the head 'Time,Parameter,Value'",
            todo="restore the file from its source",
        )
    )
