"""Reporting checklists and reviewers' tables, each item with its places in the report of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from samd_validate.core.bundle import Bundle
from samd_validate.core.checklist import Checklist, ChecklistItem, Met
from samd_validate.core.errors import Problem, did_you_mean, gather
from samd_validate.protocol.load import read_bytes, validated
from samd_validate.protocol.schema import Sentence, Shape
from samd_validate.protocol.yaml_text import YamlText, parse_yaml
from samd_validate.trace.matrix import is_fruitful
from samd_validate.trace.requirements import Requirements
from samd_validate.trace.schema import Clause, ClauseId, Word
from samd_validate.trace.spreadsheet import FAIL_PALE, OPEN_PALE, PASS_PALE

SOURCES = ("TRIPOD-AI", "CLAIM-2024", "STARD-AI")
OF_IMAGES = ("CLAIM-2024",)
PLACES_FILE, TABLES_FILE = "report_places.yaml", "reviewer_tables.yaml"
NOTE = (
    "How far this report has each item, on which page, and what it lacks. A checklist is no score: "
    "an item that is open or a gap is to be met elsewhere."
)
TABLES_NOTE = (
    "Tables that a reviewer of a performance validation looks for. The list is the project's own; "
    "the sources behind it are cited."
)
CHECKLIST_COLUMNS = (
    "item",
    "number",
    "title",
    "in the report",
    "page",
    "sections",
    "what is missing here",
    "asks for",
    "cited as",
)
CHECKLIST_LOOKS = {
    Met.GAP.value: FAIL_PALE,
    Met.OPEN.value: FAIL_PALE,
    Met.PART.value: OPEN_PALE,
    Met.SHOWN.value: PASS_PALE,
}
Place = Annotated[
    str, Field(pattern=r"^(section:[a-z-]+|lock:promise|check:[a-z_]+|requirement:REQ-[A-Z0-9-]+)$")
]


class ItemPlaces(Shape):
    """Where a report has an item; ``places`` left out are those of its kinds of evidence."""

    places: tuple[Place, ...] | None = None
    lacks: str = ""


class PlacesFile(Shape):
    """The file report_places.yaml."""

    schema_version: Literal[1]
    kinds: dict[Word, tuple[Place, ...]]
    items: dict[ClauseId, ItemPlaces]


class ReviewerTable(Shape):
    """A table that reviewers look for, the question it answers, and where a report has it."""

    id: Annotated[str, Field(pattern=r"^RV-\d{2}$")]
    table: Sentence
    columns: Sentence
    question: Sentence
    source: Sentence
    places: tuple[Place, ...]
    lacks: str = ""


class TablesFile(Shape):
    """The file reviewer_tables.yaml."""

    schema_version: Literal[1]
    tables: Annotated[tuple[ReviewerTable, ...], Field(min_length=1)]


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where reports have kinds of evidence, items of checklists, and tables of reviewers."""

    kinds: Mapping[str, tuple[str, ...]]
    items: Mapping[str, ItemPlaces]
    tables: tuple[ReviewerTable, ...]


def load_places(folder: Path, catalogue: Requirements) -> Places:
    """Read the places of the folder ``traceability/``.

    Raises
    ------
    CannotRun
        With every unknown key, kind, item and requirement, with file and line.
    """
    text, file = _read(folder / PLACES_FILE, PlacesFile)
    tables_text, tables = _read(folder / TABLES_FILE, TablesFile)
    problems = _unknown(text, "kinds", file.kinds, catalogue.evidence_kinds)
    problems += _unknown(text, "items", file.items, catalogue.clauses)
    named = [place for places in file.kinds.values() for place in places]
    named += [place for item in file.items.values() for place in item.places or ()]
    problems += _unknown_requirements(text.name, named, catalogue)
    listed = [place for table in tables.tables for place in table.places]
    problems += _unknown_requirements(tables_text.name, listed, catalogue)
    gather(problems)
    return Places(kinds=file.kinds, items=file.items, tables=tables.tables)


def _read(path: Path, shape: type[Any]) -> tuple[YamlText, Any]:
    text = parse_yaml(read_bytes(path, "a file of the folder traceability/"), path.name)
    return text, validated(shape, text)


def _unknown(
    text: YamlText, key: str, names: Iterable[str], known: Mapping[str, object]
) -> list[Problem]:
    return [_problem(text.where((key, name)), name, known) for name in names if name not in known]


def _unknown_requirements(
    where: str, places: Iterable[str], catalogue: Requirements
) -> list[Problem]:
    named = [place.split(":", 1) for place in places]
    known = catalogue.requirements
    return [
        _problem(where, name, known)
        for kind, name in named
        if kind == "requirement" and name not in known
    ]


