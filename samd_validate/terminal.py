"""What a person at a terminal sees: live progress, the verdict table, lists of tests."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from samd_validate.core.estimate import Measurement
from samd_validate.core.verdict import Outcome
from samd_validate.core.visible import on_one_line
from samd_validate.report.measured import measurement_words
from samd_validate.terminal_text import told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from samd_validate.core.bundle import Bundle
    from samd_validate.evidence.verification.item import Item
    from samd_validate.pipeline import Run
    from samd_validate.plan import Plan

LOOKS = {
    Outcome.PASS: "green",
    Outcome.FAIL: "bold red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.NOT_ASSESSED: "magenta",
}


class LiveProgress:
    """A bar per thing being done; call it with what and the share done."""

    def __init__(self) -> None:
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._tasks: dict[str, object] = {}

    def __enter__(self) -> LiveProgress:
        """Show the bars."""
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the bars where they are."""
        self._bars.stop()

    def __call__(self, what: str, share: float) -> None:
        """Note that a share of something is done; steps of one stage share a bar."""
        stage = what.split(":", maxsplit=1)[0]
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(what, total=1.0)
        self._bars.update(self._tasks[stage], description=what, completed=share)  # type: ignore[arg-type]


def show_run(done: Run) -> None:
    """Print the verdict table and where everything lies."""
    console = Console()
    console.print(verdict_table(done.bundle))
    if done.bundle.is_simulated:
        console.print("SIMULATED DATA - NOT CLINICAL EVIDENCE", style="bold red")
    if not done.bundle.is_locked:
        console.print(f"EXPLORATORY: {told(done.bundle.lock.get('why'))}", style="bold red")
    if done.bundle.looks is not None and done.bundle.looks.why:
        console.print(f"ledger not available: {told(done.bundle.looks.why)}", style="bold red")
    console.print(f"report (PDF):    {told(done.reports['pdf'])}", soft_wrap=True)
    console.print(f"report (HTML):   {told(done.reports['html'])}", soft_wrap=True)
    console.print(f"traceability:    {told(done.reports['matrix'])}", soft_wrap=True)
    console.print(f"tables:          {told(done.reports['tables'])}", soft_wrap=True)
    console.print(f"checklists:      {told(done.reports['checklists'])}", soft_wrap=True)
    console.print(f"evidence folder: {told(done.evidence)}", soft_wrap=True)


def verdict_table(bundle: Bundle) -> Table:
    """Return the criteria with their findings, bounds and outcomes."""
    table = Table(title=f"Verdicts: {told(bundle.protocol['title'])}")
    for head in ("criterion", "finding", "estimate", "bound", "verdict"):
        table.add_column(head)
    measured: dict[str, Measurement] = {f.key: f.measurement for f in bundle.all_findings}
    for criterion, verdict in zip(bundle.all_criteria, bundle.all_verdicts, strict=True):
        measurement = measured.get(criterion.finding)
        words = "no finding" if measurement is None else measurement_words(measurement)
        look = LOOKS[verdict.outcome]
        table.add_row(
            told(criterion.id),
            told(criterion.finding.removesuffix("/device").removesuffix("/all")),
            told(words),
            criterion.bound_text(),
            f"[{look}]{verdict.outcome.value}[/{look}]",
        )
    if not bundle.all_criteria:
        table.caption = "no criteria were promised, so nothing is passed"
    return table


def show_plan(plan: Plan) -> None:
    """Print what a run of a plan would do."""
    console = Console()
    protocol = plan.protocol
    console.print(told(f"{protocol.id} {protocol.version}: {protocol.title}"), style="bold")
    console.print(f"digest {plan.loaded.digest}", soft_wrap=True)
    table = Table(title="A run would")
    table.add_column("stage")
    table.add_column("what")
    for read in plan.reads:
        source = f" from {read.dataset.source}" if read.dataset.source else ""
        words = f"{read.dataset.id} ({read.dataset.role}) by {read.reader.name}{source}"
        table.add_row("read", told(words))
    for model in plan.models:
        table.add_row("train", told(f"{model.recipe.name}: {model.recipe.title}"))
    if not plan.models:
        table.add_row("take", "the predictions that come with the data sets")
    for check in plan.checks:
        table.add_row("check", told(f"{check.step}: {check.check.doc.splitlines()[0]}"))
    for criterion in protocol.criteria:
        table.add_row("judge", told(f"{criterion.id}: {criterion.finding.key}"))
    console.print(table)
    console.print("the protocol can be run; no data were looked at", style="green")


def show_metrics(records: list[dict[str, Any]], json_file: str | None) -> None:
    """Print records as a table for each subset, or write them as JSON (``-``: to the terminal)."""
    if json_file is not None:
        _write_json(records, json_file)
        return
    console = Console()
    for subset in dict.fromkeys(record["subset"] for record in records):
        _show_subset(console, [record for record in records if record["subset"] == subset])


