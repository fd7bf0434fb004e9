"""Values that can be pointed at in a figure: where they are drawn, and in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

MOST_SPOTS = 1500
"""A figure with more of them tells none: nobody could point at one."""


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A value at ``x`` and ``y`` of ``axes``; ``series`` names the line or row that it is on."""

    axes: Any
    x: float
    y: float
    series: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Place:
    """A value as a page shows it: from the left and the top, in shares of width and height."""

    left: float
    top: float
    series: str
    words: str


def along(
    axes: Any,
    series: object,
    across: tuple[str, Sequence[float]],
    up: tuple[str, Sequence[float]],
    ends: tuple[Sequence[float] | None, Sequence[float] | None] = (None, None),
) -> list[Spot]:
    """Return a spot for each point of a line, with the ``ends`` of its band if it has one.

    ``across`` and ``up`` are the names of the two axes with the values along them.
    """
    (x_name, x), (y_name, y), (low, high) = across, up, ends
    limits = zip(low, high, strict=True) if low and high else ((None, None) for _ in x)
    return [
        Spot(
            axes=axes,
            x=at,
            y=value,
            series=str(series),
            words=f"{x_name} {spoken(at)}, {y_name} {with_ends(value, *limit)}",
        )
        for at, value, limit in zip(x, y, limits, strict=True)
    ]


def with_ends(value: float, low: float | None, high: float | None) -> str:
    """Return a value with the ends of its interval, if it has them.

    >>> with_ends(0.8123, 0.78, 0.8444), with_ends(12.0, None, None)
    ('0.812 (0.78 to 0.844)', '12')
    """
    if low is None or high is None:
        return spoken(value)
    return f"{spoken(value)} ({spoken(low)} to {spoken(high)})"


def spoken(value: float) -> str:
    """Return a number for a reader who points at it: three digits."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"  # noqa: PLR2004


def places(figure: Any, spots: Iterable[Spot]) -> tuple[Place, ...]:
    """Return where spots lie in a figure that has been drawn; what lies outside it is left out."""
    to_shares = figure.transFigure.inverted()
    found = []
    for spot in spots:
        left, up = to_shares.transform(spot.axes.transData.transform((spot.x, spot.y)))
        if 0 <= left <= 1 and 0 <= up <= 1:
            place = Place(
                left=round(float(left), 4),
                top=round(1 - float(up), 4),
                series=spot.series,
                words=spot.words,
            )
            found.append(place)
    return tuple(found) if len(found) <= MOST_SPOTS else ()
