"""What a person at a terminal sees of an analysis plan: answered, and left open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from samd_validate.terminal_text import told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from samd_validate.trace.analysis_plan import PlanRow

ANSWER_LOOKS = {"answered": "green", "partly": "yellow", "open": "bold red"}


def show_answers(rows: Iterable[PlanRow]) -> None:
    """Print where a protocol answers each element of an analysis plan, and what it leaves open."""
    listed = list(rows)
    console = Console()
    table = Table(title="What a statistical analysis plan must fix")
    for head in ("element", "state", "where and what", "left open"):
        table.add_column(head, overflow="fold")
    for row in listed:
        look = ANSWER_LOOKS[row.answer.state]
        place = ": ".join(part for part in (row.where or row.answer.key, row.answer.words) if part)
        table.add_row(
            f"{row.element.id} {row.element.element}",
            f"[{look}]{row.answer.state}[/{look}]",
            told(place),
            told(row.answer.lacks),
        )
    console.print(table)
    counts = {name: sum(row.answer.state == name for row in listed) for name in ANSWER_LOOKS}
    console.print(", ".join(f"{count} {name}" for name, count in counts.items()))
