"""What a report is made of: sections of paragraphs, tables, figures and strips, frozen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from samd_validate.core.checklist import Checklist
from samd_validate.core.finding import Figure


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """Words; ``look`` is ``""``, ``lead``, ``note``, ``method`` or ``warning``."""

    text: str
    look: str = ""
    kind: ClassVar[str] = "paragraph"


@dataclass(frozen=True, kw_only=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]
    kind: ClassVar[str] = "bullets"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Pairs of a name and what it is."""

    rows: tuple[tuple[str, str], ...]
    kind: ClassVar[str] = "facts"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell of a table; ``look`` is ``""``, ``number``, ``code``, ``gap`` or an outcome.

    ``links`` are anchors of this report with their titles; on paper they become pages. ``span`` is
    how many columns it takes.
    """

    text: str
    look: str = ""
    links: tuple[tuple[str, str], ...] = ()
    span: int = 1


@dataclass(frozen=True, kw_only=True)
class RowKey:
    """By what a reader on the screen can filter a row; empty for what it does not have.

    ``subsets`` are the groups of patients that it is of, in words; ``outcome`` is in words too.
    """

    subsets: tuple[str, ...] = ()
    outcome: str = ""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A numbered table; ``widths`` are percentages of its width, empty for automatic.

    ``keys`` has an entry for each row, or none at all.
    """

    id: str
    number: int
    title: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[int, ...] = ()
    look: str = ""
    keys: tuple[RowKey, ...] = ()
    kind: ClassVar[str] = "grid"

    @property
    def heads(self) -> tuple[tuple[str, bool], ...]:
        """Return each head, and whether it stands over numbers and is aligned as they are."""
        whole = [row for row in self.rows if len(row) == len(self.columns)]
        return tuple(
            (name, any(row[place].look == "number" for row in whole))
            for place, name in enumerate(self.columns)
        )


@dataclass(frozen=True, kw_only=True)
class StoredRow:
    """The words of one operating point; ``is_chosen`` marks that of the protocol."""

    cells: tuple[str, ...]
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Operating points behind a figure: for the screen only, paper has the figure."""

    columns: tuple[str, ...]
    rows: tuple[StoredRow, ...]


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A numbered figure, drawn when the document is rendered."""

    number: int
    figure: Figure
    stored: Stored | None = None
    kind: ClassVar[str] = "picture"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two small figures beside each other on paper."""

    pictures: tuple[Picture, Picture]
    kind: ClassVar[str] = "pair"


@dataclass(frozen=True, kw_only=True)
class Strip:
    """An interval against its limits on one axis, for a small picture in a table."""

    value: float
    low: float
    high: float
    at_least: float | None
    at_most: float | None
    alt: str


@dataclass(frozen=True, kw_only=True)
class VerdictRow:
    """A criterion in a reader's words, what was measured, and how it came out."""

    criterion: str
    question: str
    estimate: str
    counts: str
    limit: str
    outcome: str
    outcome_words: str
    because: str
    strip: Strip | None
    subsets: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class VerdictTable:
    """The verdicts of a run, each with its strip."""

    number: int
    title: str
    caption: str
    rows: tuple[VerdictRow, ...]
    id: str = "verdicts"
    kind: ClassVar[str] = "verdicts"


@dataclass(frozen=True, kw_only=True)
class FlowBox:
    """A box of a flow diagram; ``side`` boxes leave the main line."""

    text: str
    count: str
    is_side: bool


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A numbered flow diagram of a cohort, with what was handled on the way."""

    id: str
    number: int
    title: str
    caption: str
    boxes: tuple[FlowBox, ...]
    handled: tuple[FlowBox, ...]
    kind: ClassVar[str] = "flow"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """A glossary."""

    rows: tuple[tuple[str, str], ...]
    kind: ClassVar[str] = "terms"


Block: TypeAlias = Paragraph | Bullets | Facts | Grid | Picture | Pair | VerdictTable | Flow | Terms


@dataclass(frozen=True, kw_only=True)
class Section:
    """A headed part; ``breaks`` starts it on a new page, ``is_wide`` turns the page."""

    id: str
    title: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()
    breaks: bool = False
    is_wide: bool = False


@dataclass(frozen=True, kw_only=True)
class Document:
    """A report: what stands on the title page and in running heads, and its sections."""

    title: str
    subtitle: str
    version: str
    headline: str
    headline_look: str
    banners: tuple[str, ...]
    marks: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    protocol_digest: str
    software_version: str
    sections: tuple[Section, ...]
    authors: tuple[str, ...] = ()
    is_recomputable: bool = True
    checklists: tuple[Checklist, ...] = ()
    lang: str = "en"

    def listed(self, kinds: tuple[str, ...]) -> tuple[Block, ...]:
        """Return the blocks of some kinds in reading order, for lists of figures and tables."""
        found: list[Block] = []
        for section in self.sections:
            found += _blocks(section, kinds)
        return tuple(found)


def _blocks(section: Section, kinds: tuple[str, ...]) -> list[Block]:
    found = [block for block in _flat(section.blocks) if block.kind in kinds]
    for inner in section.sections:
        found += _blocks(inner, kinds)
    return found


def _flat(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield from block.pictures if isinstance(block, Pair) else (block,)
