"""All that was measured as plain tables: findings, and each table of checks and cards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from samd_validate.core.bundle import Bundle
from samd_validate.core.estimate import Estimate
from samd_validate.core.finding import Finding, Table
from samd_validate.report.build import items, part

FINDINGS = (
    "check",
    "measure",
    "population",
    "subset",
    "model",
    "value",
    "low",
    "high",
    "level",
    "unit",
    "n",
    "events",
    "undefined",
    "method",
    "resamples",
    "p value",
    "note",
    "not estimable",
    "read by",
    "verdict",
)
INDEX = ("sheet", "table", "rows", "caption")
FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
MOST_LETTERS = 31
"""Letters that the name of a sheet may have."""


def plain_tables(bundle: Bundle) -> tuple[Table, ...]:
    """Return a table of contents, all findings, and every table of the run, none shortened.

    Each is named as its sheet is; ``texts_of`` gives its rows as text.
    """
    listed = [_findings(bundle)]
    for name, title, caption, columns, rows in (*_of_checks(bundle), *_of_cards(bundle)):
        listed.append(
            Table(
                id=_sheet_name(len(listed), name),
                title=title,
                caption=caption,
                columns=columns,
                rows=tuple(map(tuple, rows)),
            )
        )
    index = tuple((one.id, one.title, str(len(one.rows)), one.caption) for one in listed)
    head = Table(id="contents", title="Contents", caption="", columns=INDEX, rows=index)
    return head, *listed


def texts_of(table: Table) -> list[tuple[str, ...]]:
    """Return the rows of a table as text, what is missing as none."""
    return [tuple(_text(value) for value in row) for row in table.rows]


def _sheet_name(place: int, name: str) -> str:
    """Return a name of a sheet that no other has.

    >>> _sheet_name(3, "what/was:measured-in-the-test-part-of-it")
    '03 what was measured-in-the-tes'
    """
    return f"{place:02d} {FORBIDDEN.sub(' ', name)}"[:MOST_LETTERS]


def _findings(bundle: Bundle) -> Table:
    read: dict[str, list[str]] = {}
    for criterion in bundle.all_criteria:
        read.setdefault(criterion.finding, []).append(criterion.id)
    outcomes = {one.criterion: one.outcome.value for one in bundle.all_verdicts}
    return Table(
        id="findings",
        title="Every measured quantity of the run",
        caption="Numbers as they are in findings.json, not rounded.",
        columns=FINDINGS,
        rows=tuple(_row(one, read.get(one.key, []), outcomes) for one in bundle.all_findings),
    )


def _row(finding: Finding, read: Sequence[str], outcomes: Mapping[str, str]) -> tuple[str, ...]:
    where = (finding.check, finding.measure, finding.population, finding.subset, finding.model)
    verdicts = [outcomes.get(name, "") for name in read]
    return (*where, *_measured(finding), ", ".join(read), ", ".join(verdicts))


def _measured(finding: Finding) -> tuple[str, ...]:
    one = finding.measurement
    counts = (_text(one.n), _text(one.n_events))
    if not isinstance(one, Estimate):
        return ("", "", "", "", "", *counts, "", "", "", "", "", one.reason)
    numbers = [_text(value) for value in (one.value, one.low, one.high, one.level)]
    how = (_text(one.n_undefined), one.method, _text(one.n_resamples), _text(one.p_value))
    return (*numbers, one.unit, *counts, *how, one.note, "")


def _text(value: object) -> str:
    return "" if value is None else str(value)


Raw = tuple[str, str, str, tuple[str, ...], Sequence[Sequence[object]]]


def _of_checks(bundle: Bundle) -> Iterator[Raw]:
    for table in bundle.tables:
        yield table.id, table.title, table.caption, table.columns, table.rows


def _of_cards(bundle: Bundle) -> Iterator[Raw]:
    for card in (bundle.model, *bundle.comparators):
        for table in items(part(card, "training"), "tables"):
            columns = tuple(str(head) for head in table["columns"])
            caption = str(table.get("caption", ""))
            yield (
                str(card.get("name", "device")),
                str(table["title"]),
                caption,
                columns,
                table["rows"],
            )
