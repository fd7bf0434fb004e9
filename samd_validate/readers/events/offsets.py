"""Times that count from the index time, for sources without a calendar."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

ORIGIN = datetime(2000, 1, 1)
FARTHEST_HOURS = 1_000_000.0
MICROSECONDS = 3_600_000_000


def origin() -> pl.Expr:
    """Return the index time that stays of such a source share."""
    import polars as pl

    return pl.lit(ORIGIN, dtype=pl.Datetime("us"))


def at_hours(hours: pl.Expr) -> pl.Expr:
    """Return the time so many hours after the origin, to the microsecond; not finite: no time.

    What lies more than a million hours away is brought to a million, which is as far outside.
    """
    import polars as pl

    known = pl.when(hours.is_finite()).then(hours.clip(-FARTHEST_HOURS, FARTHEST_HOURS))
    elapsed = (known * MICROSECONDS).round().cast(pl.Int64)
    return origin() + pl.duration(microseconds=elapsed)


def at_end_of_hour(hour: pl.Expr) -> pl.Expr:
    """Return the last minute of an hour: a row of hour h holds what was measured until h:59."""
    return at_hours(hour.floor() + 59 / 60)