def _problem(where: str, name: str, known: Mapping[str, object]) -> Problem:
    expected = did_you_mean(name, known)[:200]
    return Problem(where=where, found=repr(name), expected=expected, todo="correct the name")


def checklists(bundle: Bundle, catalogue: Requirements, places: Places) -> tuple[Checklist, ...]:
    """Return the reviewers' tables and every checklist, with the places of a run's report.

    A checklist that is not for this kind of data is marked as not printed; it is complete still.
    """
    gives_images = any(row.counted == "images" for cohort in bundle.cohorts for row in cohort.flow)
    tables = tuple(_table(table, bundle) for table in places.tables)
    reviewers = Checklist(
        id="reviewer-tables", title="Tables that reviewers look for", note=TABLES_NOTE, items=tables
    )
    return (
        reviewers,
        *(
            Checklist(
                id=f"checklist-{source.lower()}",
                title=catalogue.sources[source].title,
                note=NOTE,
                items=tuple(_items(source, bundle, catalogue, places)),
                is_printed=gives_images or source not in OF_IMAGES,
            )
            for source in SOURCES
        ),
    )


def _table(table: ReviewerTable, bundle: Bundle) -> ChecklistItem:
    blank = _blank(table.places, bundle)
    return ChecklistItem(
        id=table.id,
        number=table.id,
        title=table.table,
        asks=f"{table.question} ({table.columns})",
        anchors=_anchors(table.places, bundle),
        lacks="; ".join([*blank, table.lacks] if table.lacks else blank),
        is_whole=True,
        source=table.source,
    )


def _items(
    source: str, bundle: Bundle, catalogue: Requirements, places: Places
) -> Iterable[ChecklistItem]:
    for name, clause in catalogue.clauses.items():
        if catalogue.source_of[name] == source:
            yield _item(clause, bundle, catalogue, places)


def _item(clause: Clause, bundle: Bundle, catalogue: Requirements, places: Places) -> ChecklistItem:
    own = places.items.get(clause.id, ItemPlaces())
    lacks = [own.lacks] if own.lacks else []
    if own.places is None:
        by_kind = {
            kind: _anchors(places.kinds.get(kind, ()), bundle) for kind in clause.evidence_kinds
        }
        anchors = tuple(dict.fromkeys(name for found in by_kind.values() for name in found))
        blank = [kind for kind, found in by_kind.items() if not found]
        lacks += [catalogue.evidence_kinds[kind].title for kind in blank]
    else:
        anchors = _anchors(own.places, bundle)
        lacks = [*_blank(own.places, bundle), *lacks]
    if clause.manufacturer_supplies and clause.coverage != "full":
        lacks.append(clause.manufacturer_supplies)
    return ChecklistItem(
        id=clause.id,
        number=clause.clause,
        title=clause.title,
        asks=clause.says,
        anchors=anchors,
        lacks="; ".join(lacks),
        is_whole=clause.coverage == "full",
        is_manufacturers=clause.coverage == "manufacturer",
        source=catalogue.citation(clause.id).text(),
    )


def _anchors(places: Iterable[str], bundle: Bundle) -> tuple[str, ...]:
    """Return the anchors of places, each once."""
    return tuple(dict.fromkeys(name for place in places for name in _found(place, bundle)))


def _blank(places: Iterable[str], bundle: Bundle) -> list[str]:
    """Return, in words, the places at which a run left nothing."""
    return [_place_words(place) for place in places if not _found(place, bundle)]


def _place_words(place: str) -> str:
    kind, name = place.split(":", 1)
    if kind == "lock":
        return "a lock of the protocol"
    return "acceptance criteria" if kind == "section" else f"evidence ({kind} {name})"


def _found(place: str, bundle: Bundle) -> tuple[str, ...]:
    """Return the anchors of a place; a step counts if it ran and left something."""
    kind, name = place.split(":", 1)
    if kind == "lock":
        return (name,) if bundle.is_locked else ()
    if kind == "section":
        return () if name == "criteria" and not bundle.all_criteria else (name,)
    return tuple(
        f"step-{step.id}"
        for step in bundle.steps
        if (step.check == name if kind == "check" else name in step.requirements)
        and is_fruitful(step, bundle)
    )


def checklist_cells(item: ChecklistItem, pages: Mapping[str, int]) -> tuple[str, ...]:
    """Return the cells of an item, in the order of ``CHECKLIST_COLUMNS``."""
    on = sorted({pages[anchor] for anchor in item.anchors if anchor in pages})
    return (
        item.id,
        item.number,
        item.title,
        item.met.value,
        ", ".join(str(page) for page in on),
        ", ".join(item.anchors),
        item.missing_words(),
        item.asks,
        item.source,
    )
