"""What became of a person, and how old they were, where a source tells it by dates alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def deathtime_in_hospital() -> pl.Expr:
    """Return the time of death if it lies in the hospital stay; null otherwise.

    Reads ``death``, ``admittime``, ``dischtime``, ``is_flagged`` and ``is_elsewhere`` (the source
    says where the patient went alive). Midnight stands for a day without an hour: a death on the
    day of discharge is one in hospital unless the patient is said to have left, and its time is
    that of the discharge.
    """
    import polars as pl

    death, end = pl.col("death"), pl.col("dischtime")
    is_day = death == death.dt.truncate("1d")
    is_last_day = (death.dt.date() == end.dt.date()).fill_null(False)
    is_within = (death >= pl.col("admittime").dt.truncate("1d")) & (death <= end).fill_null(True)
    is_within &= is_day | (death >= pl.col("admittime"))
    is_flagged = pl.col("is_flagged").fill_null(False)
    has_left = is_day & is_last_day & pl.col("is_elsewhere").fill_null(False)
    hour = pl.when(is_day & is_last_day).then(end).otherwise(death)
    return pl.when((is_within & ~has_left) | (is_flagged & is_last_day)).then(hour)


def whole_years() -> pl.Expr:
    """Return the years of life completed between ``birth`` and admission to hospital."""
    import polars as pl

    birth, at = pl.col("birth"), pl.coalesce("admittime", "intime")
    # the day of the year as one whole number, wide enough for it
    at_day, birth_day = (
        one.dt.month().cast(pl.Int32) * 100 + one.dt.day().cast(pl.Int32) for one in (at, birth)
    )
    years = at.dt.year() - birth.dt.year() - (at_day < birth_day).cast(pl.Int32)
    return years.cast(pl.Float64)
