"""One line of a verification: ok, failed, or not possible and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "failed", "not possible"]
MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing that was tested; ``words`` say what was seen, ``files`` where it failed."""

    name: str
    status: Status
    words: str
    files: tuple[str, ...] = ()

    @property
    def is_failed(self) -> bool:
        """Return whether what was tested does not hold."""
        return self.status == "failed"

    def plain(self, number: int) -> dict[str, object]:
        """Return the item as plain JSON under its number."""
        return {
            "number": number,
            "item": self.name,
            "status": self.status,
            "words": self.words,
            "files": list(self.files),
        }


def ok(name: str, words: str) -> Item:
    """Return an item that holds."""
    return Item(name=name, status="ok", words=words)


def failed(name: str, words: str, files: Iterable[str]) -> Item:
    """Return an item that does not hold, with the files at fault."""
    return Item(name=name, status="failed", words=words, files=tuple(files))


def not_possible(name: str, why: str) -> Item:
    """Return an item that cannot be tested from what is here."""
    return Item(name=name, status="not possible", words=why)


def held(name: str, faults: Sequence[str], words: str, files: Iterable[str]) -> Item:
    """Return an item that holds if there is no fault."""
    return failed(name, named(faults), files) if faults else ok(name, words)


def named(words: Sequence[str]) -> str:
    """Return the first few of many, and how many more there are.

    >>> named(["a", "b"])
    'a, b'
    """
    more = f" and {len(words) - MOST_NAMED} more" if len(words) > MOST_NAMED else ""
    return ", ".join(words[:MOST_NAMED]) + more
