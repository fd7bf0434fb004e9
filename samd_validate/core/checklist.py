"""A reporting checklist against a report: where each item is met, or what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class Met(StrEnum):
    """How far a report has an item; none of these is a score."""

    GAP = "gap"
    OPEN = "open - manufacturer supplies"
    PART = "in part"
    SHOWN = "in the report"


@dataclass(frozen=True, kw_only=True)
class ChecklistItem:
    """An item with the anchors of the report at which it is met, and what it lacks.

    ``is_whole`` says whether a report can have all of it, ``is_manufacturers`` whether only the
    manufacturer can; ``source`` is cited as it is printed.
    """

    id: str
    number: str
    title: str
    asks: str
    anchors: tuple[str, ...]
    lacks: str
    is_whole: bool
    is_manufacturers: bool = False
    source: str = ""

    @property
    def met(self) -> Met:
        """Return how far a report that has these anchors has the item."""
        if self.is_manufacturers:
            return Met.OPEN
        if not self.anchors:
            return Met.GAP
        return Met.SHOWN if self.is_whole and not self.lacks else Met.PART

    def missing_words(self) -> str:
        """Return what a report lacks of the item; a gap is told as one."""
        if self.met is Met.GAP:
            return f"not in this report: {self.lacks}" if self.lacks else "not in this report"
        return self.lacks or "nothing"


@dataclass(frozen=True, kw_only=True)
class Checklist:
    """A checklist by its name, with every item of it; ``note`` says what a reader must know."""

    id: str
    title: str
    note: str
    items: tuple[ChecklistItem, ...]
    is_printed: bool = True

    def within(self, anchors: Mapping[str, str]) -> Checklist:
        """Return the checklist with those anchors only that a report has."""
        items = tuple(
            replace(item, anchors=tuple(name for name in item.anchors if name in anchors))
            for item in self.items
        )
        return replace(self, items=items)
