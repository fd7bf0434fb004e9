"""Which stays remain, and the count of each reason why others do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from samd_validate.core.cohort import FlowRow
from samd_validate.core.errors import CannotRun, Problem

if TYPE_CHECKING:
    import polars as pl


def kept_stays(
    stays: pl.DataFrame, exclusions: Sequence[tuple[str, pl.Expr]], start: str
) -> tuple[pl.DataFrame, list[FlowRow]]:
    """Return the stays for which no reason holds; each other counts once, under the first.

    Raises
    ------
    CannotRun
        If no stay is left.
    """
    import polars as pl

    fate = pl.lit(len(exclusions))
    for number in reversed(range(len(exclusions))):
        holds = exclusions[number][1].fill_null(False)
        fate = pl.when(holds).then(number).otherwise(fate)
    judged = stays.with_columns(fate=fate)
    counts = dict(judged.group_by("fate").len().iter_rows())
    flow = [FlowRow(kind="start", reason=start, count=judged.height)]
    flow += [
        FlowRow(kind="excluded", reason=words, count=counts.get(number, 0))
        for number, (words, _) in enumerate(exclusions)
    ]
    kept = judged.filter(pl.col("fate") == len(exclusions)).drop("fate")
    if kept.height == 0:
        raise CannotRun(_nobody(flow))
    return kept, flow


def _nobody(flow: list[FlowRow]) -> Problem:
    lost = "; ".join(f"{row.reason}: {row.count}" for row in flow if row.count)
    return Problem(
        where=flow[0].reason.rpartition(" ")[2],
        found=f"no stay for the cohort ({lost})",
        expected="at least one stay that keeps the rules",
        todo="check the folder, or the rules in the protocol's params",
    )
