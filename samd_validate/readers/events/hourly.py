"""Tables with one row per stay and hour and a column per variable, as events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from samd_validate.readers.events.offsets import at_end_of_hour

if TYPE_CHECKING:
    import polars as pl


def unpivoted(frame: pl.LazyFrame, unit_id: str, hour: str, items: Sequence[str]) -> pl.LazyFrame:
    """Return unit, key, charted, stored, value and unit of each cell that is not empty.

    ``frame`` has a numeric column per item beside those named by ``unit_id`` and ``hour``. A row
    of hour h holds what was measured from h:00 to h:59 and could be known when the hour ended:
    that is its time.
    """
    import polars as pl

    cells = frame.unpivot(
        on=list(items), index=[unit_id, hour], variable_name=":key", value_name=":value"
    )
    return cells.filter(pl.col(":value").is_not_null()).select(
        unit_id=unit_id,
        key=":key",
        charted=at_end_of_hour(pl.col(hour)),
        stored=pl.lit(None, dtype=pl.Datetime("us")),
        value=":value",
        unit=pl.lit(None, dtype=pl.String),
    )
