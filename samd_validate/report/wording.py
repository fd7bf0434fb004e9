"""The last look over a report before it is printed: words that its run cannot support."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from samd_validate.core.claims import claims_in
from samd_validate.report.tree import (
    Block,
    Bullets,
    Facts,
    Grid,
    Pair,
    Paragraph,
    Picture,
    Section,
    Terms,
)

OF_OTHERS = frozenset({"traceability", "checklists", "glossary"})
"""Sections that hold the words of regulations and requirements: what they demand is no claim."""
MOST_NAMED = 5
MARK = (
    "WORDS THAT THIS RUN DOES NOT SUPPORT: {named}. They came with the protocol, the data or the "
    "model, are printed as they came, and are no finding of this run."
)


def unsupported(title: str, sections: Iterable[Section]) -> tuple[str, ...]:
    """Return the mark that a title page must carry, or nothing where no text claims too much."""
    found = {f"“{claim.found}” (title)": None for claim in claims_in(title)}
    for section in sections:
        if section.id not in OF_OTHERS:
            found |= dict.fromkeys(_claims(section))
    named = list(found)
    if not named:
        return ()
    more = [f"and {len(named) - MOST_NAMED} more"] if len(named) > MOST_NAMED else []
    return (MARK.format(named=", ".join(named[:MOST_NAMED] + more)),)


def _claims(section: Section) -> Iterator[str]:
    for text in (section.title, *(words for block in section.blocks for words in _words(block))):
        for claim in claims_in(text):
            yield f"“{claim.found}” ({section.title})"
    for inner in section.sections:
        yield from _claims(inner)


def _words(block: Block) -> Iterator[str]:
    """Return the sentences of a block; what says what is not so is not among them."""
    if isinstance(block, Paragraph):
        yield block.text
    elif isinstance(block, Bullets):
        yield from block.items
    elif isinstance(block, Facts | Terms):
        yield from (words for _, words in block.rows)
    elif isinstance(block, Grid):
        yield from (block.title, block.caption)
        yield from (cell.text for row in block.rows for cell in row if cell.look != "code")
    elif isinstance(block, Picture):
        yield from (block.figure.title, block.figure.caption)
    elif isinstance(block, Pair):
        yield from (words for inner in block.pictures for words in _words(inner))
