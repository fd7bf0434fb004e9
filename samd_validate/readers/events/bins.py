"""Events of many stays into intervals: units converted, limits kept, every loss counted.

The same values come out whatever the order of rows and the number of threads: sums are taken in
whole millionths, and among values of one minute the one stored last stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from samd_validate.core.arrays import Column
from samd_validate.core.cohort import TimeSeries
from samd_validate.readers.events.cells import NEVER, add_up
from samd_validate.readers.events.dictionary import Dictionary, DictionaryVariable
from samd_validate.readers.events.ways import LAST, MEAN, PARTS, SUM, Events, UnitRow, counted, ways

if TYPE_CHECKING:
    import polars as pl

BATCH_ROWS = 10_000_000
BATCH_CELLS = 20_000_000
MILLIONTHS = 1_000_000
FATES = (
    "without a time",
    "without a number",
    "before the index time",
    "after the observation window",
    "stored after the prediction time",
    "in a unit without a conversion",
    "outside plausible limits",
)
USED = len(FATES)
PLACE = ("unit_index", "variable", "minute")
KEPT = (*PLACE, "stored", "part", "how", "value")


@dataclass(frozen=True, kw_only=True)
class Binning:
    """What is wanted: variables of a source, window and interval."""

    dictionary: Dictionary
    source: str
    variables: tuple[DictionaryVariable, ...]
    window_minutes: int
    bin_minutes: int


@dataclass(kw_only=True)
class Tally:
    """What became of the values by variable and fate, and how units were found."""

    fates: Counter[tuple[int, int]] = field(default_factory=Counter)
    incomplete: int = 0
    beyond: int = 0
    replaced: int = 0
    units: list[UnitRow] = field(default_factory=list)

    def of_fate(self, fate: int) -> int:
        """Return how many values met a fate."""
        return sum(count for (_, one), count in self.fates.items() if one == fate)


def binned(
    stays: pl.DataFrame, tables: Sequence[Events], plan: Binning
) -> tuple[TimeSeries, Tally]:
    """Return the series of the stays, and the tally of all their values.

    ``stays`` has ``unit_index`` (from 0), ``subject_id`` and ``stay_id`` (all ascending) and
    ``intime``. Memory is bounded by the rows of a batch of patients and by the result.
    """
    tally = Tally()
    led, rows = [], 0
    for events in tables:
        found = counted(events)
        way, words = ways(events, found, plan.dictionary, plan.source, plan.variables)
        tally.units += words
        led.append((events, way))
        rows += int(found["len"].sum()) if events.counted is None else _height(events.frame)
    parts = [_batch(batch, led, plan, tally) for batch in _batches(stays, rows, plan)]
    return _series(parts, stays, plan), tally


def _series(parts: Sequence[pl.DataFrame], stays: pl.DataFrame, plan: Binning) -> TimeSeries:
    import polars as pl

    whole = pl.concat(parts)
    return TimeSeries(
        variables=tuple(one.variable() for one in plan.variables),
        unit_index=whole["unit_index"].to_numpy(),
        variable_index=whole["variable"].to_numpy(),
        time_hours=whole["minute"].to_numpy() / 60,
        value=whole["value"].to_numpy(),
        window_hours=plan.window_minutes / 60,
        stored_hours=_stored_hours(whole, stays),
    )


def _stored_hours(whole: pl.DataFrame, stays: pl.DataFrame) -> Column | None:
    """Return when the last of an interval's values was stored; None if no source tells."""
    if whole["stored"].null_count() == whole.height:
        return None
    began = stays["intime"].to_numpy()[whole["unit_index"].to_numpy()]
    hours = (whole["stored"].to_numpy() - began) / np.timedelta64(1, "h")
    return np.asarray(hours, dtype=np.float32)


def _height(frame: pl.LazyFrame) -> int:
    import polars as pl

    return int(frame.select(pl.len()).collect(engine="streaming").item())


