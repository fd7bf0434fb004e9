"""Kinds of columns: which types of a file they allow, and how they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

Kind = Literal["id", "time", "number", "text", "word", "cell", "elapsed"]
"""``word`` is a name or id of any spelling, ``cell`` a number that may be written as text,
``elapsed`` a duration of Parquet, or hours in a CSV, read as hours."""


def fits(dtype: pl.DataType, kind: Kind) -> bool:
    """Return whether a column of Parquet has a type for its kind."""
    import polars as pl

    text = dtype in (pl.String, pl.Categorical, pl.Enum, pl.Null)
    zoneless = isinstance(dtype, pl.Datetime) and dtype.time_zone is None
    allowed: dict[Kind, bool] = {
        "id": dtype.is_integer(),
        "number": dtype.is_numeric(),
        "elapsed": isinstance(dtype, pl.Duration),
        "time": dtype == pl.String or zoneless,
        "text": text or dtype == pl.Boolean,
        "word": text or dtype.is_integer(),
        "cell": text or dtype.is_numeric(),
    }
    return allowed[kind]


def expected_type(kind: Kind) -> str:
    """Return in words which types a kind allows."""
    return {
        "id": "an integer type",
        "number": "a numeric type",
        "time": "a timestamp without time zone, or text YYYY-MM-DD HH:MM:SS",
        "text": "a text type, or true and false",
        "word": "a text or integer type",
        "cell": "a numeric or text type",
        "elapsed": "a duration",
    }[kind]


def parquet_column(name: str, kind: Kind) -> pl.Expr:
    """Return a column of Parquet as its kind."""
    import polars as pl

    column = pl.col(name)
    if kind in ("text", "word"):
        return _stripped(column.cast(pl.String)) if kind == "word" else column.cast(pl.String)
    if kind == "cell":
        return _number(_stripped(column.cast(pl.String)))
    if kind == "elapsed":
        return column.dt.total_seconds() / 3600
    if kind == "number":
        return column.cast(pl.Float64)
    return column.cast(pl.Int64) if kind == "id" else column


def csv_column(name: str, kind: Kind) -> pl.Expr:
    """Return a column of CSV as its kind; times stay text, so that filters come first."""
    import polars as pl

    column = pl.col(name)
    if kind in ("cell", "elapsed"):
        return _number(_stripped(column))
    return _stripped(column) if kind == "word" else column


def _stripped(text: pl.Expr) -> pl.Expr:
    """Return text without blanks around it; what is empty then is missing."""
    import polars as pl

    bare = text.str.strip_chars()
    return pl.when(bare != "").then(bare)


def _number(text: pl.Expr) -> pl.Expr:
    """Return what is written as numbers: null where nothing is, NaN where it is no number.

    ``NaN`` as written is what pandas writes for a missing value, and is missing.
    """
    import polars as pl

    number = text.cast(pl.Float64, strict=False)
    wrong = text.is_not_null() & number.is_null()
    return (
        pl.when(wrong)
        .then(float("nan"))
        .otherwise(number.fill_nan(None))
        .alias(text.meta.output_name())
    )
