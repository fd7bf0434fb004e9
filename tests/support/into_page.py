"""Put a simulated table in the place of its older self: `... | python tests/support/into_page.py PAGE`.

The table is read from the standard input; the page has one with the same head.
"""

from __future__ import annotations

import sys
from pathlib import Path


def replaced(text: str, table: str) -> str:
    """Return a page with the rows of the table of the same head replaced."""
    lines, rows = text.splitlines(), table.strip().splitlines()
    first = lines.index(rows[0])
    last = next((n for n in range(first, len(lines)) if not lines[n].startswith("|")), len(lines))
    return "\n".join([*lines[:first], *rows, *lines[last:]]) + "\n"


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(replaced(page.read_text(encoding="utf-8"), sys.stdin.read()), encoding="utf-8")
