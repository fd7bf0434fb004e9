"""Checklists as an appendix: each item with the page on which the report has it, or a gap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from samd_validate.core.checklist import Checklist, ChecklistItem, Met
from samd_validate.report.build import Numbers, grid
from samd_validate.report.tree import Block, Cell, Paragraph, Section

LOOKS = {Met.GAP: "gap", Met.OPEN: "gap", Met.PART: "part", Met.SHOWN: "shown"}
LEAD = (
    "Each item stands with the page of this report that has it, and with what the report lacks; "
    "none is left out. The same tables, with page numbers, are written beside this report."
)
ASIDE = (
    "{title}: for studies of images, and so not printed here; it is in the files beside this "
    "report."
)
COLUMNS = ("Item", "What it asks for", "In this report", "Page", "What is missing here")
WIDTHS = (19, 23, 12, 17, 29)
ID = "checklists"


def checklist_section(
    checklists: Iterable[Checklist], sections: Iterable[Section], numbers: Numbers
) -> tuple[Section, tuple[Checklist, ...]]:
    """Return the appendix, and the checklists with those places only that the report has."""
    titles = {**dict(titles_of(sections)), ID: "Checklists"}
    held = tuple(checklist.within(titles) for checklist in checklists)
    inner = tuple(_section(one, titles, numbers) for one in held if one.is_printed)
    aside = [Paragraph(text=ASIDE.format(title=one.title)) for one in held if not one.is_printed]
    blocks: tuple[Block, ...] = (Paragraph(text=LEAD), *aside)
    section = Section(
        id=ID,
        title="Checklists",
        blocks=blocks,
        sections=inner,
        breaks=True,
        is_wide=True,
    )
    return section, held


def titles_of(sections: Iterable[Section]) -> Iterator[tuple[str, str]]:
    """Return the id and the title of every section, at every depth."""
    for section in sections:
        yield section.id, section.title
        yield from titles_of(section.sections)


def _section(checklist: Checklist, titles: Mapping[str, str], numbers: Numbers) -> Section:
    rows = [_row(item, titles) for item in checklist.items]
    table = grid(
        numbers,
        f"table-{checklist.id}",
        checklist.title,
        COLUMNS,
        rows,
        widths=WIDTHS,
        look="tiny",
    )
    blocks = (Paragraph(text=checklist.note, look="note"), table)
    return Section(id=checklist.id, title=checklist.title, blocks=blocks)


def _row(item: ChecklistItem, titles: Mapping[str, str]) -> list[Cell]:
    links = tuple((anchor, titles[anchor]) for anchor in item.anchors)
    return [
        Cell(text=f"{item.number}\n{item.title}", look="first-line"),
        Cell(text=item.asks),
        Cell(text=item.met.value, look=LOOKS[item.met]),
        Cell(text="" if links else "–", links=links),
        Cell(text=item.missing_words()),
    ]
