"""Folders of simulated stays in the shape of a release: any size, in bounded memory."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, cast

import numpy as np

from samd_validate.core.errors import CannotRun, Problem
from samd_validate.core.model import Progress, no_progress
from samd_validate.readers.events.simulated import write_mark
from samd_validate.readers.simulation.draw import Draw, draw_stays, site_of
from samd_validate.readers.simulation.eicu_folder import eicu_tables
from samd_validate.readers.simulation.mimic_folder import mimic_tables
from samd_validate.readers.simulation.truth import Outcomes, joined, outcomes_of, truth

if TYPE_CHECKING:
    import polars as pl

Shape = Literal["mimic_iv", "eicu_crd"]
SiteName = Literal["riverside", "hillcrest"]
Form = Literal["csv.gz", "parquet"]
Tables = Mapping[str, "pl.DataFrame"]
TABLES: Mapping[str, Callable[[Draw], Tables]] = {
    "mimic_iv": mimic_tables,
    "eicu_crd": eicu_tables,
}
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
GZIP_LEVEL = 4
BATCH_STAYS = 2000


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What is to be simulated; ``window_hours`` from admission to the unit are charted."""

    shape: Shape
    site: SiteName
    stays: int
    seed: int
    is_planted: bool = True
    window_hours: float = 48.0

    def parameters(self) -> dict[str, object]:
        """Return what was asked for, as it stands beside the truth."""
        return {
            "site": self.site,
            "stays": self.stays,
            "seed": str(self.seed),  # may be larger than a whole number of JSON
            "planted": self.is_planted,
            "window_hours": self.window_hours,
        }


def simulated_folder(
    place: Path,
    wanted: Simulation,
    form: Form = "csv.gz",
    *,
    batch_stays: int = BATCH_STAYS,
    progress: Progress = no_progress,
) -> None:
    """Write a folder shaped like a release, with the truth beside it in SIMULATED.json.

    Stays are drawn and written in batches, so that memory does not grow with their number. The
    folder appears when it is whole; an interrupted write leaves none.

    Raises
    ------
    CannotRun
        If something lies at the place already.
    """
    drawn: list[Outcomes] = []
    with new_folder(place) as whole:
        write_tables(whole, _batches(wanted, batch_stays, drawn, progress), form)
        site = site_of(wanted.site, is_planted=wanted.is_planted)
        write_mark(whole, truth(site, joined(drawn), wanted.parameters()))


@contextmanager
def new_folder(place: Path) -> Iterator[Path]:
    """Give a folder to write into, and put it in its place when it is whole.

    Raises
    ------
    CannotRun
        If something lies at the place already.
    """
    _refuse_what_is_there(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}-") as work:
        whole = Path(work) / "whole"
        whole.mkdir()
        yield whole
        whole.replace(place)


def _refuse_what_is_there(place: Path) -> None:
    if place.is_dir() and not any(place.iterdir()):
        return
    if place.exists() or place.is_symlink():
        raise CannotRun(
            Problem(
                where=str(place),
                found="a folder that is not empty" if place.is_dir() else "a file",
                expected="a folder that is new or empty",
                todo="choose another place, or empty this one",
            )
        )


def _batches(
    wanted: Simulation, batch_stays: int, drawn: list[Outcomes], progress: Progress
) -> Iterator[Tables]:
    """Yield the tables of each batch of whole patients, and keep what the truth needs."""
    site = site_of(wanted.site, is_planted=wanted.is_planted)
    sizes = _sizes(wanted.stays, batch_stays)
    first_stay, first_patient = 0, 0
    for number, size in enumerate(sizes):
        generator = np.random.Generator(np.random.Philox(wanted.seed).jumped(number))
        draw = replace(
            draw_stays(site, size, wanted.window_hours, generator),
            first_stay=first_stay,
            first_patient=first_patient,
        )
        drawn.append(outcomes_of(draw))
        yield TABLES[wanted.shape](draw)
        first_stay += size
        first_patient += int(draw.people.patient[-1]) + 1
        progress(f"simulating {wanted.site}", (number + 1) / len(sizes))


def _sizes(stays: int, most: int) -> list[int]:
    """Return batches of nearly one size, none above ``most``.

    >>> _sizes(5000, 2000)
    [1667, 1667, 1666]
    """
    count = -(-stays // most)
    return [stays // count + (number < stays % count) for number in range(count)]


def write_tables(place: Path, batches: Iterator[Tables], form: Form) -> None:
    """Write batches of tables: one NAME.csv.gz each, or a folder NAME of Parquet files.

    The bytes depend on the tables alone.
    """
    with ExitStack() as stack:
        streams: dict[str, IO[bytes]] = {}
        for number, tables in enumerate(batches):
            for name, frame in tables.items():
                if form == "parquet":
                    _write_shard(place / name / f"{number:05d}.parquet", frame)
                    continue
                is_new = name not in streams
                if is_new:
                    streams[name] = _stream(place / f"{name}.csv.gz", stack)
                frame.write_csv(streams[name], include_header=is_new, datetime_format=TIME_FORMAT)


def _write_shard(path: Path, frame: pl.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path, compression="lz4", statistics=False)


def _stream(path: Path, stack: ExitStack) -> IO[bytes]:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = stack.enter_context(path.open("wb"))
    packed = gzip.GzipFile(filename="", mode="wb", compresslevel=GZIP_LEVEL, fileobj=file, mtime=0)
    stack.callback(packed.close)
    return cast("IO[bytes]", packed)
