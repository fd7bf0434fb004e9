"""Things over time or over two axes: a patient's measurements, and heat maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from samd_validate.report.figures.spots import Spot, along, spoken
from samd_validate.report.figures.style import (
    DOWN,
    GREY,
    UP,
    Drawing,
    canvas,
    colour,
    house_style,
    shortened,
)

WIDTH = 6.6
PANEL = 0.62
MOST_PANELS = 14
WHOLE = 9.95
"""From here on two digits leave no decimal."""


def timeline(content: Mapping[str, Any]) -> Drawing:
    """Draw a patient's variables over hours, one panel each, shaded by contribution if given.

    ``attribution`` holds one list of contributions per variable, in equal blocks of the time
    shown: orange raises, blue lowers, the darker the more.
    """
    with house_style():
        variables = list(content["variables"])[:MOST_PANELS]
        height = 0.6 + PANEL * max(len(variables), 1)
        figure, grid = canvas(
            WIDTH, height, nrows=max(len(variables), 1), sharex=True, squeeze=False
        )
        attribution = content.get("attribution") or [None] * len(variables)
        end = _end(content, variables)
        largest = max((abs(v) for row in attribution if row for v in row), default=0) or 1.0
        spots = []
        for axes, variable, shades in zip(grid[:, 0], variables, attribution, strict=False):
            _shade(axes, shades, end, largest)
            _panel(axes, variable)
            axes.set_xlim(0, end)
            across, up = ("hour", variable["hours"]), (_unit(variable), variable["values"])
            spots += along(axes, variable["name"], across, up)
        grid[-1, 0].set_xlabel("Hours since the index time")
        return Drawing(figure=figure, spots=tuple(spots))


def _unit(variable: Mapping[str, Any]) -> str:
    unit = str(variable.get("unit") or "")
    return "value" if unit in ("", "1") else f"value in {unit}"


def _end(content: Mapping[str, Any], variables: Sequence[Mapping[str, Any]]) -> float:
    latest = max((hour for one in variables for hour in one["hours"]), default=1.0)
    return float(content.get("window_hours") or max(latest, 1.0))


def _panel(axes: Any, variable: Mapping[str, Any]) -> None:
    axes.plot(
        variable["hours"],
        variable["values"],
        color=colour(6),
        linewidth=0.8,
        marker="o",
        markersize=2.2,
    )
    unit = str(variable.get("unit") or "")
    label = shortened(variable["name"], 26) + (f"\n{unit}" if unit not in ("", "1") else "")
    axes.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=6.5)
    axes.locator_params(axis="y", nbins=3)
    axes.margins(y=0.2)
    if not variable["hours"]:
        axes.text(
            0.5,
            0.5,
            "not measured",
            transform=axes.transAxes,
            ha="center",
            va="center",
            fontsize=6.5,
            color=GREY,
            style="italic",
        )
        axes.set_yticks([])


def _shade(axes: Any, shades: Sequence[float] | None, end: float, largest: float) -> None:
    if not shades:
        return
    width = end / len(shades)
    for number, value in enumerate(shades):
        axes.axvspan(
            number * width,
            (number + 1) * width,
            color=UP if value > 0 else DOWN,
            alpha=0.55 * abs(value) / largest,
            linewidth=0,
        )


def _cell_words(value: float) -> str:
    """Return two digits, and a whole number from 10 on.

    >>> _cell_words(100.0), _cell_words(9.26), _cell_words(0.031)
    ('100', '9.3', '0.031')
    """
    return f"{value:.0f}" if abs(value) >= WHOLE else f"{value:.2g}"


def heatmap(content: Mapping[str, Any]) -> Drawing:
    """Draw a matrix of numbers with its values written in; None stays empty."""
    with house_style():
        rows, columns, values = content["rows"], content["columns"], content["values"]
        figure, axes = canvas(WIDTH, 1.1 + 0.25 * len(rows))
        known = [value for row in values for value in row if value is not None]
        low, high = min(known, default=0.0), max(known, default=1.0)
        numbers = [[float("nan") if value is None else value for value in row] for row in values]
        image = axes.pcolormesh(
            numbers, cmap="cividis", vmin=low, vmax=high if high > low else low + 1
        )
        middle = low + 0.55 * (high - low)
        for i, row in enumerate(values):
            for j, value in enumerate(row):
                words = "–" if value is None else _cell_words(value)
                ink = "white" if value is not None and value < middle else "black"
                axes.text(j + 0.5, i + 0.5, words, ha="center", va="center", fontsize=6, color=ink)
        axes.set_xticks(
            [j + 0.5 for j in range(len(columns))],
            [shortened(c, 18) for c in columns],
            rotation=35,
            ha="right",
        )
        axes.set_yticks([i + 0.5 for i in range(len(rows))], [shortened(r, 36) for r in rows])
        axes.invert_yaxis()
        axes.grid(visible=False)
        bar = figure.colorbar(image, ax=axes, shrink=0.8)
        bar.set_label(str(content.get("label", "")))
        spots = [
            Spot(
                axes=axes,
                x=j + 0.5,
                y=i + 0.5,
                series=str(rows[i]),
                words=f"{columns[j]}: {'no number' if value is None else spoken(value)}",
            )
            for i, row in enumerate(values)
            for j, value in enumerate(row)
        ]
        return Drawing(figure=figure, spots=tuple(spots))
