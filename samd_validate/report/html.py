"""A document as one page of HTML that needs nothing else: no requests, no scripts from outside."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

from samd_validate.core.errors import CannotRun, Problem, did_you_mean
from samd_validate.core.visible import shown
from samd_validate.report.figures import draw
from samd_validate.report.strip import strip_svg
from samd_validate.report.tree import Document, Picture, Strip
from samd_validate.report.words import short_digest

if TYPE_CHECKING:
    from jinja2 import Environment

PAGES = {"a4": "A4", "letter": "Letter"}
STYLES = ("colours.css", "report.css", "screen.css", "print.css")


def render_html(document: Document, templates: Path, *, page: str = "a4") -> str:
    """Return the report as HTML; text from the run is escaped, figures are drawn into it.

    ``page`` is ``a4`` or ``letter`` and matters when it is printed.

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
    house.globals.update(picture=picture_uri, strip=strip_uri, short=short_digest)
    return house.get_template("report.html").render(
        document=document,
        style="\n".join(_text(templates / name) for name in STYLES),
        script=_text(templates / "report.js"),
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


def _uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode("ascii")
