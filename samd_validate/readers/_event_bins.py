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

from samd_validate.core.cohort import TimeSeries
from samd_validate.readers._dictionary import Dictionary, DictionaryVariable
from samd_validate.readers._event_ways import LAST, MEAN, PARTS, SUM, Events, UnitRow, ways

if TYPE_CHECKING:
    import polars as pl

BATCH_ROWS = 10_000_000
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
RESULT = ("unit_index", "variable", "minute", "value")


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
    led = []
    for events in tables:
        way, words = ways(events, plan.dictionary, plan.source, plan.variables)
        tally.units += words
        led.append((events, way))
    parts = [_batch(batch, led, plan, tally) for batch in _batches(stays, tables)]
    return _series(parts, plan), tally


def _series(parts: Sequence[pl.DataFrame], plan: Binning) -> TimeSeries:
    import polars as pl

    whole = pl.concat(parts)
    return TimeSeries(
        variables=tuple(one.variable() for one in plan.variables),
        unit_index=whole["unit_index"].to_numpy(),
        variable_index=whole["variable"].to_numpy(),
        time_hours=whole["minute"].to_numpy() / 60,
        value=whole["value"].to_numpy(),
        window_hours=plan.window_minutes / 60,
    )


def _batches(stays: pl.DataFrame, tables: Sequence[Events]) -> list[pl.DataFrame]:
    """Return the stays in groups of whole patients, as many as the rows of the tables ask for."""
    import polars as pl

    rows = sum(one.frame.select(pl.len()).collect(engine="streaming").item() for one in tables)
    subjects = stays["subject_id"].unique().sort().to_numpy()
    pieces = np.array_split(subjects, min(subjects.size, -(-rows // BATCH_ROWS) or 1))
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
    counts = placed.group_by("variable", "fate").len()
    tally.fates.update({(row[0], row[1]): row[2] for row in counts.iter_rows()})
    kept = placed.filter(pl.col("fate") == USED)
    scores = _added_up(kept.filter(pl.col("how") == PARTS), plan, tally)
    last = _last(pl.concat([kept.filter(pl.col("how") == LAST).select(scores.columns), scores]))
    added = _added(kept.filter(pl.col("how") <= SUM))
    result = _within_limits(pl.concat([added, last]), plan, tally)
    return result.sort("unit_index", "minute", "variable")


def _placed(events: Events, way: pl.DataFrame, stays: pl.DataFrame, plan: Binning) -> pl.LazyFrame:
    """Return every value of the stays with its variable, minute, interval and fate."""
    import polars as pl

    own = stays.lazy().select("unit_index", "intime", match=pl.col(events.by))
    first, last = stays["subject_id"][0], stays["subject_id"][-1]
    minutes = (pl.col("charted") - pl.col("intime")).dt.total_seconds().floordiv(60)
    late = pl.col("stored") > pl.col("intime") + pl.duration(minutes=plan.window_minutes)
    same = pl.col("value").is_between(pl.col("same_from"), pl.col("same_to")).fill_null(False)
    converted = pl.col("value") * pl.col("factor") + pl.col("offset")
    return (
        events.frame.filter(pl.col("subject_id").is_between(first, last))
        .join(own, on="match")
        .join(way.lazy(), on=["key", "unit"], nulls_equal=True)
        .with_columns(
            minute=minutes,
            late=late.fill_null(False),
            value=pl.when(same).then("value").otherwise(converted),
            has_number=pl.col("value").is_finite().fill_null(False),
        )
        .select(
            "unit_index",
            "variable",
            pl.col("minute").cast(pl.Int32),
            bin=pl.col("minute").floordiv(plan.bin_minutes).cast(pl.Int32),
            stored="stored",
            value="value",
            part="part",
            how="how",
            fate=_fate(plan.window_minutes),
        )
    )


def _fate(window_minutes: int) -> pl.Expr:
    import polars as pl

    reasons = (
        pl.col("minute").is_null(),
        ~pl.col("has_number"),
        pl.col("minute") < 0,
        pl.col("minute") >= window_minutes,
        pl.col("late"),
        pl.col("factor").is_null(),
        ~pl.col("value").is_between("low", "high"),
    )
    fate = pl.lit(USED, dtype=pl.Int8)
    for number in reversed(range(len(reasons))):
        fate = pl.when(reasons[number]).then(pl.lit(number, dtype=pl.Int8)).otherwise(fate)
    return fate


def _added(kept: pl.DataFrame) -> pl.DataFrame:
    """Return mean or sum of each interval; the time is that of its last value."""
    import polars as pl

    millionths = (pl.col("value") * MILLIONTHS).round().cast(pl.Int64).sum()
    grouped = kept.lazy().group_by("unit_index", "variable", "bin", "how")
    sums = grouped.agg(pl.col("minute").max(), total=millionths, n=pl.len())
    count = pl.when(pl.col("how") == MEAN).then(pl.col("n")).otherwise(1)
    value = pl.col("total") / MILLIONTHS / count
    return sums.with_columns(value=value).select(RESULT).collect(engine="streaming")


def _last(kept: pl.DataFrame) -> pl.DataFrame:
    """Return the last value of each interval; of one minute, the one stored last."""
    ordered = kept.sort("unit_index", "variable", "minute", "stored", "value")
    last = ordered.unique(["unit_index", "variable", "bin"], keep="last", maintain_order=True)
    return last.select(RESULT)


def _added_up(kept: pl.DataFrame, plan: Binning, tally: Tally) -> pl.DataFrame:
    """Return the sum of parts where all were charted in one minute; count where not."""
    import polars as pl

    place = ["unit_index", "variable", "minute"]
    ordered = kept.sort(*place, "part", "stored", "value")
    single = ordered.unique([*place, "part"], keep="last", maintain_order=True)
    needed = [len(one.parts(plan.source)) for one in plan.variables]
    sums = single.group_by(place, maintain_order=True).agg(
        pl.col("bin").first(), pl.col("stored").max(), pl.col("value").sum(), n=pl.len()
    )
    wanted = pl.Series(np.array(needed)[sums["variable"].to_numpy()], dtype=pl.UInt32)
    whole = sums.filter(sums["n"] == wanted)
    tally.incomplete += sums.height - whole.height
    return whole.select(*place, "bin", "stored", "value")


def _within_limits(result: pl.DataFrame, plan: Binning, tally: Tally) -> pl.DataFrame:
    """Return what is plausible after values were added up, and count the rest."""
    limits = np.array([one.limits for one in plan.variables])[result["variable"].to_numpy()]
    value = result["value"].to_numpy()
    sums = np.array([one.aggregate == "sum" for one in plan.variables])
    high = np.where(sums[result["variable"].to_numpy()], np.inf, limits[:, 1])
    plausible = (value >= limits[:, 0] - 1e-6) & (value <= high + 1e-6)
    tally.beyond += int((~plausible).sum())
    return result.filter(plausible)