def _show_subset(console: Console, records: list[dict[str, Any]]) -> None:
    """Print what was measured of one subset, methods as footnotes, and what was not and why."""
    measured = [record for record in records if "reason" not in record]
    methods = list(dict.fromkeys(record["method"] for record in measured))
    first = records[0]
    table = Table(
        title=told(f"{first['subset']}: {first['n']} rows, {first['n_events']} events"),
        title_justify="left",
    )
    table.add_column("measure", no_wrap=True)
    for head in ("value", "low", "high", "p"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("method", no_wrap=True)
    for record in measured:
        numbers = [f"{record[name]:.4f}" for name in ("value", "low", "high")]
        p_value = f"{record['p_value']:.2g}" if "p_value" in record else ""
        mark = chr(ord("a") + methods.index(record["method"]))
        table.add_row(record["measure"], *numbers, p_value, mark)
    if measured:
        console.print(table)
        console.print(f"{100 * measured[0]['level']:g}% intervals", highlight=False)
    for number, method in enumerate(methods):
        console.print(f"  {chr(ord('a') + number)}  {method}", highlight=False)
    _show_words(console, measured, "note", "note")
    _show_words(console, records, "reason", "not estimable")


def _show_words(console: Console, records: list[dict[str, Any]], key: str, head: str) -> None:
    """Print each distinct text once, with the measures that it is of."""
    for words in dict.fromkeys(record[key] for record in records if record.get(key)):
        names = ", ".join(record["measure"] for record in records if record.get(key) == words)
        console.print(f"{head}: {words} ({names})", markup=False, highlight=False)


MARKS = {
    "ok": "[green]ok          [/green]",
    "failed": "[bold red]FAILED      [/bold red]",
    "not possible": "[yellow]not possible[/yellow]",
}


def show_items(items: Sequence[Item], json_file: str | None) -> None:
    """Print the numbered list of a verification, or write it as JSON."""
    if json_file is not None:
        listed = [item.plain(number) for number, item in enumerate(items, start=1)]
        _write_json({"schema_version": 1, "items": listed}, json_file)
    if json_file == "-":
        return
    console = Console()
    for number, item in enumerate(items, start=1):
        console.print(f"{number:2d}. {MARKS[item.status]} ", end="", soft_wrap=True)
        words = on_one_line(f"{item.name}: {item.words}")
        console.print(words, markup=False, highlight=False, soft_wrap=True)
    counts = [f"{sum(item.status == one for item in items)} {one}" for one in MARKS]
    console.print(", ".join(counts), highlight=False)


def _write_json(content: object, json_file: str) -> None:
    text = json.dumps(content, indent=1, allow_nan=False)
    if json_file == "-":
        sys.stdout.write(text + "\n")
    else:
        Path(json_file).write_text(text + "\n", encoding="utf-8")


def show_sizes(plan: dict[str, Any], json_file: str | None) -> None:
    """Print the sizes that criteria need as a table, or write them as JSON (``-``: terminal)."""
    if json_file is not None:
        _write_json(plan, json_file)
        return
    console = Console()
    sized = [record for record in plan["criteria"] if "n" in record]
    if sized:
        title = (
            f"Patients needed for power {plan['assumptions']['power']:g}: {told(plan['protocol'])}"
        )
        console.print(_sizes_table(title, sized))
    for words in _size_notes(plan):
        console.print(words, markup=False, highlight=False)


def _sizes_table(title: str, records: list[dict[str, Any]]) -> Table:
    table = Table(title=title)
    table.add_column("criterion, its promise, and the value expected", overflow="fold")
    for head in ("patients", "events", "in all"):
        table.add_column(head, justify="right")
    table.add_column("protocol\nexpects", min_width=14)
    for record in records:
        total, star = record["n_population"], "*" if record["is_few"] else ""
        table.add_row(
            _promise_words(record),
            f"{record['n']:,}",
            f"{record['n_events']:,}{star}",
            "not told" if total is None else f"{total:,}",
            _expectation_words(record),
        )
    return table


def _promise_words(record: dict[str, Any]) -> str:
    signs = (("\u2265", record["at_least"]), ("\u2264", record["at_most"]))
    bounds = ", ".join(f"{sign} {bound:g}" for sign, bound in signs if bound is not None)
    where = " and ".join(record["populations"])
    if record["subset"] != "all":
        where = f"{where}, {record['subset']}"
    promise = f"{bounds}, if it is {record['expected']:.4g}"
    return "\n  ".join(map(told, (record["criterion"], record["measure"], promise, where)))


def _expectation_words(record: dict[str, Any]) -> str:
    if record["expected_units"] is None:
        return "not told"
    found = f"{record['expected_units']:,}\n{record['expected_events']:,} events"
    if record["is_expected_enough"] is None:
        return found
    look, word = ("green", "enough") if record["is_expected_enough"] else ("bold red", "too few")
    return f"[{look}]{word}:[/{look}] {found}"


def _size_notes(plan: dict[str, Any]) -> Iterator[str]:
    if not plan["criteria"]:
        yield "no criteria are promised, so there is nothing to size"
    for record in plan["criteria"]:
        todo = ", ".join(record["to_add"])
        if "reason" in record:
            words = f"add {todo}" if todo else record["reason"]
            yield f"no size for {record['criterion']} ({record['where']}): {words}"
        elif todo:
            yield f"no number in all for {record['criterion']} ({record['where']}): add {todo}"
    if any(record.get("is_few") for record in plan["criteria"]):
        yield "* so few events or non-events that the formula, which is for many, is a rough guide"
    for population, most in plan["largest"].items():
        yield f"{population}: {most['n']:,} patients, for criterion {most['criterion']}"
    yield f"assumed: {_assumed_words(plan['assumptions'])}"
    if "origin" in plan["assumptions"]:
        yield f"from: {plan['assumptions']['origin']}"


def _assumed_words(assumptions: dict[str, Any]) -> str:
    parts = []
    for name, value in assumptions.items():
        if name.endswith("_from") or name in ("groups", "origin"):
            continue
        source = assumptions.get(f"{name}_from", "protocol")
        origin = "" if source == "protocol" else f" ({source})"
        parts.append(f"{name.replace('_', ' ')} {_number_words(value)}{origin}")
    return ", ".join(parts)


def _number_words(value: object) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in value.items()) + ")"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
