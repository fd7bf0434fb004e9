"""Tables as an XLSX workbook: filters that work, a head that stays, and no formula anywhere."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from samd_validate.core.visible import SHOWN_AS, visible

FAIL_PALE, OPEN_PALE, NONE_PALE, PASS_PALE = "F7DFDF", "FAEFD4", "E6E7E8", "E3EFE3"
"""The colours behind words, those of templates/colours.css."""
WIDEST, NARROWEST = 60, 10
MOST_OF_NAME = 31
"""Letters that the name of a sheet may have."""
LONGEST = 32_767
"""What a cell of the format holds; a longer text is cut and says so."""
CUT = " [cut here: the cell is full; the whole text is in the CSV]"
MOMENT = datetime(2026, 1, 1)  # the format holds no zone; equal input, equal bytes
_UNWRITABLE = re.compile(r"[\ufffe\uffff]")


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A named table; ``looks`` maps the words of a cell to the colour behind it (RRGGBB)."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[str]]
    looks: Mapping[str, str]


def workbook_bytes(sheets: Iterable[Sheet]) -> bytes:
    """Return a workbook; the same tables always give the same bytes.

    Every cell is of the type text, so that one that begins with ``=`` shows and does nothing.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for sheet in sheets:
        _write(book.create_sheet(sheet.name), sheet)
    book.properties.created = book.properties.modified = MOMENT
    book.properties.creator = "samd-validate"
    sink = io.BytesIO()
    book.save(sink)
    return _fixed(sink.getvalue())


def _write(page: Any, sheet: Sheet) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    table = [tuple(sheet.columns), *map(tuple, sheet.rows)]
    fills = _fills(sheet.looks)
    top = Alignment(vertical="top", wrap_text=True)
    for number, row in enumerate(table, start=1):
        for column, text in enumerate(row, start=1):
            cell = page.cell(row=number, column=column)
            _set_text(cell, text)
            cell.alignment = top
            if text in fills:
                cell.fill = fills[text]
    for cell in page[1]:
        cell.font = Font(bold=True)
    for column, title in enumerate(sheet.columns, start=1):
        widest = max((len(row[column - 1]) for row in table), default=0)
        width = max(NARROWEST, len(title) + 4, min(WIDEST, widest + 2))
        page.column_dimensions[get_column_letter(column)].width = width
    page.freeze_panes = "C2" if len(sheet.columns) > 2 else "A2"  # noqa: PLR2004  # row and id stay
    page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.columns))}{len(table)}"


def _set_text(cell: Any, text: str) -> None:
    clean = _UNWRITABLE.sub(SHOWN_AS, visible(text))
    cell.value = clean if len(clean) <= LONGEST else clean[: LONGEST - len(CUT)] + CUT
    cell.data_type = "s"  # else a text that begins with = becomes a formula
    cell.quotePrefix = True
    cell.number_format = "@"


def _fills(looks: Mapping[str, str]) -> dict[str, Any]:
    from openpyxl.styles import PatternFill

    return {words: PatternFill("solid", fgColor=colour) for words, colour in looks.items()}


def _fixed(content: bytes) -> bytes:
    """Return an archive with the time of every member, and of the workbook, set to one moment."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as book, zipfile.ZipFile(sink, "w") as out:
        for name in book.namelist():
            member = zipfile.ZipInfo(name, date_time=MOMENT.timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(member, _undated(name, book.read(name)))
    return sink.getvalue()


def _undated(name: str, content: bytes) -> bytes:
    if name != "docProps/core.xml":
        return content
    stamp = MOMENT.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    return re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
