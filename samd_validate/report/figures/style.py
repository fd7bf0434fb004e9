"""The common look of all figures: colours told apart by everyone, lines told apart in grey."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from samd_validate.core.visible import visible
from samd_validate.report.figures.spots import Place, Spot, places

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
"""Okabe and Ito's colours, dark ones first."""
DASHES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (3, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GREY = "#6b6b6b"
PALE = "#d9d9d9"
INK = "#1a1a1a"
UP, DOWN = "#D55E00", "#0072B2"
"""Raises and lowers the risk: orange and blue, told apart in grey by hatching."""

_RC = {
    "svg.hashsalt": "samd-validate",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.labelsize": 8,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "hatch.linewidth": 0.6,
    "text.parse_math": False,
    "path.simplify": True,
}


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A figure of matplotlib on its way to SVG, and the values in it that can be pointed at."""

    figure: Any
    spots: tuple[Spot, ...] = ()

    def svg(self) -> str:
        """Return SVG text without a date, its head cut off."""
        with house_style():
            text = io.StringIO()
            self.figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
        svg = text.getvalue()
        return _smaller(svg[svg.index("<svg") :])

    def places(self) -> tuple[Place, ...]:
        """Return where the values lie; asked after ``svg``, which lays the figure out."""
        return places(self.figure, self.spots)


def _smaller(svg: str) -> str:
    """Return SVG without what is not seen: metadata, comments, and hundredths of a point."""
    svg = re.sub(r"(<metadata>.*?</metadata>|<!--.*?-->)\s*", "", svg, flags=re.DOTALL)
    return re.sub(r'\b(?:d|x|y)="[^"]*"|translate\([^)]*\)', _rounded, svg)


def _rounded(coordinates: re.Match[str]) -> str:
    return re.sub(r"-?\d+\.\d{3,}", lambda one: f"{float(one[0]):.2f}", coordinates[0])


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the common look, whatever matplotlib was told elsewhere."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        yield


def canvas(width: float, height: float, **grid: Any) -> tuple[Any, Any]:
    """Return a figure of a size in inches and its axes; no window is ever opened."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.subplots(**grid)
    return figure, axes


def colour(number: int) -> str:
    """Return the colour of a series by its place."""
    return COLOURS[number % len(COLOURS)]


def dash(number: int) -> Any:
    """Return the dashes of a series by its place, so that grey print tells them apart."""
    return DASHES[number % len(DASHES)]


def marker(number: int) -> str:
    """Return the marker of a series by its place."""
    return MARKERS[number % len(MARKERS)]


def shortened(label: str, most: int = 44) -> str:
    """Return a label that fits; the middle is left out where it is too long.

    >>> shortened("abcdefghij", 7)
    'abc…hij'
    """
    words = visible(" ".join(str(label).split()))
    if len(words) <= most:
        return words
    half = (most - 1) // 2
    return f"{words[:half]}…{words[-half:]}"


def legend_below(axes: Any, columns: int = 1) -> None:
    """Put the legend under the axes, where it covers no curve."""
    handles, _ = axes.get_legend_handles_labels()
    if handles:
        axes.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.16),
            ncols=columns,
            handlelength=3.2,
            borderaxespad=0,
        )
