"""Where the tables lie: a DuckDB file, a folder of Parquet, or a database behind a connection."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from samd_validate.core.cohort import SourceFile
from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.readers.omop_tables.shapes import (
    NEEDED,
    OPTIONAL,
    CdmTable,
    faults,
    key_faults,
    problem,
    typed,
)

Engine = Literal["duckdb", "pyspark"]
LIBRARIES = ("ibis", "duckdb", "_duckdb", "psycopg", "pyspark", "py4j", "pyarrow")


@dataclass(frozen=True, kw_only=True)
class Warehouse:
    """The tables as Ibis expressions by name, and the files behind them, if there are any."""

    engine: str
    tables: Mapping[str, Any]
    files: tuple[SourceFile, ...]


@contextmanager
def opened(
    dataset: str, place: Path | None, engine: Engine, variable: str | None, schema: str | None
) -> Iterator[Warehouse]:
    """Open a warehouse for reading and close it in the end.

    ``variable`` names the environment variable that holds a connection for Ibis
    (``postgres://...``); without it ``place`` is a DuckDB file or a folder of Parquet.

    Raises
    ------
    CannotRun
        With every table or column that is missing, or has another type, or whose key is not one;
        or that no connection was made. The connection itself is never shown.
    """
    place, connection, found, files = _connected(dataset, place, engine, variable, schema)
    try:
        with telling(dataset):
            tables = _checked(found)
        yield Warehouse(engine=connection.name, tables=tables, files=files)
    finally:
        connection.disconnect()


def _connected(
    dataset: str, place: Path | None, engine: Engine, variable: str | None, schema: str | None
) -> tuple[Path | None, Any, dict[str, Any], tuple[SourceFile, ...]]:
    if variable is not None:
        connection = _by_variable(variable)
        return place, connection, _tables_of(dataset, connection, schema), ()
    if place is None or not place.exists():
        raise CannotRun(_no_place(dataset, place))
    with telling(dataset):
        connection = _of_files(place, engine)
        if place.is_dir():
            by_table = _parquet_files(place)
            found = {name: _parquet(connection, name, paths) for name, paths in by_table.items()}
            paths = [path for one in by_table.values() for path in one]
        else:
            found, paths = _tables_of(dataset, connection, schema), [place]
    base = place if place.is_dir() else place.parent
    return place, connection, found, tuple(_source_file(base, path) for path in paths)


def _by_variable(variable: str) -> Any:
    import ibis

    url = os.environ.get(variable)
    if not url:
        raise CannotRun(_no_connection(variable, "no such environment variable"))
    try:
        return ibis.connect(url)
    except Exception as error:  # each driver has its own kinds, and their words hold the secret
        raise CannotRun(_no_connection(variable, _connection_words(error))) from None


def _connection_words(error: Exception) -> str:
    text = str(error)
    for pattern, words in (
        (r"refused", "connection refused"),
        (r"password|authentication|role ", "access denied"),
        (r"time[d ]*out", "no answer in time"),
        (r"translate host|resolve|Name or service", "a host that is not known"),
        (r"database .* does not exist", "no such database"),
    ):
        if re.search(pattern, text, re.IGNORECASE):
            return words
    if isinstance(error, ImportError):
        return "a driver that is not installed"
    return f"no connection ({type(error).__name__})"


def _of_files(place: Path, engine: Engine) -> Any:
    import ibis

    if engine == "pyspark":
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.appName("samd-validate").config(
            "spark.sql.session.timeZone", "UTC"
        )
        return ibis.pyspark.connect(builder.getOrCreate())
    if place.is_dir():
        return ibis.duckdb.connect()
    return ibis.duckdb.connect(place, read_only=True)


def _tables_of(dataset: str, connection: Any, schema: str | None) -> dict[str, Any]:
    with telling(dataset):
        names = {name.lower(): name for name in connection.list_tables(database=schema)}
        return {
            shape.name: connection.table(names[shape.name], database=schema)
            for shape in (*NEEDED, *OPTIONAL)
            if shape.name in names
        }


def _parquet_files(place: Path) -> dict[str, list[Path]]:
    """Return the files of each table: NAME.parquet, or a folder NAME of them."""
    entries = {path.name.lower(): path for path in sorted(place.iterdir())}
    found: dict[str, list[Path]] = {}
    problems = []
    for shape in (*NEEDED, *OPTIONAL):
        file, folder = entries.get(f"{shape.name}.parquet"), entries.get(shape.name)
        is_folder = folder is not None and folder.is_dir()
        if file is not None and file.is_file() and is_folder:
            problems.append(problem(shape.name, "a file and a folder of it", "one of them"))
        elif file is not None and file.is_file():
            found[shape.name] = [file]
        elif folder is not None and is_folder:
            found[shape.name] = sorted(folder.rglob("*.parquet"))
    gather(problems)
    return {name: paths for name, paths in found.items() if paths}


def _parquet(connection: Any, name: str, paths: Sequence[Path]) -> Any:
    if connection.name == "pyspark":
        from pyspark.sql import SparkSession

        frame = SparkSession.active().read.parquet(*[str(path) for path in paths])
        frame.createOrReplaceTempView(f"samd_validate_{name}")
        return connection.table(f"samd_validate_{name}")
    return connection.read_parquet([str(path) for path in paths], table_name=name)


def _checked(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables typed, or raise everything that is wrong in any of them."""
    problems: list[Problem] = []
    lowered: dict[str, tuple[CdmTable, Any]] = {}
    for shape in (*NEEDED, *OPTIONAL):
        if shape.name in found:
            table = found[shape.name].rename(str.lower)
            wrong = faults(shape, table)
            problems += wrong
            if not wrong:
                lowered[shape.name] = (shape, typed(shape, table))
        elif shape in NEEDED:
            problems.append(problem(shape.name, "no such table", "a table of the OMOP CDM v5.4"))
    for shape, table in lowered.values():
        problems += key_faults(shape, table)
    gather(problems)
    return {name: table for name, (_, table) in lowered.items()}


@contextmanager
def telling(dataset: str) -> Iterator[None]:
    """Turn what an engine complains of into a problem that shows no value."""
    try:
        yield
    except Exception as error:  # each engine has its own kinds, and their words hold values
        if not _is_of_engine(error):
            raise
        raise CannotRun(
            Problem(
                where=f"data set {dataset!r}",
                found=f"tables that the engine cannot read ({_engine_words(error)})",
                expected="a DuckDB file, a folder of Parquet, or a database with the OMOP CDM v5.4",
                todo="check the files, or the permissions of the connection",
            )
        ) from None


def _is_of_engine(error: Exception) -> bool:
    library = type(error).__module__.partition(".")[0]
    return library in LIBRARIES or isinstance(error, OSError)


def _engine_words(error: Exception) -> str:
    text = str(error)
    for pattern, words in (
        (r"not a valid DuckDB|not a DuckDB", "not a DuckDB file"),
        (r"mismatch", "files of one table whose columns differ"),
        (r"lock", "in use by another process"),
        (r"parquet|magic bytes", "a damaged or truncated Parquet file"),
        (r"permission denied", "permission denied"),
        (r"schema|database", "no such schema"),
    ):
        if re.search(pattern, text, re.IGNORECASE):
            return words
    return type(error).__name__


def _no_place(dataset: str, place: Path | None) -> Problem:
    return Problem(
        where=f"data set {dataset!r}",
        found=f"nothing at {place}" if place else "no place",
        expected="a DuckDB file or a folder of Parquet tables of the OMOP CDM v5.4",
        todo="bind it (--dataset omop=PATH), or name a connection in params.connection_variable",
    )


def _no_connection(variable: str, found: str) -> Problem:
    return Problem(
        where=f"environment variable {variable}",
        found=found,
        expected="a connection for Ibis, such as postgres://USER@HOST/DATABASE",
        todo="set it where the run starts; it is never written down",
    )


def _source_file(base: Path, path: Path) -> SourceFile:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    name = path.relative_to(base).as_posix()
    return SourceFile(name=name, size_bytes=path.stat().st_size, sha256=sha256)
