"""Text from data as it may be shown: nothing in it moves a cursor or turns the reading."""

from __future__ import annotations

import unicodedata

SHOWN_AS = "\N{REPLACEMENT CHARACTER}"
KEPT = frozenset("\n\t")
TURNING = frozenset(
    map(chr, (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
)
"""Marks, embeddings, overrides and isolates of the bidirectional algorithm (UAX 9)."""


def visible(text: str) -> str:
    """Return text with control characters and marks of direction replaced by a visible sign.

    >>> visible("plain")
    'plain'
    >>> visible(chr(0x202E) + "abc") == SHOWN_AS + "abc"
    True
    """
    return "".join(SHOWN_AS if _is_hidden(char) else char for char in text)


def shown(value: object) -> object:
    """Return what a template puts into a page: text loses what cannot be seen in it."""
    return visible(value) if type(value) is str else value


def on_one_line(text: str) -> str:
    """Return text as one line of a terminal: of what is not printed, breaks too, there is a sign.

    >>> on_one_line("a" + chr(27) + "[2Jb" + chr(10) + "c") == f"a{SHOWN_AS}[2Jb{SHOWN_AS}c"
    True
    """
    return "".join(char if char.isprintable() else SHOWN_AS for char in text)


def _is_hidden(char: str) -> bool:
    return char in TURNING or (char not in KEPT and unicodedata.category(char) == "Cc")
