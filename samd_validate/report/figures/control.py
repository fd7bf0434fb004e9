"""Control charts: a running sum over time and the limit that it should not pass."""

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
    """Draw each series over time with its own limit as a horizontal line."""
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
            axes.axhline(one["limit"], color=colour(number), linewidth=0.8, linestyle=":")
            across, up = (content["x_label"], one["x"]), (content["y_label"], one["value"])
            spots += along(axes, one["name"], across, up)
        axes.set(xlabel=content["x_label"], ylabel=content["y_label"])
        axes.set_ylim(bottom=0)
        legend_below(axes)
        return Drawing(figure=figure, spots=tuple(spots))
