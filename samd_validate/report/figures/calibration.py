"""Calibration: predicted against observed, with groups and the spread of the predictions."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from samd_validate.report.figures.spots import Spot, along, with_ends
from samd_validate.report.figures.style import (
    GREY,
    PALE,
    Drawing,
    canvas,
    colour,
    dash,
    house_style,
    legend_below,
    marker,
    shortened,
)

SIDE = 3.5
BESIDE = 2


def calibration(content: Mapping[str, Any]) -> Drawing:
    """Draw one panel per series: curve with band, groups with intervals, histogram below."""
    with house_style():
        series = content["series"]
        columns = min(len(series), BESIDE)
        rows = -(-len(series) // columns)
        figure, axes = canvas(
            SIDE * columns,
            (SIDE + 0.8) * rows,
            nrows=2 * rows,
            ncols=columns,
            squeeze=False,
            height_ratios=[4, 1] * rows,
        )
        spots: list[Spot] = []
        for number, one in enumerate(series):
            row, column = divmod(number, columns)
            _panel(axes[2 * row][column], one, number, content)
            spots += _spots(axes[2 * row][column], one)
            _histogram(axes[2 * row + 1][column], one.get("histogram"), content)
        for empty in range(len(series), rows * columns):
            axes[2 * (rows - 1)][empty % columns].set_axis_off()
            axes[2 * rows - 1][empty % columns].set_axis_off()
        return Drawing(figure=figure, spots=tuple(spots))


def _spots(axes: Any, one: Mapping[str, Any]) -> list[Spot]:
    across, up = ("predicted", one["predicted"]), ("observed", one["observed"])
    curve = along(axes, one["name"], across, up, (one.get("low"), one.get("high")))
    return curve + [
        Spot(
            axes=axes,
            x=group["predicted"],
            y=group["observed"],
            series=f"{one['name']}, groups",
            words=f"predicted {group['predicted']:.3g}, observed "
            f"{with_ends(group['observed'], group['low'], group['high'])}, n {group.get('n', '–')}",
        )
        for group in one.get("groups") or []
    ]


def _panel(axes: Any, one: Mapping[str, Any], number: int, content: Mapping[str, Any]) -> None:
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":", label="Ideal")
    if one.get("low") and one.get("high"):
        axes.fill_between(
            one["predicted"], one["low"], one["high"], color=colour(number), alpha=0.18, linewidth=0
        )
    if one["predicted"]:
        axes.plot(
            one["predicted"],
            one["observed"],
            color=colour(number),
            linestyle=dash(0),
            label="Smoothed",
        )
    groups = one.get("groups") or []
    if groups:
        observed = [group["observed"] for group in groups]
        below = [max(0.0, g["observed"] - g["low"]) for g in groups]
        above = [max(0.0, g["high"] - g["observed"]) for g in groups]
        axes.errorbar(
            [group["predicted"] for group in groups],
            observed,
            yerr=[below, above],
            fmt=marker(number),
            color=colour(number),
            markersize=3.5,
            markerfacecolor="white",
            linewidth=0.9,
            capsize=2,
            label=content.get("groups_label", "Groups of equal size"),
        )
    axes.set(
        xlim=(-0.01, 1.01),
        ylim=(-0.01, 1.01),
        ylabel="Observed frequency",
        title=shortened(one["name"]) if one["name"] != "device" else "",
    )
    axes.tick_params(labelbottom=False)
    axes.legend(loc="upper left")


def _histogram(axes: Any, histogram: Mapping[str, Any] | None, content: Mapping[str, Any]) -> None:
    x_label = content.get("x_label", "Predicted risk")
    axes.set(xlim=(-0.01, 1.01), xlabel=x_label, ylabel="Count")
    if not histogram:
        return
    edges = histogram["edges"]
    widths = [right - left for left, right in pairwise(edges)]
    without, with_outcome = histogram["negatives"], histogram["positives"]
    words = content.get("outcome_label", "outcome")
    axes.bar(
        edges[:-1],
        without,
        widths,
        align="edge",
        color=PALE,
        edgecolor=GREY,
        linewidth=0.4,
        label=f"without {words}",
    )
    axes.bar(
        edges[:-1],
        with_outcome,
        widths,
        align="edge",
        bottom=without,
        color=GREY,
        linewidth=0,
        label=f"with {words}",
    )
    axes.set_yscale("symlog", linthresh=10)
    axes.yaxis.set_major_formatter(lambda count, _: f"{count:g}")
    axes.set_ylim(bottom=0)
    legend_below(axes, columns=2)
    axes.get_legend().set_bbox_to_anchor((0.5, -0.75))
