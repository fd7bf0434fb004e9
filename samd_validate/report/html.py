"""A document as one page of HTML that needs nothing else: no requests, no scripts from outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from samd_validate.core.errors import CannotRun, Problem, did_you_mean
from samd_validate.core.page import script_of, source_of
from samd_validate.core.visible import shown, visible
from samd_validate.report.figures import draw, drawn
from samd_validate.report.strip import strip_svg
from samd_validate.report.tree import Document, Picture, Strip
from samd_validate.report.words import short_digest

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

PAGES = {"a4": "A4", "letter": "Letter"}
STYLES = ("colours.css", "report.css", "screen.css", "dark.css", "print.css")
SCRIPTS = ("page.js", "sort.js", "filter.js", "values.js", "thresholds.js")


def render_html(
    document: Document, templates: Path, *, page: str = "a4", is_on_paper: bool = False
) -> str:
    """Return the report as HTML; text from the run is escaped, figures are drawn into it.

    ``page`` is ``a4`` or ``letter`` and matters when it is printed. What only a screen can use,
    such as scripts and stored operating points, is left out of a page that ``is_on_paper``.

    Raises
    ------
    CannotRun
        For another page, a missing template, or a figure that cannot be drawn.
    """
    if page not in PAGES:
        raise CannotRun(
            Problem(
                where="page size",
                found=repr(page),
                expected=did_you_mean(page, PAGES),
                todo="name one of these",
            )
        )
    house = environment(templates)
    house.globals.update(
        picture=picture_uri,
        strip=strip_uri,
        short=short_digest,
        values=values_json,
        is_on_paper=is_on_paper,
    )
    script = script_of(house, SCRIPTS)
    return house.get_template("report.html").render(
        document=document,
        style="\n".join(_text(templates / name) for name in STYLES),
        script=script,
        script_source=source_of(script),
        page=PAGES[page],
        figures=document.listed(("picture", "flow")),
        tables=document.listed(("grid", "verdicts")),
    )


def environment(templates: Path) -> Environment:
    """Return Jinja's environment: all is escaped and visible, an unknown name is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    if not (templates / "report.html").is_file():
        raise CannotRun(
            Problem(
                where=str(templates),
                found="no report.html",
                expected="the folder of templates",
                todo="name the folder templates/ of the project",
            )
        )
    return Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def picture_uri(picture: Picture) -> str:
    """Return a drawn figure as a data URI."""
    return _uri(draw(picture.figure))


def strip_uri(strip: Strip) -> str:
    """Return a strip as a data URI."""
    return _uri(strip_svg(strip))


def values_json(picture: Picture) -> Markup:
    """Return the values of a figure as JSON that closes no element and hides nothing.

    ``series`` holds each name once; a spot is left, top, the place of its series, and words.
    """
    from markupsafe import Markup

    found = drawn(picture.figure).places
    series = list(dict.fromkeys(one.series for one in found))
    spots = [[one.left, one.top, series.index(one.series), visible(one.words)] for one in found]
    held = {"series": [visible(name) for name in series], "spots": spots}
    text = json.dumps(held, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.translate(INERT))  # noqa: S704  # what could end a script is spelt as JSON


INERT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&'\u2028\u2029"}
"""Signs that mean something to HTML, as JSON spells them."""


UNQUOTED = " ()*+,-./:;=?@[]_{|}~"


def _uri(svg: str) -> str:
    """Return SVG as an address; in text of few strange signs that is shorter than base64."""
    return "data:image/svg+xml," + quote(" ".join(svg.split()), UNQUOTED)
