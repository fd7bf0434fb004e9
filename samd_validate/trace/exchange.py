"""Requirements as a CSV table and back: nothing is lost on the way, every bad row is told."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml
from pydantic import ValidationError

from samd_validate.core.errors import CannotRun, Problem, did_you_mean, gather
from samd_validate.trace.inert import original
from samd_validate.trace.requirements import Requirements, dead_links, doubled
from samd_validate.trace.schema import Requirement
from samd_validate.trace.write import csv_bytes

LISTS = ("evidence_kinds", "records", "clauses", "hazards")
COLUMNS = tuple(Requirement.model_fields)
YES_NO: Mapping[str, bool] = {"yes": True, "no": False}
LONGEST_CELL = 5_000_000
MOST_COLUMNS = 200
HEAD = """\
# What the device must show, each with the evidence, clauses and hazards behind it.
"""


def requirements_csv(items: Iterable[Requirement]) -> bytes:
    """Return requirements as CSV: a row each, lists with semicolons, ``measured`` yes or no."""
    return csv_bytes(COLUMNS, [[_cell(getattr(item, key)) for key in COLUMNS] for item in items])


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(value) if isinstance(value, tuple) else str(value)


def requirements_from_csv(
    content: bytes, name: str, catalogue: Requirements
) -> tuple[Requirement, ...]:
    """Return the requirements of a CSV file called ``name``.

    Raises
    ------
    CannotRun
        With every bad row and cell at once: the line, the column, and what belongs there.
    """
    rows = _rows(content, name)
    problems: list[Problem] = []
    found = [_requirement(row, f"{name}:{line}", problems) for line, row in rows]
    kept = [item for item in found if item is not None]
    known = {item.id for item in kept}
    seen: set[str] = set()
    for (line, _), item in zip(rows, found, strict=True):
        if item is None:
            continue
        where = f"{name}:{line}"
        problems += [doubled(where, item.id)] if item.id in seen else []
        seen.add(item.id)
        problems += dead_links(where, item.clauses, catalogue.clauses)
        problems += dead_links(where, item.evidence_kinds, catalogue.evidence_kinds)
    gather(problems)
    if not known:
        raise CannotRun(_bad(name, "no requirement", "a row for each requirement"))
    return tuple(kept)


def _rows(content: bytes, name: str) -> list[tuple[int, dict[str, str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CannotRun(_bad(name, "bytes that are not UTF-8", "a CSV file in UTF-8")) from None
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        numbered = [(reader.line_num, cells) for cells in reader if any(cells)]
    except csv.Error as error:
        where = f"{name}:{reader.line_num}"
        raise CannotRun(_bad(where, f"no CSV ({error})", "a CSV file with commas")) from None
    head = numbered[0][1] if numbered else []
    _check_head(head, name)
    wrong = [
        _bad(f"{name}:{line}", f"{len(cells)} cells", f"{len(head)}, as in the first line")
        for line, cells in numbered[1:]
        if len(cells) != len(head)
    ]
    gather(wrong)
    return [
        (line, {key: original(cell) for key, cell in zip(head, cells, strict=True)})
        for line, cells in numbered[1:]
    ]


def _check_head(head: Sequence[str], name: str) -> None:
    if len(head) > MOST_COLUMNS:
        found = f"{len(head)} columns"
        raise CannotRun(_bad(f"{name}:1", found, f"the columns {', '.join(COLUMNS)}"))
    needed = [key for key, field in Requirement.model_fields.items() if field.is_required()]
    problems = [
        _bad(f"{name}:1", f"no column {key!r}", f"the columns {', '.join(COLUMNS)}")
        for key in needed
        if key not in head
    ]
    problems += [
        _bad(f"{name}:1", f"the column {key!r}", did_you_mean(key, COLUMNS))
        for key in head
        if key not in COLUMNS
    ]
    twice = sorted({key for key in head if head.count(key) > 1})
    problems += [_bad(f"{name}:1", f"the column {key!r} twice", "each once") for key in twice]
    gather(problems)


def _requirement(row: dict[str, str], where: str, problems: list[Problem]) -> Requirement | None:
    content: dict[str, Any] = dict(row)
    for key in LISTS:
        if key in content:
            content[key] = [word for word in (w.strip() for w in row[key].split(";")) if word]
    content["measured"] = YES_NO.get(row["measured"].strip().lower())
    try:
        return Requirement.model_validate(content)
    except ValidationError as error:
        problems.extend(
            _bad(where, f"the column {item['loc'][0]!s}: {_shown(row, item)}", _wanted(item))
            for item in error.errors(include_url=False)
        )
        return None


def _shown(row: dict[str, str], item: Any) -> str:
    cell = row.get(str(item["loc"][0]), "")
    return repr(cell if len(cell) <= 60 else cell[:57] + "...")  # noqa: PLR2004


def _wanted(item: Any) -> str:
    return "yes or no" if item["loc"][0] == "measured" else str(item["msg"])


def _bad(where: str, found: str, expected: str) -> Problem:
    return Problem(where=where, found=found, expected=expected, todo="correct the file")


def requirements_yaml(items: Iterable[Requirement]) -> bytes:
    """Return requirements as the YAML file that a protocol can name."""
    content = {
        "schema_version": 1,
        "requirements": [
            {key: value for key, value in item.model_dump(mode="json").items() if value != []}
            for item in items
        ],
    }
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    return (HEAD + text).encode()
