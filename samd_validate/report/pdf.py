"""A document as a tagged PDF/A-3 and PDF/UA-1 that fetched nothing from outside."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from samd_validate.core.errors import CannotRun, Problem
from samd_validate.evidence.attached import Attached
from samd_validate.evidence.whole import write_whole
from samd_validate.report.accessible import declare_accessible
from samd_validate.report.glyphs import missing_words, spelt, undrawable
from samd_validate.report.html import render_html
from samd_validate.report.tree import Document

VARIANT = "pdf/a-3a"
"""The archive's variant; that of accessibility is declared beside it."""
NO_PANGO = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"


@dataclass(frozen=True, kw_only=True)
class Typeset:
    """A finished PDF, the page (from 1) on which each anchor of it lies, and how many there are."""

    content: bytes
    pages: Mapping[str, int]
    n_pages: int


def write_pdf(
    document: Document,
    templates: Path,
    place: Path,
    source_date_epoch: int,
    *,
    page: str = "a4",
    attached: Sequence[Attached] = (),
) -> Mapping[str, int]:
    """Write the report as PDF/A-3a; the same document and attachments give the same bytes.

    Returns the page of each anchor, counted from 1, as it was typeset.

    ``source_date_epoch`` (seconds since 1970) stands for the time of writing, of the page and of
    what is ``attached`` to it.

    Raises
    ------
    CannotRun
        Where Pango, which sets the type, is missing, or the place cannot be written.
    """
    done = typeset(_drawable(document, templates, page), source_date_epoch, attached)
    try:
        write_whole(place, done.content)
    except OSError as error:
        raise CannotRun(
            Problem(
                where=str(place),
                found=(error.strerror or "cannot be written").lower(),
                expected="a place for the PDF",
                todo="check the disk and the permissions; samd-validate report makes it anew",
            )
        ) from None
    return done.pages


def _drawable(document: Document, templates: Path, page: str) -> str:
    """Return the page with words for what no font has: nothing turns into an empty box unsaid."""
    html = render_html(document, templates, page=page, is_on_paper=True)
    missing = undrawable(html)
    if not missing:
        return html
    told = replace(document, marks=(*document.marks, missing_words(missing)))
    return spelt(render_html(told, templates, page=page, is_on_paper=True), missing)


def typeset(html: str, source_date_epoch: int, attached: Sequence[Attached] = ()) -> Typeset:
    """Return a page of HTML as PDF/A-3a; what is not written into the page cannot be read.

    Raises
    ------
    CannotRun
        If the page asks for anything but ``data:``, on this machine or elsewhere.
    """
    weasyprint = _weasyprint()
    only_data = weasyprint.urls.URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    with _fixed_date(source_date_epoch), _quiet():
        try:
            page = weasyprint.HTML(string=html, url_fetcher=only_data)
            inside = [_attachment(weasyprint, one, source_date_epoch) for one in attached]
            options = {"pdf_variant": VARIANT, "pdf_tags": True, "attachments": inside}
            laid = page.render(**options)
            pages = _pages(sheet.anchors for sheet in laid.pages)
            content = laid.write_pdf(finisher=declare_accessible, **options)
            return Typeset(content=bytes(content), pages=pages, n_pages=len(laid.pages))
        except weasyprint.urls.FatalURLFetchingError as error:
            raise CannotRun(_refused(str(error.__cause__ or error))) from None


def _pages(anchors: Iterable[Mapping[str, object]]) -> Mapping[str, int]:
    """Return the first page on which each anchor lies."""
    found: dict[str, int] = {}
    for number, names in enumerate(anchors, start=1):
        for name in names:
            found.setdefault(name, number)
    return found


def _attachment(weasyprint: Any, one: Attached, source_date_epoch: int) -> Any:
    moment = datetime.fromtimestamp(source_date_epoch, UTC)
    return weasyprint.Attachment(
        file_obj=io.BytesIO(one.content),
        name=one.name,
        description=one.description,
        created=moment,
        modified=moment,
        relationship=one.relationship,
    )


def _refused(why: str) -> Problem:
    return Problem(
        where="the PDF writer",
        found=f"a page that asks for something outside itself ({why[:120]})",
        expected="a page that needs nothing else",
        todo="write pictures and fonts into the templates as data: addresses",
    )


def _weasyprint() -> Any:
    try:
        import weasyprint
    except OSError as error:
        raise CannotRun(
            Problem(
                where="the PDF writer",
                found=f"a system library that cannot be loaded ({str(error).splitlines()[0][:80]})",
                expected="Pango and HarfBuzz",
                todo=NO_PANGO,
            )
        ) from None
    return weasyprint


@contextmanager
def _fixed_date(source_date_epoch: int) -> Iterator[None]:
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = str(source_date_epoch)
    try:
        yield
    finally:
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = before


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the libraries note about fonts and CSS from the terminal; errors still show."""
    loggers = [logging.getLogger(name) for name in ("weasyprint", "fontTools")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
