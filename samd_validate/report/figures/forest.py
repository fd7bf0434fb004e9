"""Forest plots: one line per row, also for rows without a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from samd_validate.report.figures.spots import Spot
from samd_validate.report.figures.style import (
    GREY,
    INK,
    PALE,
    Drawing,
    canvas,
    colour,
    house_style,
    shortened,
)

ROW = 0.165
WIDTH = 6.7
BESIDE_INCHES = (0.08, 0.48, 0.95)
RIGHT_INCHES = 2.25
LETTER_INCHES = 0.062
MOST_ROWS = 60
MOST_LETTERS = 38
MOST_REASON = 34
WIDEST_LABEL = 90


def forest(content: Mapping[str, Any]) -> Drawing:
    """Draw estimates with intervals, n and events beside them; without a number the reason.

    Of more than sixty rows the first sixty are drawn and the rest is counted: the table of the
    findings holds them all.
    """
    with house_style():
        rows = list(content["rows"])
        left_out = len(rows) - MOST_ROWS
        rows = rows[:MOST_ROWS]
        extra = 1 if left_out > 0 else 0
        height = 0.75 + ROW * (len(rows) + extra + 1)
        figure, axes = canvas(WIDTH, height)
        _margins(figure, axes, rows, height)
        _reference(axes, content, len(rows))
        for number, row in enumerate(rows):
            _row(axes, row, number)
        if extra:
            words = f"and {left_out} more rows, in the table"
            axes.text(
                0.5,
                len(rows),
                words,
                transform=axes.get_yaxis_transform(),
                ha="center",
                va="center",
                fontsize=7,
            )
        _labels(axes, rows, extra)
        axes.set_xlabel(shortened(content.get("measure", ""), WIDEST_LABEL))
        spots = [_spot(axes, row, number, content) for number, row in enumerate(rows)]
        return Drawing(figure=figure, spots=tuple(spots))


def _spot(axes: Any, row: Mapping[str, Any], number: int, content: Mapping[str, Any]) -> Spot:
    """Return a row in words; one without a number is pointed at in the middle of its line."""
    has_value = row.get("value") is not None
    words = _estimate(row) if has_value else str(row.get("reason") or "no number")
    counts = f"n {_count(row.get('n'))}, events {_count(row.get('n_events'))}"
    return Spot(
        axes=axes,
        x=float(row["value"]) if has_value else sum(axes.get_xlim()) / 2,
        y=number,
        series=str(content.get("measure", "")),
        words=f"{row['label']}: {words}, {counts}",
    )


def _margins(figure: Any, axes: Any, rows: Sequence[Mapping[str, Any]], height: float) -> None:
    """Reserve the width that labels on the left and numbers on the right need, in inches."""
    longest = max((len(shortened(row["label"], MOST_LETTERS)) for row in rows), default=0)
    left = (0.25 + LETTER_INCHES * longest) / WIDTH
    bottom, top = 0.5 / height, 1 - 0.05 / height
    figure.set_layout_engine("none")
    axes.set_position((left, bottom, 1 - RIGHT_INCHES / WIDTH - left, top - bottom))


def _reference(axes: Any, content: Mapping[str, Any], n_rows: int) -> None:
    if content.get("reference") is not None:
        axes.axvline(content["reference"], color=GREY, linewidth=0.9, linestyle="--", zorder=1)
    if content.get("limits"):
        low, high = content["limits"]
        axes.set_xlim(low, high)
    for number in range(0, n_rows, 2):
        axes.axhspan(number - 0.5, number + 0.5, color="#f5f5f5", linewidth=0, zorder=0)


def _row(axes: Any, row: Mapping[str, Any], number: int) -> None:
    if row.get("value") is None:
        words = _why_not(row)
        place = axes.get_yaxis_transform()
        axes.text(
            0.5,
            number,
            words,
            transform=place,
            ha="center",
            va="center",
            fontsize=6.5,
            color=GREY,
            style="italic",
        )
        return
    low, high = row.get("low"), row.get("high")
    if low is not None and high is not None:
        axes.plot(
            [low, high], [number, number], color=colour(0), linewidth=1.6, solid_capstyle="butt"
        )
    is_whole = str(row["label"]).lower() in ("all", "overall")
    axes.plot(
        row["value"],
        number,
        marker="D" if is_whole else "s",
        color=INK if is_whole else colour(0),
        markersize=5 if is_whole else 4,
        zorder=4,
    )


def _why_not(row: Mapping[str, Any]) -> str:
    """Return the reason if it fits beside the labels, else that the table has it."""
    reason = str(row.get("reason") or "no number")
    return reason if len(reason) <= MOST_REASON else "not assessable (see the table)"


def _labels(axes: Any, rows: Sequence[Mapping[str, Any]], extra: int) -> None:
    axes.set_yticks(range(len(rows)), [shortened(row["label"], MOST_LETTERS) for row in rows])
    axes.set_ylim(len(rows) + extra - 0.5, -1.2)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    place = axes.get_yaxis_transform()
    inches = WIDTH * axes.get_position().width
    first, second, third = (1 + offset / inches for offset in BESIDE_INCHES)
    for x, head, key in ((first, "n", "n"), (second, "events", "n_events")):
        axes.text(x, -0.85, head, transform=place, ha="left", va="center", fontsize=6.5, color=GREY)
        for number, row in enumerate(rows):
            axes.text(
                x,
                number,
                _count(row.get(key)),
                transform=place,
                ha="left",
                va="center",
                fontsize=6.5,
            )
    axes.text(
        third,
        -0.85,
        "estimate (interval)",
        transform=place,
        ha="left",
        va="center",
        fontsize=6.5,
        color=GREY,
    )
    for number, row in enumerate(rows):
        axes.text(
            third, number, _estimate(row), transform=place, ha="left", va="center", fontsize=6.5
        )
    axes.axhline(-0.5, color=PALE, linewidth=0.7)


def _count(value: int | None) -> str:
    return "–" if value is None else f"{value:,}".replace(",", "\u202f")


def _estimate(row: Mapping[str, Any]) -> str:
    if row.get("value") is None:
        return "–"
    if row.get("low") is None or row.get("high") is None:
        return f"{row['value']:.2f}"
    return f"{row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
