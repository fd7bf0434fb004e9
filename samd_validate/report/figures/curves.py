"""Curves with bands: ROC, FROC, precision-recall, decision and learning curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samd_validate.report.figures.spots import along
from samd_validate.report.figures.style import (
    GREY,
    INK,
    Drawing,
    canvas,
    colour,
    dash,
    house_style,
    legend_below,
    marker,
    shortened,
)

SQUARE = 3.6


def roc(content: Mapping[str, Any]) -> Drawing:
    """Draw ROC curves with their bands, and the operating point on each."""
    with house_style():
        series, spots = content["series"], []
        figure, axes = canvas(SQUARE, SQUARE + 0.18 * len(series))
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
        for number, one in enumerate(series):
            label = (
                f"{shortened(one['name'], 36)}: {one['auroc']}" if one.get("auroc") else one["name"]
            )
            _band(axes, one, "fpr", number)
            axes.plot(
                one["fpr"], one["tpr"], color=colour(number), linestyle=dash(number), label=label
            )
            _point(axes, one.get("point"), number)
            across, up = ("1 - specificity", one["fpr"]), ("sensitivity", one["tpr"])
            spots += along(axes, one["name"], across, up, _ends(one))
        _unit_square(axes, "1 - specificity", "Sensitivity")
        legend_below(axes)
        return Drawing(figure=figure, spots=tuple(spots))


def froc(content: Mapping[str, Any]) -> Drawing:
    """Draw the share of lesions found over the false marks an image, on a scale of doublings."""
    with house_style():
        series, rates, spots = content["series"], content["rates"], []
        figure, axes = canvas(5.4, 3.0 + 0.18 * len(series))
        for number, one in enumerate(series):
            _band(axes, one, "rate", number)
            axes.plot(
                one["rate"],
                one["sensitivity"],
                color=colour(number),
                linestyle=dash(number),
                marker=marker(number),
                markersize=4,
                markevery=[k for k, rate in enumerate(one["rate"]) if _is_of(rate, rates)],
                label=shortened(one["name"]),
            )
            across, up = ("false marks", one["rate"]), ("sensitivity", one["sensitivity"])
            spots += along(axes, one["name"], across, up, _ends(one))
        axes.set_xscale("log", base=2)
        axes.set(
            xlabel="False marks an image", ylabel="Lesions found (sensitivity)", ylim=(-0.01, 1.01)
        )
        axes.set_xticks(rates, [f"{rate:g}" for rate in rates])
        axes.minorticks_off()
        legend_below(axes)
        return Drawing(figure=figure, spots=tuple(spots))


def _is_of(rate: float, rates: list[float]) -> bool:
    return any(abs(rate - one) < 1e-6 * one for one in rates)


def _point(axes: Any, point: Mapping[str, float] | None, number: int) -> None:
    if point:
        axes.plot(
            point["fpr"],
            point["tpr"],
            marker=marker(number),
            markersize=7,
            markerfacecolor="white",
            markeredgecolor=colour(number),
            markeredgewidth=1.6,
            linestyle="none",
            zorder=5,
        )


def _ends(one: Mapping[str, Any]) -> tuple[Any, Any]:
    return one.get("low"), one.get("high")


def _band(axes: Any, one: Mapping[str, Any], x: str, number: int) -> None:
    if one.get("low") and one.get("high"):
        axes.fill_between(
            one[x], one["low"], one["high"], color=colour(number), alpha=0.18, linewidth=0
        )


def _unit_square(axes: Any, x_label: str, y_label: str) -> None:
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), xlabel=x_label, ylabel=y_label, aspect="equal")


def precision_recall(content: Mapping[str, Any]) -> Drawing:
    """Draw precision over recall with bands, and the prevalence as the useless line."""
    with house_style():
        series, spots = content["series"], []
        figure, axes = canvas(SQUARE, SQUARE + 0.18 * len(series))
        for number, one in enumerate(series):
            label = shortened(one["name"], 36)
            if one.get("auprc"):
                label += f": {one['auprc']}"
            if one.get("prevalence") is not None:
                axes.axhline(one["prevalence"], color=colour(number), linewidth=0.8, linestyle=":")
                label += f" (prevalence {100 * one['prevalence']:.1f}%)"
            _band(axes, one, "recall", number)
            axes.plot(
                one["recall"],
                one["precision"],
                color=colour(number),
                linestyle=dash(number),
                label=label,
            )
            across, up = ("recall", one["recall"]), ("precision", one["precision"])
            spots += along(axes, one["name"], across, up, _ends(one))
        _unit_square(axes, "Recall (sensitivity)", "Precision (PPV)")
        legend_below(axes)
        return Drawing(figure=figure, spots=tuple(spots))


def decision_curve(content: Mapping[str, Any]) -> Drawing:
    """Draw net benefit over thresholds, beside treating all and treating none."""
    with house_style():
        series, spots = content["series"], []
        figure, axes = canvas(5.4, 3.2)
        thresholds = series[0]["threshold"]
        if content.get("treat_all"):
            axes.plot(thresholds, content["treat_all"], color=GREY, linewidth=1, label="Treat all")
        axes.axhline(0, color=INK, linewidth=0.9, linestyle=":", label="Treat none")
        highest = 0.01
        for number, one in enumerate(series):
            _band(axes, one, "threshold", number)
            axes.plot(
                one["threshold"],
                one["net_benefit"],
                color=colour(number),
                linestyle=dash(number),
                label=shortened(one["name"]),
            )
            highest = max([highest, *(one.get("high") or one["net_benefit"])])
            across, up = ("threshold", one["threshold"]), ("net benefit", one["net_benefit"])
            spots += along(axes, one["name"], across, up, _ends(one))
        axes.set(
            xlabel="Threshold of risk", ylabel="Net benefit", ylim=(-0.25 * highest, 1.1 * highest)
        )
        axes.legend(loc="upper right")
        return Drawing(figure=figure, spots=tuple(spots))


def learning_curve(content: Mapping[str, Any]) -> Drawing:
    """Draw a value over epochs of training."""
    with house_style():
        figure, axes = canvas(5.4, 2.8)
        spots = []
        for number, one in enumerate(content["series"]):
            axes.plot(
                one["epoch"],
                one["value"],
                color=colour(number),
                linestyle=dash(number),
                marker=marker(number),
                markersize=3,
                label=shortened(one["name"]),
            )
            spots += along(axes, one["name"], ("epoch", one["epoch"]), ("value", one["value"]))
        axes.set(xlabel="Epoch", ylabel=content.get("y_label", "Value"))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend()
        return Drawing(figure=figure, spots=tuple(spots))
