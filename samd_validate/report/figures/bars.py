"""Bars: rankings, the steps of one prediction, and counts by bin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from samd_validate.report.figures.spots import Spot, spoken
from samd_validate.report.figures.style import (
    DOWN,
    GREY,
    INK,
    UP,
    Drawing,
    canvas,
    colour,
    house_style,
    shortened,
)

WIDTH = 6.4
ROW = 0.23
MOST_ROWS = 40


def bars(content: Mapping[str, Any]) -> Drawing:
    """Draw a ranking as horizontal bars, the first at the top, with value and unit at the end."""
    with house_style():
        rows = list(content["rows"])[:MOST_ROWS]
        figure, axes = canvas(WIDTH, 0.65 + ROW * max(len(rows), 1))
        values = [float(row["value"]) for row in rows]
        axes.barh(range(len(rows)), values, height=0.65, color=colour(0))
        widest = max([abs(value) for value in values], default=0) or 1.0
        for number, row in enumerate(rows):
            words = _with_unit(row)
            side = 1 if values[number] >= 0 else -1
            axes.text(
                values[number] + side * 0.01 * widest,
                number,
                words,
                va="center",
                ha="left" if side > 0 else "right",
                fontsize=6.5,
            )
        _rows_from_top(axes, [row["label"] for row in rows])
        lowest = min([0.0, *values])
        axes.set_xlim(1.15 * lowest, 1.15 * max([0.0, *values]) or 1.0)
        axes.set_xlabel(str(content.get("x_label", "")))
        said = [f"{row['label']}: {_with_unit(row)}" for row in rows]
        return Drawing(figure=figure, spots=_spots(axes, content, values, said))


def _spots(
    axes: Any, content: Mapping[str, Any], at: Sequence[float], said: Sequence[str]
) -> tuple[Spot, ...]:
    """Return the ends of the bars, one below the other, with their words."""
    series = str(content.get("x_label", ""))
    return tuple(
        Spot(axes=axes, x=x, y=number, series=series, words=words)
        for number, (words, x) in enumerate(zip(said, at, strict=False))
    )


def _with_unit(row: Mapping[str, Any]) -> str:
    unit = str(row.get("unit") or "")
    return f"{float(row['value']):.3g}{'' if unit in ('', '1') else ' ' + unit}"


def _rows_from_top(axes: Any, labels: list[Any]) -> None:
    axes.set_yticks(range(len(labels)), [shortened(label, 66) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)


def waterfall(content: Mapping[str, Any]) -> Drawing:
    """Draw how inputs moved one prediction, step by step, from the base to the final value.

    Orange raises, blue and hatched lowers, so that grey print tells them apart.
    """
    with house_style():
        rows = list(content["rows"])[:MOST_ROWS]
        figure, axes = canvas(WIDTH, 0.9 + 0.26 * (len(rows) + 1))
        at = float(content["base"])
        ends = [at]
        for number, row in enumerate(rows):
            _step(axes, at, float(row["value"]), number)
            at += float(row["value"])
            ends.append(at)
        axes.axvline(content["base"], color=GREY, linewidth=0.8, linestyle=":")
        axes.axvline(content["final"], color=INK, linewidth=0.9, linestyle="--")
        ends.append(float(content["final"]))
        room = 0.14 * ((max(ends) - min(ends)) or 1.0)
        axes.set_xlim(min(ends) - room, max(ends) + room)
        _rows_from_top(axes, [_with_detail(row) for row in rows])
        base, final = float(content["base"]), float(content["final"])
        words = f"average {base:.2f} (dotted) to this patient {final:.2f} (dashed)"
        axes.set_xlabel(f"{content.get('x_label', '')}\n{words}")
        said = [
            f"{_with_detail(row)}: {float(row['value']):+.3g}, to {end:.3g}"
            for row, end in zip(rows, ends[1:], strict=False)
        ]
        return Drawing(figure=figure, spots=_spots(axes, content, ends[1:], said))


def _with_detail(row: Mapping[str, Any]) -> str:
    detail = str(row.get("detail") or "")
    return f"{row['label']}  {detail}" if detail else str(row["label"])


def _step(axes: Any, start: float, change: float, number: int) -> None:
    rises = change >= 0
    axes.barh(
        number,
        change,
        left=start,
        height=0.62,
        color=UP if rises else DOWN,
        hatch="" if rises else "////",
        edgecolor="white",
        linewidth=0,
    )
    axes.text(
        start + change,
        number,
        f" {change:+.2f} ",
        va="center",
        ha="left" if rises else "right",
        fontsize=6.5,
    )
    axes.plot([start + change] * 2, [number + 0.3, number + 0.7], color=GREY, linewidth=0.6)


def histogram(content: Mapping[str, Any]) -> Drawing:
    """Draw counts by bin: one series (``edges``, ``counts``) or several (``series``)."""
    with house_style():
        series = content.get("series") or [{"name": "", **content}]
        figure, axes = canvas(5.4, 2.7)
        spots: list[Spot] = []
        for number, one in enumerate(series):
            edges = one.get("edges") or content["edges"]
            spots += _of_bins(axes, str(one.get("name") or "all"), edges, one["counts"])
            axes.stairs(
                one["counts"],
                edges,
                color=colour(number),
                fill=number == 0,
                alpha=0.45 if number == 0 else 1,
                linewidth=1.4,
                linestyle="-" if number == 0 else "--",
                label=shortened(one.get("name", "")) or None,
            )
        axes.set(xlabel=content.get("x_label", ""), ylabel=content.get("y_label", "Count"))
        axes.set_ylim(bottom=0)
        if any(one.get("name") for one in series):
            axes.legend()
        return Drawing(figure=figure, spots=tuple(spots))


def _of_bins(axes: Any, name: str, edges: Sequence[float], counts: Sequence[float]) -> list[Spot]:
    return [
        Spot(
            axes=axes,
            x=(left + right) / 2,
            y=count,
            series=name,
            words=f"{spoken(left)} to {spoken(right)}: {spoken(count)}",
        )
        for (left, right), count in zip(pairwise(edges), counts, strict=False)
    ]
