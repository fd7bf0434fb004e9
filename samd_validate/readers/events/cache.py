"""Needed rows of a large text table, kept as Parquet beside the data's digest."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from samd_validate.core.canonical import digest
from samd_validate.core.cohort import SourceFile
from samd_validate.core.errors import CannotRun, Problem
from samd_validate.readers.events.tables import Table, told

if TYPE_CHECKING:
    import polars as pl

FilesOf: TypeAlias = Callable[[], Sequence[SourceFile]]
"""Gives name, size and digest of a table's files; waits for them if they are still being taken."""
LAYOUT = 1
REMOVALS = 5
VARIABLE = "SAMD_VALIDATE_CACHE"


def cache_folder(chosen: str | None) -> Path:
    """Return the folder for kept rows: the chosen one, $SAMD_VALIDATE_CACHE, or the user's."""
    if chosen or os.environ.get(VARIABLE):
        return Path(chosen or os.environ[VARIABLE])
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "samd-validate"


def needed_events(
    table: Table, key: str, keys: Sequence[int], files: FilesOf, folder: Path
) -> pl.LazyFrame:
    """Return the rows of a table whose ``key`` is among ``keys``; see :func:`needed_rows`."""
    import polars as pl

    return needed_rows(table, pl.col(key).is_in(list(keys)), keys, files, folder)


def needed_rows(
    table: Table,
    needed: pl.Expr,
    words: Sequence[int | str],
    files: FilesOf,
    folder: Path,
) -> pl.LazyFrame:
    """Return the rows of a table for which ``needed`` holds, as a scan of Parquet.

    A Parquet table is scanned where it lies. Of a CSV the needed rows are written once to
    ``folder``, under a name made of the digests of the files, the columns, and the ``words`` that
    ``needed`` is made of; an entry that does not fit its own digest is made again.

    Raises
    ------
    CannotRun
        If the table cannot be read to its end, or the folder cannot be written.
    """
    import polars as pl

    rows = table.scan().filter(needed)
    if table.is_parquet:
        return table.parsed(rows)
    entry = folder / f"{_entry_name(table, words, files())}.parquet"
    if not _is_whole(entry):
        _write(table, table.parsed(rows), entry)
    return pl.scan_parquet(entry)


def _entry_name(table: Table, words: Sequence[int | str], files: Sequence[SourceFile]) -> str:
    content = [
        LAYOUT,
        [file.sha256 for file in files],
        sorted(words, key=str),
        dict(table.shape.columns),
    ]
    return digest(content).removeprefix("sha256:")


def _is_whole(entry: Path) -> bool:
    mark = entry.with_suffix(".sha256")
    return entry.is_file() and mark.is_file() and mark.read_text("ascii") == _sha256(entry)


def _write(table: Table, needed: pl.LazyFrame, entry: Path) -> None:
    """Write an entry in a folder of its own first, so that a broken run leaves none."""
    try:
        entry.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        place = Path(tempfile.mkdtemp(dir=entry.parent, suffix=".part"))
    except OSError as error:
        raise CannotRun(_unwritable(entry.parent, error)) from None
    part = place / entry.name
    try:
        with told(table):
            needed.sink_parquet(part, compression="lz4")
        entry.with_suffix(".sha256").write_text(_sha256(part), "ascii")
        part.replace(entry)
    finally:
        _remove(place)


def _remove(place: Path) -> None:
    """Remove a folder, also where a writer that was told to stop still adds a file to it."""
    for _ in range(REMOVALS):
        shutil.rmtree(place, ignore_errors=True)
        if not place.exists():
            return


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unwritable(folder: Path, error: OSError) -> Problem:
    return Problem(
        where=str(folder),
        found=(error.strerror or "unwritable").lower(),
        expected="a folder in which needed rows can be kept",
        todo=f"free it, set params.cache or {VARIABLE}, or set params.keep_cache to false",
    )
