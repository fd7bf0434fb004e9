"""The command that traces: matrix, gate, and requirements as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RUNS = "Evidence folders of runs."
Words = list[str] | None


def trace(
    runs: Annotated[
        list[Path] | None, typer.Argument(metavar="RUN...", help=RUNS, show_default=False)
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for CSV, XLSX and HTML.")] = Path("trace"),
    source: Annotated[
        Words, typer.Option(help="Only rows of this source, such as ISO-14971. Repeatable.")
    ] = None,
    state: Annotated[
        Words, typer.Option(help="Only rows that are open, suspect, partial or evidence.")
    ] = None,
    kind: Annotated[
        Words,
        typer.Option(
            help="Only requirement, hazard or clause, or a kind of evidence such as calibration."
        ),
    ] = None,
    protocol: Annotated[
        list[Path] | None,
        typer.Option(help="A protocol as it stands now: what changed is suspect. Repeatable."),
    ] = None,
    gate: Annotated[
        bool, typer.Option("--gate", help="Ask the gate's rules; exit code 1 if it stays shut.")
    ] = False,
    supplied: Annotated[
        Path | None,
        typer.Option(help="Documents of the manufacturer's that answer rules of the gate (YAML)."),
    ] = None,
    export_requirements: Annotated[
        Path | None, typer.Option(help="Write requirements as CSV: of the run, or the catalogue.")
    ] = None,
    import_requirements: Annotated[
        Path | None, typer.Option(help="Read this CSV, and write it as YAML into --out.")
    ] = None,
) -> None:
    """Tie requirements, hazards and clauses to the evidence of runs; gaps come first.

    Exit codes: 0 done (with --gate: every blocking rule is kept); 1 the gate stays shut; 2 could
    not be done.
    """
    from samd_validate import tracing
    from samd_validate.terminal_trace import show_gate, show_matrix

    folders = runs or []
    if import_requirements:
        typer.echo(f"wrote {tracing.import_requirements(import_requirements, out)}")
    if export_requirements:
        tracing.export_requirements(folders, protocol or [], export_requirements)
        typer.echo(f"wrote {export_requirements}")
    if not folders and (import_requirements or export_requirements) and not gate:
        return
    tracing.need_runs(folders)
    traced = tracing.traced(folders, protocol or [])
    if gate:
        answers = tracing.gate_answers(traced, tracing.today(), supplied)
        show_gate(answers)
        raise typer.Exit(int(any(answer.blocks for answer in answers)))
    matrix = tracing.chosen(traced.matrix, source or [], state or [], kind or [])
    show_matrix(matrix, tracing.write_matrix(matrix, out))
