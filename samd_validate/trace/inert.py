"""Cells that a spreadsheet must not take for a formula, and back."""

from __future__ import annotations

STARTS = ("=", "+", "-", "@", "\t", "\r", "'")


def inert(cell: str) -> str:
    """Return a cell with an apostrophe before it where a spreadsheet would calculate.

    >>> inert("=1+1"), inert("plain")
    ("'=1+1", 'plain')
    """
    return f"'{cell}" if cell.startswith(STARTS) else cell


def original(cell: str) -> str:
    """Return what :func:`inert` was given.

    >>> original(inert("'=1"))
    "'=1"
    """
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(STARTS) else cell
