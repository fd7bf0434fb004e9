"""A small picture for a table: estimate, interval and limits on one axis."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from samd_validate.report.tree import Strip

WIDTH, HEIGHT, MARGIN = 150.0, 26.0, 6.0
MIDDLE, BAR = 10.0, 4.0
INK, LIMIT, KEPT = "#1a1a1a", "#b00020", "#e3efe3"


def strip_svg(strip: Strip) -> str:
    """Return a strip as SVG text.

    >>> one = Strip(value=0.8, low=0.7, high=0.9, at_least=0.75, at_most=None, alt="a <b>")
    >>> "a &lt;b&gt;" in strip_svg(one)
    True
    """
    place = _axis(strip)
    limits = [limit for limit in (strip.at_least, strip.at_most) if limit is not None]
    left = MARGIN if strip.at_least is None else place(strip.at_least)
    right = WIDTH - MARGIN if strip.at_most is None else place(strip.at_most)
    kept = f'x="{left:.1f}" y="2" width="{max(right - left, 0):.1f}" height="16"'
    value = f'cx="{place(strip.value):.1f}" cy="{MIDDLE:g}" r="3"'
    parts = [
        f'<rect {kept} fill="{KEPT}"/>',
        _line((MARGIN, MIDDLE), (WIDTH - MARGIN, MIDDLE), "#c8c8c8", 0.6),
        _line((place(strip.low), MIDDLE), (place(strip.high), MIDDLE), INK, 2.2),
        *(_upright(place(end), BAR, INK, 1) for end in (strip.low, strip.high)),
        f'<circle {value} fill="{INK}"/>',
        *(_upright(place(limit), 2.2 * BAR, LIMIT, 1.3) for limit in limits),
        *(_label(place(limit), f"{limit:g}") for limit in limits),
    ]
    title = f"<title>{escape(strip.alt)}</title>"
    size = f'width="{WIDTH:g}" height="{HEIGHT:g}" viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{title}{"".join(parts)}</svg>'


def _axis(strip: Strip) -> Callable[[float], float]:
    """Return where a value stands: interval and limits fill the middle two thirds."""
    shown = [strip.low, strip.high, strip.value]
    shown += [limit for limit in (strip.at_least, strip.at_most) if limit is not None]
    low, high = min(shown), max(shown)
    room = 0.25 * (high - low) or 0.5
    scale = (WIDTH - 2 * MARGIN) / (high - low + 2 * room)
    return lambda value: MARGIN + (value - low + room) * scale


def _upright(x: float, half: float, ink: str, width: float) -> str:
    return _line((x, MIDDLE - half), (x, MIDDLE + half), ink, width)


def _line(start: tuple[float, float], end: tuple[float, float], ink: str, width: float) -> str:
    ends = f'x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}"'
    return f'<line {ends} stroke="{ink}" stroke-width="{width:g}"/>'


def _label(x: float, words: str) -> str:
    look = f'font-family="DejaVu Sans" font-size="6.5" text-anchor="middle" fill="{LIMIT}"'
    inside = min(max(x, 14.0), WIDTH - 14.0)
    return f'<text x="{inside:.1f}" y="25" {look}>{escape(words)}</text>'
