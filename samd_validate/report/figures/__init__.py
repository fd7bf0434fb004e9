"""From the data of a figure to SVG text: one drawing per kind."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from samd_validate.core.canonical import canonical_bytes
from samd_validate.core.errors import CannotRun, Problem, did_you_mean
from samd_validate.core.finding import Figure
from samd_validate.report.figures import (
    bars,
    calibration,
    control,
    curves,
    dose,
    forest,
    panels,
    points,
    time,
)
from samd_validate.report.figures.spots import Place
from samd_validate.report.figures.style import Drawing

DRAWINGS: Mapping[str, Callable[[Mapping[str, Any]], Drawing]] = MappingProxyType(
    {
        "roc": curves.roc,
        "froc": curves.froc,
        "precision_recall": curves.precision_recall,
        "operating_points": points.operating_points,
        "decision_curve": curves.decision_curve,
        "learning_curve": curves.learning_curve,
        "control_chart": control.control_chart,
        "dose_response": dose.dose_response,
        "calibration": calibration.calibration,
        "forest": forest.forest,
        "bars": bars.bars,
        "waterfall": bars.waterfall,
        "histogram": bars.histogram,
        "heatmap": time.heatmap,
        "timeline": time.timeline,
        "panels": panels.panels,
    }
)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A figure as SVG text, and the values in it that a reader can point at."""

    svg: str
    places: tuple[Place, ...]


def draw(figure: Figure) -> str:
    """Return a figure as SVG text; the same content always gives the same text.

    Raises
    ------
    CannotRun
        For a kind that no drawing knows, or content that the drawing of its kind cannot read.
    """
    return drawn(figure).svg


def drawn(figure: Figure) -> Drawn:
    """Return a figure as SVG text with its values; it raises as ``draw`` does."""
    if figure.kind not in DRAWINGS:
        raise CannotRun(
            Problem(
                where=f"figure {figure.id!r}",
                found=f"the kind {figure.kind!r}",
                expected=did_you_mean(figure.kind, DRAWINGS),
                todo="use the release of samd-validate that made the bundle, or a later one",
            )
        )
    try:
        return _drawn(figure.kind, canonical_bytes(figure.content))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise CannotRun(
            Problem(
                where=f"figure {figure.id!r}",
                found=f"content that does not fit its kind ({type(error).__name__}: {error})",
                expected=f"the content of a {figure.kind} figure",
                todo="see docs/methods/report.md for what each kind holds",
            )
        ) from error


@lru_cache(maxsize=256)
def _drawn(kind: str, content: bytes) -> Drawn:
    with warnings.catch_warnings():
        # what no font has is told on the title page
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        drawing = DRAWINGS[kind](json.loads(content))
        return Drawn(svg=drawing.svg(), places=drawing.places())
