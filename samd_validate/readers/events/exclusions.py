"""Who leaves a cohort, one reason after the other, and how many each reason took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from samd_validate.core.cohort import FlowRow
from samd_validate.core.errors import CannotRun, Problem

if TYPE_CHECKING:
    import polars as pl


def counted_out(
    stays: pl.DataFrame, reasons: Sequence[tuple[str, pl.Expr]], *, start: str, where: str
) -> tuple[pl.DataFrame, list[FlowRow]]:
    """Return the stays for which no reason holds, and the counted flow from ``start``.

    A stay is counted once, under the first reason that holds; a reason that cannot be judged
    (null) does not hold.

    Raises
    ------
    CannotRun
        If nobody is left; ``where`` names the table.
    """
    import polars as pl

    fate = pl.lit(len(reasons))
    for number, (_, holds) in reversed(list(enumerate(reasons))):
        fate = pl.when(holds.fill_null(False)).then(number).otherwise(fate)
    judged = stays.with_columns(fate=fate)
    counts = dict(judged.group_by("fate").len().iter_rows())
    flow = [FlowRow(kind="start", reason=start, count=judged.height)]
    flow += [
        FlowRow(kind="excluded", reason=words, count=counts.get(number, 0))
        for number, (words, _) in enumerate(reasons)
    ]
    kept = judged.filter(pl.col("fate") == len(reasons)).drop("fate")
    if kept.height == 0:
        raise CannotRun(_nobody(flow, where))
    return kept, flow


def _nobody(flow: Sequence[FlowRow], where: str) -> Problem:
    lost = "; ".join(f"{row.reason}: {row.count}" for row in flow if row.count)
    return Problem(
        where=where,
        found=f"no stay for the cohort ({lost})",
        expected="at least one stay that keeps the rules",
        todo="check the source, or the rules in the protocol's params",
    )
