"""Dose and response: how measures change with the size of a disturbance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samd_validate.report.figures.spots import along
from samd_validate.report.figures.style import (
    GREY,
    Drawing,
    canvas,
    colour,
    house_style,
    marker,
)

PANEL = 2.2
HEIGHT = 2.5
POINT = ("x", "value", "low", "high")


def dose_response(content: Mapping[str, Any]) -> Drawing:
    """Draw one panel per measure: estimates with intervals over the dose, joined by a line.

    A dose without a number has a cross at the foot of its panel.
    """
    with house_style():
        panels = list(content["panels"])
        width = PANEL * max(len(panels), 1)
        figure, grid = canvas(width, HEIGHT, ncols=max(len(panels), 1), squeeze=False)
        spots = []
        for number, (axes, panel) in enumerate(zip(grid[0], panels, strict=False)):
            _curve(axes, panel, number)
            axes.set_title(str(panel["measure"]))
            known = [point for point in panel["points"] if point["value"] is not None]
            x, value, low, high = ([one[key] for one in known] for key in POINT)
            across, up = (str(content["x_label"]), x), (str(panel["measure"]), value)
            spots += along(axes, panel["measure"], across, up, (low, high))
        grid[0][len(panels) // 2].set_xlabel(str(content["x_label"]))
        return Drawing(figure=figure, spots=tuple(spots))


def _curve(axes: Any, panel: Mapping[str, Any], number: int) -> None:
    known = [point for point in panel["points"] if point["value"] is not None]
    lacking = [point["x"] for point in panel["points"] if point["value"] is None]
    if panel.get("reference") is not None:
        axes.axhline(panel["reference"], color=GREY, linewidth=0.8, linestyle=":")
    x = [point["x"] for point in known]
    value = [point["value"] for point in known]
    below = [point["value"] - point["low"] for point in known]
    above = [point["high"] - point["value"] for point in known]
    axes.errorbar(
        x,
        value,
        yerr=[below, above],
        color=colour(number),
        marker=marker(number),
        markersize=4,
        linewidth=1.2,
        capsize=2,
    )
    if lacking:
        axes.plot(
            lacking,
            [0.03] * len(lacking),
            marker="x",
            linestyle="none",
            color=GREY,
            transform=axes.get_xaxis_transform(),
        )
    axes.set_xticks([point["x"] for point in panel["points"]])
