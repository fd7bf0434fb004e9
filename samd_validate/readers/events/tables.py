"""Tables of a health record as distributed: found, checked, typed, and never read whole."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from samd_validate.core.cohort import SourceFile
from samd_validate.core.errors import CannotRun, Problem, did_you_mean, gather
from samd_validate.readers.events.columns import (
    Kind,
    csv_column,
    expected_type,
    fits,
    parquet_column,
)

if TYPE_CHECKING:
    import polars as pl

Made = TypeVar("Made")
FORMS = (".csv", ".csv.gz", ".parquet")
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
FORM_WORDS = "one of NAME.csv, NAME.csv.gz, NAME.parquet, or a folder NAME of Parquet files"


@dataclass(frozen=True, kw_only=True)
class TableShape:
    """What a table must have: its place in the folder, and the kind of each column used.

    ``needed_for`` names the variables that cannot be read without it; empty: nothing can.
    """

    place: str
    columns: Mapping[str, Kind]
    needed_for: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table that was found: its shape, the folder, and its files, all CSV or all Parquet."""

    shape: TableShape
    folder: Path
    paths: tuple[Path, ...]

    @property
    def is_parquet(self) -> bool:
        """Return whether it is Parquet."""
        return self.paths[0].suffix == ".parquet"

    @property
    def name(self) -> str:
        """Return how messages call it."""
        return self.shape.place if len(self.paths) > 1 else self._in_folder(self.paths[0])

    def _in_folder(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def scan(self) -> pl.LazyFrame:
        """Return the columns used, typed, as a lazy frame; by name, so their order is free."""
        import polars as pl

        columns = self.shape.columns
        if self.is_parquet:
            frame = pl.scan_parquet(list(self.paths))
            return frame.select([parquet_column(name, kind) for name, kind in columns.items()])
        types = {"id": pl.Int64, "number": pl.Float64}
        overrides = {name: types.get(kind, pl.String) for name, kind in columns.items()}
        frame = pl.scan_csv(self.paths[0], schema_overrides=overrides, infer_schema=False)
        return frame.select([csv_column(name, kind) for name, kind in columns.items()])

    def parsed(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Return the frame with its times read; apart from `scan`, so that filters come first."""
        import polars as pl

        times = [name for name, kind in self.shape.columns.items() if kind == "time"]
        schema = frame.collect_schema()
        text = [name for name in times if schema[name] == pl.String]
        typed = [name for name in times if name not in text]
        return frame.with_columns(
            pl.col(text).str.to_datetime(TIME_FORMAT, time_unit="us"),
            pl.col(typed).cast(pl.Datetime("us")),
        )

    def read(self) -> pl.DataFrame:
        """Return the whole table, for the small ones; every field of every row is looked at."""
        import polars as pl

        with told(self):
            every_field = pl.QueryOptFlags(projection_pushdown=False)
            return self.parsed(self.scan()).collect(optimizations=every_field)

    def column_names(self) -> tuple[str, ...]:
        """Return the names of all columns the file has, also of those that are not used."""
        with told(self):
            return tuple(_schema(self.is_parquet, self.paths).names())

    def files(self) -> list[SourceFile]:
        """Return name, size and SHA-256 of each file, as received."""
        return [_source_file(self._in_folder(path), path) for path in self.paths]


def find_tables(place: Path, shapes: tuple[TableShape, ...]) -> dict[str, Table]:
    """Return the tables of a folder by their place in it.

    Raises
    ------
    CannotRun
        With every table that is missing, is there in two forms, cannot be opened, or lacks a
        column or has another type in it.
    """
    outcomes = [attempt(lambda shape=shape: _found(place, shape)) for shape in shapes]  # type: ignore[misc]
    gather([problem for _, problems in outcomes for problem in problems])
    return {table.shape.place: table for table, _ in outcomes if table is not None}


def attempt(make: Callable[[], Made]) -> tuple[Made | None, tuple[Problem, ...]]:
    """Return what was made, or the problems that prevented it, so that others can be gathered."""
    try:
        return make(), ()
    except CannotRun as error:
        return None, error.problems


def _found(place: Path, shape: TableShape) -> Table:
    forms = _forms(place / shape.place)
    if len(forms) != 1:
        names = ", ".join(sorted(one[0].name for one in forms))
        found = f"{len(forms)} forms of it ({names})" if forms else "no such table"
        raise CannotRun(_not_one(shape, found))
    table = Table(shape=shape, folder=place, paths=forms[0])
    gather(_faults(table))
    return table


def _forms(base: Path) -> list[tuple[Path, ...]]:
    """Return the files of each form of a table; upper and lower case are alike."""
    beside = sorted(base.parent.iterdir()) if base.parent.is_dir() else []
    names = {(base.name + form).lower() for form in FORMS}
    forms: list[tuple[Path, ...]] = [
        (path,) for path in beside if path.name.lower() in names and path.is_file()
    ]
    folders = [path for path in beside if path.name.lower() == base.name.lower() and path.is_dir()]
    shards = [tuple(sorted(path.rglob("*.parquet"))) for path in folders]
    return forms + [one for one in shards if one]


def _not_one(shape: TableShape, found: str) -> Problem:
    problem = _problem(shape.place, found, FORM_WORDS)
    if not shape.needed_for:
        return problem
    names = ", ".join(shape.needed_for)
    return replace(
        problem,
        found=f"{found}, needed for {names}",
        todo=f"{problem.todo}; or name other variables in params.variables",
    )


def _schema(is_parquet: bool, paths: tuple[Path, ...]) -> pl.Schema:
    import polars as pl

    if is_parquet:
        return pl.scan_parquet(list(paths)).collect_schema()
    return pl.scan_csv(paths[0], infer_schema=False).collect_schema()


def _faults(table: Table) -> list[Problem]:
    if not table.is_parquet and _is_cut_off(table.paths[0]):
        return [_problem(table.name, "a last row without its end", "a whole file")]
    with told(table):
        schema = _schema(table.is_parquet, table.paths)
    faults = [
        _problem(table.name, f"no column {name!r}", did_you_mean(name, schema.names()))
        for name in table.shape.columns
        if name not in schema
    ]
    if not table.is_parquet:
        return faults
    return faults + [
        _problem(table.name, f"column {name!r} of type {schema[name]}", expected_type(kind))
        for name, kind in table.shape.columns.items()
        if name in schema and not fits(schema[name], kind)
    ]


def _is_cut_off(path: Path) -> bool:
    """Return whether a plain CSV ends within a row; a cut gzip is noticed when it is read."""
    if path.suffix == ".gz" or path.stat().st_size == 0:
        return False
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) != b"\n"


@contextmanager
def told(table: Table) -> Iterator[None]:
    """Turn what the reader of files complains of into a problem that shows no value.

    A damaged Parquet file can make polars panic, which is no ``Exception`` to Python.
    """
    import polars as pl

    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        found = _words(error)
        raise CannotRun(_problem(table.name, found, "the file as distributed")) from None


_COMPLAINTS = (
    (r"unexpected end of file|UnexpectedEof", "a gzip file that breaks off"),
    (r"gzip|checksum|deflate|corrupt", "a damaged gzip file"),
    (r"utf-?8", "bytes that are not UTF-8"),
    (r"empty CSV|NoData", "an empty file"),
    (r"more fields", "a row with more fields than the header"),
    (r"to `?datetime", "a time that is not YYYY-MM-DD HH:MM:SS"),
    (r"could not parse", "a field that is not a number"),
    (r"parquet|panic", "a damaged or truncated Parquet file"),
)


def _words(error: BaseException) -> str:
    text = f"{type(error).__name__} {error}"
    column = re.search(r"(?:at|in) column '([^']+)'", text)
    suffix = f" in column {column[1]!r}" if column else ""
    for pattern, words in _COMPLAINTS:
        if re.search(pattern, text, re.IGNORECASE):
            return words + suffix
    return f"a file that cannot be read ({type(error).__name__})"


def _problem(where: str, found: str, expected: str) -> Problem:
    todo = "restore the file from its source, or bind the right folder with --dataset"
    return Problem(where=where, found=found, expected=expected, todo=todo)


def _source_file(name: str, path: Path) -> SourceFile:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return SourceFile(name=name, size_bytes=path.stat().st_size, sha256=sha256)
