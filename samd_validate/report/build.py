"""Small makers of blocks: numbered tables and figures, and reading a protocol's JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count, zip_longest
from typing import Any, cast

from samd_validate.core.cohort import FlowRow
from samd_validate.core.finding import Figure, Table
from samd_validate.report.stored import stored_points
from samd_validate.report.tree import (
    Block,
    Cell,
    Flow,
    FlowBox,
    Grid,
    Pair,
    Paragraph,
    Picture,
    RowKey,
    Stored,
)
from samd_validate.report.words import count_words

MOST_COLUMNS = 6
LONGEST_NUMBER = 24
"""Words that begin with a digit and are not shorter than this wrap as a sentence does."""
NARROWEST, WIDEST, OF_WORDS = 5, 20, 12
"""Letters for which a column of a wide table has room: at least, at most, and for a sentence."""
SMALL = frozenset({"roc", "precision_recall", "calibration", "decision_curve", "froc"})
"""Kinds of figures that are legible at half the width of a page."""
P_HEAD = re.compile(r"(adj\w*\.? )?p( ?\(|$| value)", re.IGNORECASE)
SMALLEST_P = 0.001
MOST_ROWS = 150
"""Tables longer than this are named as attachments of the evidence folder, not typeset."""


class Numbers:
    """The running numbers of tables and figures, in reading order.

    ``is_paper`` tells the makers of blocks that pages are few: long tables show what decides.
    """

    def __init__(self, *, is_paper: bool = False) -> None:
        self.is_paper = is_paper
        self._tables = count(1)
        self._figures = count(1)

    def table(self) -> int:
        """Return the next number of a table."""
        return next(self._tables)

    def figure(self) -> int:
        """Return the next number of a figure."""
        return next(self._figures)


def grid(
    numbers: Numbers,
    id: str,  # noqa: A002  # the field of the record is called so
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    caption: str = "",
    widths: tuple[int, ...] = (),
    look: str = "",
    file: str = "",
    keys: Sequence[RowKey] = (),
) -> Block:
    """Return a table, or a note that names its ``file`` where it is too long for a page."""
    listed = tuple(tuple(row) for row in rows)
    if len(listed) > MOST_ROWS:
        where = f"the file {file}" if file else "the evidence folder"
        words = f"{title}: {len(listed)} rows, too many to print; they are in {where}."
        return Paragraph(text=words, look="note")
    return Grid(
        id=id,
        number=numbers.table(),
        title=title,
        caption=caption,
        columns=tuple(columns),
        rows=listed,
        widths=widths,
        look=look,
        keys=tuple(keys),
    )


def plain_table(numbers: Numbers, table: Table) -> Block:
    """Return a table of a check as it is, numbers to the right."""
    rows = [
        [_p_cell(value) if P_HEAD.match(head) else _cell(value) for head, value in pairs]
        for pairs in (zip_longest(table.columns, row, fillvalue="") for row in table.rows)
    ]
    is_wide = len(table.columns) > MOST_COLUMNS
    return grid(
        numbers,
        f"table-{table.id}",
        table.title,
        table.columns,
        rows,
        caption=table.caption,
        file=f"tables/{table.id}.json",
        look="small" if is_wide else "",
        widths=_widths(table.columns, rows) if is_wide else (),
    )


def _widths(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> tuple[int, ...]:
    """Return widths in percent, by what does not wrap in a column: numbers, and words of names.

    >>> _widths(("variable", "p"), [[Cell(text="Blood urea nitrogen"), number("< 0.001")]])
    (63, 36)
    """
    letters = [max(map(len, column.split()), default=0) for column in columns]
    for row in rows:
        letters = [max(pair) for pair in zip(letters, map(_letters, row), strict=True)]
    room = [min(max(count, NARROWEST), WIDEST) for count in letters]
    return tuple(100 * count // sum(room) for count in room)


def _letters(cell: Cell) -> int:
    whole = len(cell.text)
    if cell.look == "number":
        return whole
    return max([min(whole, OF_WORDS), *map(len, cell.text.split())])


def picture(numbers: Numbers, figure: Figure) -> Block:
    """Return a numbered figure; a flow diagram is set as boxes of text, so that it wraps."""
    if figure.kind == "flow":
        return _flow_of(figure, numbers)
    return Picture(number=numbers.figure(), figure=figure, stored=_stored(figure))


def _stored(figure: Figure) -> Stored | None:
    """Return the operating points of a figure; what does not fit is told when it is drawn."""
    try:
        return stored_points(figure)
    except (KeyError, TypeError, ValueError):
        return None


def pictures(numbers: Numbers, figures: Sequence[Figure]) -> list[Block]:
    """Return figures in their order; on paper, two small ones of a kind beside each other."""
    blocks: list[Block] = []
    for figure in figures:
        made, last = picture(numbers, figure), blocks[-1] if blocks else None
        if numbers.is_paper and isinstance(last, Picture) and _fit(last.figure, figure):
            blocks[-1] = Pair(pictures=(last, cast("Picture", made)))
        else:
            blocks.append(made)
    return blocks


def _fit(left: Figure, right: Figure) -> bool:
    return all(
        one.kind in SMALL
        or (one.kind == "dose_response" and len(items(one.content, "panels")) == 1)
        for one in (left, right)
    )


def _flow_of(figure: Figure, numbers: Numbers) -> Flow:
    rows = items(figure.content, "rows") or items(figure.content, "boxes")
    return flow_diagram(
        numbers,
        f"flow-{figure.id}",
        figure.title,
        figure.caption,
        [
            FlowRow(
                kind=str(row.get("kind", "kept")),
                reason=str(row["reason"]),
                count=int(row["count"]),
                counted=str(row.get("counted", "stays")),
            )
            for row in rows
        ],
    )


def flow_diagram(
    numbers: Numbers,
    id: str,  # noqa: A002  # the field of the record is called so
    title: str,
    caption: str,
    rows: Sequence[FlowRow],
) -> Flow:
    """Return a flow diagram: what left stands to the side, what was handled below."""
    listed = together(rows) if numbers.is_paper else rows
    boxes = {
        is_handled: tuple(
            FlowBox(
                text=row.reason,
                count=f"{count_words(row.count)} {row.counted}",
                is_side=row.kind == "excluded",
            )
            for row in listed
            if (row.kind == "handled") is is_handled
        )
        for is_handled in (False, True)
    }
    return Flow(
        id=id,
        number=numbers.figure(),
        title=title,
        caption=caption,
        boxes=boxes[False],
        handled=boxes[True],
    )


def together(rows: Sequence[FlowRow]) -> list[FlowRow]:
    """Return the rows of a flow with those of one kind that lost nothing in one row.

    >>> lost = [FlowRow(kind="excluded", reason=why, count=0, counted="stays") for why in "ab"]
    >>> [row.reason for row in together(lost)]
    ['for each of these reasons: a; b']
    """
    kept: list[FlowRow] = []
    for row in rows:
        is_none = row.count == 0 and row.kind != "kept"
        same = [one for one in kept if is_none and one.count == 0 and _sort(one) == _sort(row)]
        if same:
            place = kept.index(same[0])
            kept[place] = replace(same[0], reason=f"{same[0].reason}; {row.reason}")
        else:
            kept.append(row)
    return [_named(row) for row in kept]


def _sort(row: FlowRow) -> tuple[str, str]:
    return row.kind, row.counted


def _named(row: FlowRow) -> FlowRow:
    if row.count or row.kind == "kept" or "; " not in row.reason:
        return row
    return replace(row, reason=f"for each of these reasons: {row.reason}")


def texts(*cells: str) -> list[Cell]:
    """Return cells of plain words."""
    return [Cell(text=cell) for cell in cells]


def number(text: str) -> Cell:
    """Return a cell whose words are aligned as numbers are."""
    return Cell(text=text, look="number")


def name_cell(text: str) -> Cell:
    """Return a cell of a name; one that is short stays whole in a narrow column.

    >>> name_cell("ethnicity").look, name_cell("variable: lactate:count").look
    ('whole', '')
    """
    return Cell(text=text, look="whole" if len(text) <= OF_WORDS else "")


def code(text: str) -> Cell:
    """Return a cell of a name from a file."""
    return Cell(text=text, look="code")


def _p_cell(value: object) -> Cell:
    """Return a cell of a column of p-values, which no digits make more precise."""
    is_small = isinstance(value, float) and 0 <= value < SMALLEST_P
    return number("< 0.001") if is_small else _cell(value)


def _cell(value: object) -> Cell:
    if value is None:
        return Cell(text="–")
    if isinstance(value, bool):
        return Cell(text="yes" if value else "no")
    if isinstance(value, int):
        return number(str(value) if value < 10_000 else f"{value:,}".replace(",", "\u202f"))  # noqa: PLR2004
    if isinstance(value, float):
        return number(f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}")  # noqa: PLR2004
    words = str(value)
    is_number = words.lstrip("< ")[:1].isdigit() and len(words) < LONGEST_NUMBER
    return number(words) if is_number else Cell(text=words)


def part(mapping: Mapping[str, object], name: str) -> Mapping[str, Any]:
    """Return a part of a JSON document, empty if it is not there."""
    found = mapping.get(name)
    return found if isinstance(found, Mapping) else {}


def items(mapping: Mapping[str, object], name: str) -> list[Any]:
    """Return a list of a JSON document, empty if it is not there."""
    found = mapping.get(name)
    return list(found) if isinstance(found, list | tuple) else []


def words_of(value: object) -> str:
    """Return a JSON value as words: lists with commas, mappings as name = value.

    >>> words_of({"method": "random", "test": 0.25, "sites": ["a", "b"]})
    'method = random, test = 0.25, sites = a, b'
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {words_of(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(words_of(inner) for inner in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
