"""Operating points: what shares of patients an alarm finds and spares, over its threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samd_validate.report.figures.spots import along
from samd_validate.report.figures.style import (
    INK,
    Drawing,
    canvas,
    colour,
    dash,
    house_style,
    legend_below,
)

SHARES = {
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "ppv": "PPV",
    "npv": "NPV",
}


def operating_points(content: Mapping[str, Any]) -> Drawing:
    """Draw sensitivity, specificity, PPV and NPV with bands over the threshold.

    A share that is undefined at a threshold (PPV without an alarm, say) leaves a gap.
    """
    with house_style():
        figure, axes = canvas(5.4, 3.3)
        spots = []
        for number, (measure, title) in enumerate(SHARES.items()):
            known = [one for one in content["points"] if one[measure]["value"] is not None]
            x = [one["threshold"] for one in known]
            value, low, high = ([one[measure][key] for one in known] for key in _KEYS)
            axes.fill_between(x, low, high, color=colour(number), alpha=0.18, linewidth=0)
            axes.plot(x, value, color=colour(number), linestyle=dash(number), label=title)
            spots += along(axes, title, ("threshold", x), ("share", value), (low, high))
        label = f"Threshold of the protocol ({content['chosen']:.4g})"
        axes.axvline(content["chosen"], color=INK, linewidth=0.9, linestyle="--", label=label)
        axes.set(xlabel="Threshold", ylabel="Share", ylim=(-0.01, 1.01))
        legend_below(axes, columns=3)
        return Drawing(figure=figure, spots=tuple(spots))


_KEYS = ("value", "low", "high")
