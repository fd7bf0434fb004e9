"""Which variable an item and its unit lead to, and by which arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samd_validate.readers.events.dictionary import Dictionary, DictionaryVariable, SourceItem

if TYPE_CHECKING:
    import polars as pl

MEAN, SUM, LAST, PARTS = range(4)
HOW = {"mean": MEAN, "sum": SUM, "last": LAST}
UNSTATED = ("", "None")
WAY = {
    "unit": "String",
    "variable": "Int16",
    "factor": "Float64",
    "offset": "Float64",
    "low": "Float64",
    "high": "Float64",
    "same_from": "Float64",
    "same_to": "Float64",
    "part": "Int8",
    "how": "Int8",
}
UnitRow = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Events:
    """A table of events as a scan.

    ``frame`` has ``subject_id``, ``match`` (compared with the column ``by`` of the stays), ``key``
    (the item: a number or a text), ``charted``, ``stored``, ``value`` and ``unit``. ``counted``
    has the rows of the source by ``key`` and ``unit`` (``len``) where ``frame`` is but a part.
    """

    table: str
    frame: pl.LazyFrame
    by: str
    counted: pl.DataFrame | None = None


def counted(events: Events) -> pl.DataFrame:
    """Return the rows of the source by ``key`` and ``unit``."""
    import polars as pl

    if events.counted is not None:
        return events.counted
    return events.frame.group_by("key", "unit").agg(pl.len()).collect(engine="streaming")


def ways(
    events: Events,
    found: pl.DataFrame,
    dictionary: Dictionary,
    source: str,
    variables: Sequence[DictionaryVariable],
) -> tuple[pl.DataFrame, list[UnitRow]]:
    """Return one row per item, unit as written, and variable; and the same in words.

    ``found`` has the rows by item and unit, as :func:`counted` gives them.

    A unit that is not stated is the one of the dictionary. ``factor`` is null where there is no
    conversion.
    """
    import polars as pl

    rows: list[dict[str, object]] = []
    words: list[UnitRow] = []
    for key, unit, count in found.sort("key", "unit").iter_rows():
        for index, one in enumerate(variables):
            for item in one.items(source, events.table):
                if item.key == key:
                    way = _way(dictionary, one, item, unit, one.parts(source))
                    rows.append({"key": key, "unit": unit, "variable": index, **way})
                    words.append(_in_words(events.table, one, item, unit, count, way))
    schema = {"key": found.schema["key"]}
    schema |= {name: getattr(pl, dtype) for name, dtype in WAY.items()}
    return pl.DataFrame(rows, schema=schema), words


def _way(
    dictionary: Dictionary,
    one: DictionaryVariable,
    item: SourceItem,
    written: str | None,
    parts: tuple[str, ...],
) -> dict[str, object]:
    stated = (written or "").strip()
    unit = item.unit if stated in UNSTATED else dictionary.ucum(stated)
    conversion = dictionary.conversion(one, unit)
    sign = -1.0 if item.subtract else 1.0
    low, high = (-np.inf, np.inf) if item.part else one.limits
    same_from, same_to = item.already_between or (None, None)
    return {
        "factor": None if conversion is None else sign * conversion.factor,
        "offset": None if conversion is None else sign * conversion.offset,
        "low": -high if item.subtract else low,
        "high": -low if item.subtract else high,
        "same_from": same_from,
        "same_to": same_to,
        "part": parts.index(item.part) if item.part else None,
        "how": PARTS if item.part else HOW[one.aggregate],
    }


def _in_words(
    table: str,
    one: DictionaryVariable,
    item: SourceItem,
    unit: str | None,
    count: int,
    way: dict[str, object],
) -> UnitRow:
    return {
        "variable": one.name,
        "table": table,
        "item": item.key,
        "unit_written": unit,
        "unit_assumed": item.unit if (unit or "").strip() in UNSTATED else None,
        "unit": one.unit,
        "rows_in_table": count,
        "factor": way["factor"],
        "offset": way["offset"],
    }
