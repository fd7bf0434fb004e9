"""Which structures of a mask object are wanted, and which label each becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from samd_validate.readers.images.pixels import Unreadable

Structures: TypeAlias = Mapping[str, int]
"""Name or number of a structure in its object, and the label it becomes."""
HIGHEST = 65535


def chosen(names: Mapping[int, str], structures: Structures | None, what: str) -> dict[int, int]:
    """Return the label of each wanted structure by its number in the object.

    Without a choice every structure keeps its number.

    Raises
    ------
    Unreadable
        If the object has none of a wanted name or number, or two of a name.

    >>> chosen({1: "Lung", 2: "Heart"}, {"heart": 7}, "a SEG")
    {2: 7}
    """
    if structures is None:
        if names and not 1 <= min(names) <= max(names) <= HIGHEST:
            raise Unreadable(f"{what} with a structure of a number that is no label")
        return {number: number for number in sorted(names)}
    labels = {}
    for key, label in structures.items():
        matching = [number for number, name in names.items() if _is_named(key, number, name)]
        if len(matching) != 1:
            words = "without" if not matching else "with several of"
            known = ", ".join(map(str, sorted(names))) or "none"
            raise Unreadable(f"{what} {words} the structure {key!r}; it has the numbers {known}")
        labels[matching[0]] = label
    return labels


def _is_named(key: str, number: int, name: str) -> bool:
    return key == str(number) or key.strip().casefold() == name.casefold()
