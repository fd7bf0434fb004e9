"""Rows of pictures, such as the worst cases: each row is a case, its words above it."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

from samd_validate.report.figures.style import Drawing, house_style, shortened

WIDTH, MOST_HEIGHT = 6.6, 8.2
"""Inches: the width of a page's text, and what a page holds below a title and above a caption."""
TITLE = 0.2


def panels(content: Mapping[str, Any]) -> Drawing:
    """Draw rows of PNG pictures side by side; every picture keeps its proportions."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    rows = list(content["rows"])
    columns = max(len(row["pictures"]) for row in rows)
    decoded = [[_decoded(text) for text in row["pictures"]] for row in rows]
    heights = [_height(pictures, columns) for pictures in decoded]
    shrunk = min(1.0, (MOST_HEIGHT - TITLE * len(rows)) / sum(heights))
    ratios = [shrunk * height + TITLE for height in heights]
    with house_style():
        figure = Figure(figsize=(WIDTH * shrunk, sum(ratios)), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.subplots(len(rows), columns, squeeze=False, height_ratios=ratios)
        for row, pictures, places in zip(rows, decoded, axes, strict=True):
            for place in places:
                place.set_axis_off()
            for place, picture in zip(places, pictures, strict=False):
                place.imshow(picture, interpolation="none")
            places[0].set_title(shortened(row["label"]), loc="left", fontsize=7.5)
        return Drawing(figure=figure)


def _height(pictures: list[Any], columns: int) -> float:
    """Return the height of a row in inches."""
    return max(float(WIDTH / columns * one.shape[0] / one.shape[1]) for one in pictures)


def _decoded(text: str) -> Any:
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(base64.b64decode(text))) as picture:
        return np.asarray(picture)