def _batches(stays: pl.DataFrame, rows: int, plan: Binning) -> list[pl.DataFrame]:
    """Return the stays in groups of whole patients, as many as rows and intervals ask for."""
    import polars as pl

    cells = stays.height * len(plan.variables) * _intervals(plan)
    number = max(-(-rows // BATCH_ROWS), -(-cells // BATCH_CELLS), 1)
    subjects = stays["subject_id"].unique().sort().to_numpy()
    pieces = np.array_split(subjects, min(subjects.size, number))
    return [stays.filter(pl.col("subject_id").is_between(one[0], one[-1])) for one in pieces]


def _batch(
    stays: pl.DataFrame,
    led: Sequence[tuple[Events, pl.DataFrame]],
    plan: Binning,
    tally: Tally,
) -> pl.DataFrame:
    """Return unit, variable, minute and value of a batch of stays, sorted."""
    import polars as pl

    frames = [_placed(events, way, stays, plan) for events, way in led]
    placed = pl.concat(frames).collect(engine="streaming")
    _count(placed, tally)
    is_used, how = pl.col("fate") == USED, pl.col("how")
    means = _added(placed.filter(is_used & (how == MEAN)), plan, is_mean=True)
    others = placed.filter(is_used & (how != MEAN))
    scores = _added_up(others.filter(how == PARTS), plan, tally)
    single = others.filter(how == LAST).select(scores.columns)
    sums = _added(others.filter(how == SUM), plan, is_mean=False)
    sums = _within_limits(sums, plan, tally)
    last = _last(pl.concat([single, _within_limits(scores, plan, tally)]), plan, tally)
    place = (pl.col("unit_index").cast(pl.Int64) * plan.window_minutes + pl.col("minute")) * len(
        plan.variables
    ) + pl.col("variable")
    return pl.concat([means, sums, last]).sort(place)


def _placed(events: Events, way: pl.DataFrame, stays: pl.DataFrame, plan: Binning) -> pl.LazyFrame:
    """Return every value of the stays with its variable, minute, and what becomes of it."""
    import polars as pl

    own = stays.lazy().select("unit_index", "intime", match=pl.col(events.by))
    first, last = stays["subject_id"][0], stays["subject_id"][-1]
    has_one_unit = way.select("key", "unit").unique()["key"].is_unique().all()
    on = ["key"] if has_one_unit else ["key", "unit"]
    microseconds = (pl.col("charted") - pl.col("intime")).dt.total_microseconds()
    same = pl.col("value").is_between(pl.col("same_from"), pl.col("same_to")).fill_null(False)
    converted = pl.col("value") * pl.col("factor") + pl.col("offset")
    return (
        events.frame.filter(pl.col("subject_id").is_between(first, last))
        .join(own, on="match")
        .join(way.lazy(), on=on, nulls_equal=True)
        .select(
            "unit_index",
            "variable",
            "stored",
            "intime",
            "part",
            "how",
            "low",
            "high",
            minute=microseconds.floordiv(60_000_000).cast(pl.Int32),
            has_unit=pl.col("factor").is_not_null(),
            has_number=pl.col("value").is_finite().fill_null(False),
            value=pl.when(same).then("value").otherwise(converted),
        )
        .select(*KEPT, fate=_fate(plan))
    )


def _fate(plan: Binning) -> pl.Expr:
    """Return the number of the first of the fates that holds, ``USED`` if none does."""
    import polars as pl

    minute = pl.col("minute")
    end = pl.col("intime") + pl.duration(minutes=plan.window_minutes)
    reasons = (
        minute.is_null(),
        ~pl.col("has_number"),
        minute < 0,
        minute >= plan.window_minutes,
        pl.col("stored") > end,
        ~pl.col("has_unit"),
        ~pl.col("value").is_between("low", "high"),
    )
    fate = pl.lit(USED, dtype=pl.Int8)
    for number, holds in reversed(list(enumerate(reasons))):
        fate = pl.when(holds).then(pl.lit(number, dtype=pl.Int8)).otherwise(fate)
    return fate


def _count(placed: pl.DataFrame, tally: Tally) -> None:
    """Add to the tally: each value counts once, under the first reason that holds."""
    counts = placed.lazy().group_by("variable", "fate").len().collect(engine="streaming")
    for variable, number, count in counts.iter_rows():
        tally.fates[variable, number] += count


def _interval(plan: Binning, first: int = 0) -> pl.Expr:
    """Return one whole number for unit (counted from ``first``), variable and interval."""
    import polars as pl

    unit = pl.col("unit_index").cast(pl.Int64) - first
    several = unit * len(plan.variables) + pl.col("variable")
    return several * _intervals(plan) + pl.col("minute").floordiv(plan.bin_minutes)


def _intervals(plan: Binning) -> int:
    return -(-plan.window_minutes // plan.bin_minutes)


def _added(kept: pl.DataFrame, plan: Binning, *, is_mean: bool) -> pl.DataFrame:
    """Return mean or sum of each interval; the time is that of its last value."""
    import polars as pl

    unit = kept["unit_index"].to_numpy()
    first = int(unit.min()) if unit.size else 0
    rows = kept.select(
        "minute",
        pl.col("stored").to_physical().fill_null(NEVER),
        cell=_interval(plan, first),
        total=(pl.col("value") * MILLIONTHS).round().cast(pl.Int64),
    )
    added = add_up(*(rows[name].to_numpy() for name in ("cell", "total", "minute", "stored")))
    several, total = added.cell // _intervals(plan), added.total / MILLIONTHS
    return pl.DataFrame(
        {
            "unit_index": (several // len(plan.variables) + first).astype(np.uint32),
            "variable": (several % len(plan.variables)).astype(np.int16),
            "minute": added.minute,
            "stored": added.stored.view("datetime64[us]"),
            "value": total / added.count if is_mean else total,
        }
    )


def _last(kept: pl.DataFrame, plan: Binning, tally: Tally) -> pl.DataFrame:
    """Return the last value of each interval; of one minute, the one stored last; count others."""
    import polars as pl

    ordered = kept.with_columns(interval=_interval(plan)).sort(
        "interval", "minute", "stored", "value"
    )
    is_again = (pl.col("interval") == pl.col("interval").shift()) & (
        pl.col("minute") == pl.col("minute").shift()
    )
    tally.replaced += int(ordered.select(is_again.sum()).item())
    return ordered.unique("interval", keep="last", maintain_order=True).select(
        *PLACE, "stored", "value"
    )


def _added_up(kept: pl.DataFrame, plan: Binning, tally: Tally) -> pl.DataFrame:
    """Return the sum of parts where all were charted in one minute; count where not."""
    import polars as pl

    ordered = kept.sort(*PLACE, "part", "stored", "value")
    single = ordered.unique([*PLACE, "part"], keep="last", maintain_order=True)
    sums = single.group_by(PLACE, maintain_order=True).agg(
        pl.col("stored").max(), pl.col("value").sum(), n=pl.len()
    )
    needed = np.array([len(one.parts(plan.source)) for one in plan.variables])
    is_whole = sums["n"].to_numpy() == needed[sums["variable"].to_numpy()]
    tally.incomplete += int((~is_whole).sum())
    return sums.filter(is_whole).select(*PLACE, "stored", "value")


def _within_limits(added: pl.DataFrame, plan: Binning, tally: Tally) -> pl.DataFrame:
    """Return what is plausible after values were added up, and count the rest.

    A sum has no upper limit of its own: how many values it holds is free.
    """
    low, high = np.array([one.limits for one in plan.variables]).T
    high = np.where([one.aggregate == "sum" for one in plan.variables], np.inf, high)
    variable, value = added["variable"].to_numpy(), added["value"].to_numpy()
    is_plausible = (value >= low[variable]) & (value <= high[variable])
    tally.beyond += int((~is_plausible).sum())
    return added.filter(is_plausible)
