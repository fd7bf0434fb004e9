"""What was charted as a source writes it: its tables, items and units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.readers.events.dictionary import (
    DictionaryVariable,
    SourceItem,
    shipped_dictionary,
)
from samd_validate.readers.simulation.draw import Draw
from samd_validate.readers.simulation.variables import SIMULATED

if TYPE_CHECKING:
    import polars as pl

PRESSURES = ("sbp", "dbp", "map")
MOST_OF_PART = {"eye": 4, "verbal": 5, "motor": 6}


@dataclass(frozen=True, kw_only=True)
class ItemRows:
    """The rows of one item: numbers of rows of what was charted, and the values as written."""

    item: SourceItem
    rows: Column
    written: FloatArray


def charted_tables(draw: Draw, source: str, places: Mapping[str, int]) -> dict[str, pl.DataFrame]:
    """Return by table: ``stay``, ``minute``, ``stored``, ``key``, ``value`` and UCUM ``unit``.

    ``places`` names for a variable which of its items in the source is written, if not the first.
    Pressures of stays with a blood gas are those of an arterial line (the first item), of the
    others those of a cuff (the second). Rows are sorted by stay and minute.
    """
    import polars as pl

    by_table: dict[str, list[pl.DataFrame]] = {}
    for one in item_rows(draw, source, places):
        by_table.setdefault(one.item.table, []).append(_frame(draw, one))
    order = ["stay", "minute", "key", "stored"]
    return {name: pl.concat(parts).sort(order) for name, parts in by_table.items()}


def item_rows(draw: Draw, source: str, places: Mapping[str, int]) -> Iterator[ItemRows]:
    """Return the rows of every item that is written in a source."""
    has_line = draw.charted.measured("pao2")
    order = np.argsort(draw.charted.variable, kind="stable")
    bounds = np.searchsorted(draw.charted.variable[order], np.arange(len(SIMULATED) + 1))
    for index, simulated in enumerate(SIMULATED):
        rows = order[bounds[index] : bounds[index + 1]]
        entry, items = simulated.entry, simulated.entry.sources[source]
        if items[0].part is not None:
            yield from _parts(items, rows, draw.charted.value[rows])
        elif simulated.name in PRESSURES:
            by_line = has_line[draw.charted.unit[rows]]
            yield _written(entry, items[0], rows[by_line], draw)
            yield _written(entry, items[1], rows[~by_line], draw)
        else:
            yield _written(entry, items[places.get(simulated.name, 0)], rows, draw)


def _written(entry: DictionaryVariable, item: SourceItem, rows: Column, draw: Draw) -> ItemRows:
    """Return values in the unit of the item; what is converted is written to one decimal."""
    conversion = shipped_dictionary().conversion(entry, item.unit)
    assert conversion is not None  # noqa: S101 (the dictionary refuses an item without one)
    value = draw.charted.value[rows]
    if (conversion.factor, conversion.offset) != (1.0, 0.0):
        value = np.round((value - conversion.offset) / conversion.factor, 1)
    return ItemRows(item=item, rows=rows, written=value)


def _parts(items: tuple[SourceItem, ...], rows: Column, total: FloatArray) -> Iterator[ItemRows]:
    """Return the responses that add up to a coma score: the motor one goes last in the ill."""
    left = total - len(items)
    for number, item in enumerate(reversed(items)):
        is_last = number == len(items) - 1
        most = np.inf if is_last else MOST_OF_PART[str(item.part)] - 1
        above = np.minimum(left, most)
        left = left - above
        yield ItemRows(item=item, rows=rows, written=1 + above)


def _frame(draw: Draw, one: ItemRows) -> pl.DataFrame:
    import polars as pl

    charted = draw.charted
    return pl.DataFrame(
        {
            "stay": charted.unit[one.rows].astype(np.int64),
            "minute": charted.minute[one.rows],
            "stored": charted.stored_minute[one.rows],
            "value": one.written,
        }
    ).with_columns(key=pl.lit(one.item.key), unit=pl.lit(one.item.unit))


def words(known: Mapping[str, tuple[str, ...]], column: Column, number: Column) -> pl.Series:
    """Return for each row one of the words that a source has for a group, by its number."""
    import polars as pl

    place = number.tolist()
    return pl.Series(
        [known[one][at % len(known[one])] for one, at in zip(column.tolist(), place, strict=True)]
    )
