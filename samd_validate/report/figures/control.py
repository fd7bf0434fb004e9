"""Control charts: a running sum or mean over time and the limits that it should not pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samd_validate.report.figures.spots import along
from samd_validate.report.figures.style import (
    Drawing,
    canvas,
    colour,
    dash,
    house_style,
    legend_below,
    shortened,
)


def control_chart(content: Mapping[str, Any]) -> Drawing:
    """Draw each series over time with its own limits as horizontal lines."""
    with house_style():
        series = content["series"]
        figure, axes = canvas(5.6, 2.6 + 0.2 * len(series))
        spots = []
        for number, one in enumerate(series):
            axes.plot(
                one["x"],
                one["value"],
                color=colour(number),
                linestyle=dash(number),
                linewidth=1.1,
                label=shortened(one["name"], 60),
            )
            for limit in _limits(one):
                axes.axhline(limit, color=colour(number), linewidth=0.8, linestyle=":")
            across, up = (content["x_label"], one["x"]), (content["y_label"], one["value"])
            spots += along(axes, one["name"], across, up)
        axes.set(xlabel=content["x_label"], ylabel=content["y_label"])
        if not any("lower_limit" in one for one in series):
            axes.set_ylim(bottom=0)
        legend_below(axes)
        return Drawing(figure=figure, spots=tuple(spots))


def _limits(series: Mapping[str, Any]) -> list[float]:
    """Return the limit of a series, and the one below if it has two."""
    return [float(series[name]) for name in ("limit", "lower_limit") if name in series]
