"""What a person at a terminal sees of a matrix and of the gate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from samd_validate.core.matrix import Matrix, State, TraceRow
from samd_validate.core.visible import on_one_line
from samd_validate.terminal_text import told
from samd_validate.trace.gate.asked import FAILED, NOT_APPLICABLE, OK, OPEN, SUPPLIED
from samd_validate.trace.gate.run import RuleAnswer
from samd_validate.trace.lines import ROWS
from samd_validate.trace.matrix import NO_EVIDENCE

LOOKS = {
    State.OPEN: "bold red",
    State.SUSPECT: "magenta",
    State.PARTIAL: "yellow",
    State.EVIDENCE: "green",
}
MARKS = {OK: "green", FAILED: "bold red", OPEN: "yellow", SUPPLIED: "cyan", NOT_APPLICABLE: "dim"}
MOST_SHOWN = 12


def show_matrix(matrix: Matrix, places: Sequence[Path]) -> None:
    """Print how many rows are in each state, the largest gaps, and where the files lie."""
    console = Console()
    for head in matrix.runs:
        console.print(f"run {told(head.name)}: {told(head.signature)}", soft_wrap=True)
    console.print(_counts(matrix))
    console.print(_largest_gaps(matrix))
    console.print("No state says that a regulation is met, and there is no score.", style="dim")
    for place in places:
        console.print(f"wrote {told(place)}", soft_wrap=True)


def _counts(matrix: Matrix) -> Table:
    table = Table(title="Rows by state")
    table.add_column("row")
    for state in State:
        table.add_column(state.value, justify="right", style=LOOKS[state])
    for kind in ROWS:
        rows = [row for row in matrix.rows if row.kind == kind]
        counts = [sum(row.state is state for row in rows) for state in State]
        table.add_row(kind, *(str(count) for count in counts))
    return table


def _largest_gaps(matrix: Matrix) -> Table:
    rows = [row for row in matrix.requirements + matrix.hazards if row.state is not State.EVIDENCE]
    table = Table(title="Requirements and hazards, with the largest gaps first")
    for head in ("id", "state", "verdict", "first gap"):
        table.add_column(head)
    for row in rows[:MOST_SHOWN]:
        gaps = [gap for gap in row.gaps if gap != NO_EVIDENCE] or list(row.gaps)
        table.add_row(row.id, _state(row), row.verdict, told(gaps[0] if gaps else ""))
    if len(rows) > MOST_SHOWN:
        table.caption = f"and {len(rows) - MOST_SHOWN} more; all of them are in the files"
    return table


def _state(row: TraceRow) -> str:
    return f"[{LOOKS[row.state]}]{row.state.value.split(' - ')[0]}[/]"


def show_gate(answers: Iterable[RuleAnswer]) -> None:
    """Print the numbered list of rules for each run, and whether the gate opens."""
    console = Console()
    listed = tuple(answers)
    for run in dict.fromkeys(answer.run for answer in listed):
        console.print(f"gate of {told(run)}", style="bold", soft_wrap=True)
        own = [answer for answer in listed if answer.run == run]
        for number, one in enumerate(own, start=1):
            _show_rule(console, number, one)
    shut = [f"{one.rule.id}" for one in listed if one.blocks]
    if shut:
        console.print(f"the gate stays shut: {len(shut)} blocking rules are not kept", style="red")
    else:
        console.print("the gate opens: every blocking rule is kept", style="green")


def _show_rule(console: Console, number: int, one: RuleAnswer) -> None:
    status = one.answer.status
    weight = "" if one.rule.severity == "block" else " (a warning)"
    console.print(
        f"{number:2d}. {one.rule.id} [{MARKS[status]}]{status}[/]{weight} ",
        end="",
        soft_wrap=True,
        highlight=False,
    )
    console.print(on_one_line(one.answer.why), markup=False, highlight=False, soft_wrap=True)
    if status != OK:
        console.print(f"    rule: {one.rule.rule}", markup=False, highlight=False, style="dim")
