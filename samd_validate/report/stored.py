"""The operating points that a run stored, as the words of a table on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samd_validate.core.estimate import Estimate
from samd_validate.core.finding import Figure
from samd_validate.report.measured import measurement_words
from samd_validate.report.tree import Stored, StoredRow
from samd_validate.report.words import count_words, measure_words

COUNTS = {"tp": "True alarms", "fp": "False alarms", "fn": "Missed events", "tn": "True all-clears"}
MEASURES = ("sensitivity", "specificity", "ppv", "npv", "net_benefit")
ALL = "Net benefit of treating all"


def stored_points(figure: Figure) -> Stored | None:
    """Return the points of a figure that stores operating points; of another, nothing."""
    if figure.kind != "operating_points":
        return None
    content: Mapping[str, Any] = figure.content
    return Stored(
        columns=("Threshold", *COUNTS.values(), *map(measure_words, MEASURES), ALL),
        rows=tuple(_row(point, content) for point in content["points"]),
    )


def _row(point: Mapping[str, Any], content: Mapping[str, Any]) -> StoredRow:
    of_all = point.get("treat_all")
    return StoredRow(
        cells=(
            f"{point['threshold']:.4g}",
            *(count_words(int(point[name])) for name in COUNTS),
            *(_words(point[name], content) for name in MEASURES),
            "not defined" if of_all is None else f"{of_all:.3f}",
        ),
        is_chosen=point["threshold"] == content["chosen"],
    )


def _words(measured: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    if measured["value"] is None:
        return f"not estimable: {measured.get('reason') or 'no number'}"
    return measurement_words(
        Estimate(
            value=measured["value"],
            low=measured["low"],
            high=measured["high"],
            level=content["level"],
            method="stored",
            n=content["n"],
            n_events=content["n_events"],
        )
    )
