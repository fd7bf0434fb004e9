"""Insertion and deletion: whether the output follows the order that an explanation gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, FloatArray, IntArray
from samd_validate.core.estimate import Estimate, Measurement
from samd_validate.core.finding import Figure, Table
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.segmentation.case_values import estimate_values

KINDS = ("deletion", "insertion")
Output = Callable[[BoolArray], FloatArray]
"""From which parts are kept ``(n, k)`` to log-odds ``(n,)``."""


@dataclass(frozen=True, kw_only=True)
class Curves:
    """How far the output moved ``(n, steps)`` by share of parts, in the order and in random ones.

    Positive is the way from the reference to the case's own output; ``shares`` are of the parts
    deleted, or inserted.
    """

    shares: tuple[float, ...]
    explained: dict[str, FloatArray]
    random: dict[str, FloatArray]

    def gain(self, kind: str) -> FloatArray:
        """Return the gain over random orders, case by case and step by step ``(n, steps)``."""
        return self.explained[kind] - self.random[kind]


def follow(
    values: Column,
    output: Output,
    steps: int,
    orders: int,
    generator: np.random.Generator,
) -> Curves:
    """Return curves for contributions ``values (n, k)`` and ``orders`` random orders of each case.

    Parts are taken in the order in which they spoke for the case's own output (its side of the
    reference), the strongest first.
    """
    n, k = values.shape
    everything, nothing = (np.full((n, k), kept) for kept in (True, False))
    full, base = output(everything), output(nothing)
    side = np.where(full >= base, 1.0, -1.0)
    counts = np.unique(np.round(np.linspace(0, k, steps + 2)[1:-1]).astype(np.int64))
    counts = counts[(counts > 0) & (counts < k)]
    ranks = [_ranks(-side[:, None] * values)]
    ranks += [_ranks(generator.random((n, k))) for _ in range(orders)]

    def moved(kind: str, rank: IntArray) -> FloatArray:
        if kind == "deletion":
            return np.stack([side * (full - output(rank >= count)) for count in counts], axis=1)
        return np.stack([side * (output(rank < count) - base) for count in counts], axis=1)

    return Curves(
        shares=tuple((counts / k).tolist()),
        explained={kind: moved(kind, ranks[0]) for kind in KINDS},
        random={kind: np.mean([moved(kind, one) for one in ranks[1:]], axis=0) for kind in KINDS},
    )


def _ranks(key: Column) -> IntArray:
    """Return the place of each part in ascending order of its key, row by row."""
    return np.asarray(np.argsort(np.argsort(key, axis=1, kind="stable"), axis=1, kind="stable"))


def gains(curves: Curves, patient: Column, plan: IntervalPlan) -> dict[str, Measurement]:
    """Return the mean gain over random orders of each kind, averaged over the curve, log-odds."""
    return {
        f"{kind}_gain": estimate_values(curves.gain(kind).mean(axis=1), patient, plan, where="line")
        for kind in KINDS
    }


def figure_of(step: str, curves: Curves, patient: Column, plan: IntervalPlan, what: str) -> Figure:
    """Return the gains over random orders by share of parts, with paired intervals."""
    panels = [
        {
            "measure": f"{kind}: gain over random",
            "reference": 0.0,
            "points": _points(curves.shares, curves.gain(kind), patient, plan),
        }
        for kind in KINDS
    ]
    return Figure(
        id=f"{step}-faithfulness",
        kind="dose_response",
        title="Does the output follow the explanation?",
        caption=f"How much further, in log-odds, the output moved when {what} were deleted, or "
        "inserted, in the order of the explanation than in random orders; paired by case. Above 0 "
        "the explanation names what the device used.",
        alt="Curves of the gain over random orders by share of parts deleted and inserted.",
        content={"x_label": f"share of {what}", "panels": panels},
    )


def _points(
    shares: Sequence[float], gain: FloatArray, patient: Column, plan: IntervalPlan
) -> list[dict[str, object]]:
    points = []
    for share, column in zip(shares, gain.T, strict=True):
        found = estimate_values(column, patient, plan, where="line")
        known = isinstance(found, Estimate)
        point: dict[str, object] = {"x": round(share, 2)}
        for name in ("value", "low", "high"):
            point[name] = getattr(found, name) if known else None
        points.append(point)
    return points


def table_of(step: str, curves: Curves, what: str) -> Table:
    """Return the mean movement of the output along the curves."""
    rows = [
        (
            kind,
            f"{100 * share:.0f}%",
            f"{curves.explained[kind][:, place].mean():.3f}",
            f"{curves.random[kind][:, place].mean():.3f}",
        )
        for kind in KINDS
        for place, share in enumerate(curves.shares)
    ]
    return Table(
        id=f"{step}-curves",
        title="Insertion and deletion",
        caption=f"Mean movement of the output in log-odds toward the reference (deletion) or away "
        f"from it (insertion), by share of {what}.",
        columns=("kind", "share", "in the order of the explanation", "in random order"),
        rows=tuple(rows),
    )
