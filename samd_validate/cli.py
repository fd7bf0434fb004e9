"""The edge: arguments, progress, exit codes; nothing else prints."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from samd_validate import __version__
from samd_validate.cli_evidence import sign, verify
from samd_validate.cli_promise import Ledger, amend, identities, lock
from samd_validate.cli_trace import trace

if TYPE_CHECKING:
    from samd_validate.core.errors import Problem
    from samd_validate.pipeline import Run
    from samd_validate.terminal import LiveProgress

PASSED, NOT_PASSED, COULD_NOT_RUN = 0, 1, 2
INTERRUPTED = 130

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Validate clinical AI models and leave evidence that an auditor can trust.\n\n"
    "Exit codes: 0 ran and all criteria pass; 1 ran, not all pass; 2 could not run.",
)

app.command()(lock)
app.command()(amend)
app.command()(trace)
app.command()(sign)
app.command()(verify)
app.add_typer(identities, name="identity")

ProtocolFile = Annotated[Path, typer.Argument(help="The protocol (YAML).", show_default=False)]
Datasets = Annotated[
    list[str] | None,
    typer.Option("--dataset", help="Where a data set lies: NAME=PATH. Repeatable."),
]


@app.command()
def run(
    protocol: ProtocolFile,
    dataset: Datasets = None,
    out: Annotated[Path, typer.Option(help="Folder for evidence and reports.")] = Path("runs"),
    ledger: Ledger = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was interrupted.")
    ] = False,
    without_predictions: Annotated[
        bool, typer.Option("--without-predictions", help="Leave out the scores of each case.")
    ] = False,
) -> None:
    """Carry out a protocol: train or take predictions, check, judge, report."""
    from samd_validate.pipeline import run as run_pipeline
    from samd_validate.protocol.places import dataset_places
    from samd_validate.record import Options

    with _progress() as progress:
        options = Options(
            ledger=ledger, is_resumed=resume, keeps_predictions=not without_predictions
        )
        done = run_pipeline(protocol, dataset_places(dataset or [], Path()), out, progress, options)
    _show(done)
    raise typer.Exit(_verdict_code(done))


@app.command()
def check(protocol: ProtocolFile) -> None:
    """Say what a run would do and what the protocol leaves open, without looking at data."""
    from samd_validate.pipeline import planned, planned_answers
    from samd_validate.terminal import show_plan
    from samd_validate.terminal_plan import show_answers

    plan = planned(protocol)
    show_answers(planned_answers(protocol, plan))
    show_plan(plan)


@app.command()
def report(
    evidence: Annotated[Path, typer.Argument(help="The evidence folder of a run.")],
    out: Annotated[Path, typer.Option(help="Folder for the reports.")] = Path("reports"),
    paper: Annotated[
        Literal["a4", "letter"], typer.Option(help="Size of the pages of the PDF.")
    ] = "a4",
) -> None:
    """Make the reports of a run anew from its evidence alone."""
    from samd_validate.pipeline import remade

    with _progress() as progress:
        progress("writing the report", 0.0)
        done = remade(evidence, out, paper)
    _show(done)


@app.command()
def init(
    protocol: Annotated[Path, typer.Argument(help="The file to write.")] = Path("protocol.yaml"),
) -> None:
    """Write a commented starter protocol."""
    from samd_validate.starter import write_starter

    write_starter(protocol)
    typer.echo(f"wrote {protocol}; next: samd-validate check {protocol}")


@app.command()
def metrics(
    predictions: Annotated[Path, typer.Argument(help="CSV or Parquet, one row per unit.")],
    label: Annotated[str, typer.Option(help="Column of the outcome, 0 or 1.")] = "label",
    score: Annotated[str, typer.Option(help="Column of the score.")] = "score",
    compare: Annotated[str | None, typer.Option(help="Column of another score.")] = None,
    cluster: Annotated[str | None, typer.Option(help="Column of the patient.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="Column of groups. Repeatable.")] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Operating point, taken as given.")
    ] = None,
    prevalence: Annotated[
        float | None, typer.Option(help="Also PPV and NPV at this prevalence.")
    ] = None,
    level: Annotated[float, typer.Option(help="Confidence level.")] = 0.95,
    method: Annotated[
        str,
        typer.Option(
            help="Of the intervals: auto, percentile, basic, bca, studentised, jackknife, delong, "
            "delong-logit, delong-logit-t, wilson, clopper-pearson, agresti-coull, log."
        ),
    ] = "auto",
    stratified: Annotated[
        bool, typer.Option("--stratified", help="Resample with and without the event apart.")
    ] = False,
    resamples: Annotated[int, typer.Option(help="Bootstrap resamples.")] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of the resampling.")] = 7,
    json: Annotated[
        str | None, typer.Option(help="Write JSON to this file, '-' for the terminal.")
    ] = None,
) -> None:
    """Measure a file of predictions, with intervals and without a protocol."""
    from samd_validate.core.inputs import IntervalPlan
    from samd_validate.metrics import Columns, Wanted, metric_records
    from samd_validate.terminal import show_metrics

    columns = Columns(
        label=label, score=score, compare=compare, cluster=cluster, groups=tuple(group or ())
    )
    plan = IntervalPlan(
        level=level, n_resamples=resamples, seed=seed, method=method, is_stratified=stratified
    )
    wanted = Wanted(intervals=plan, threshold=threshold, prevalence=prevalence)
    show_metrics(metric_records(predictions, columns, wanted), json)


@app.command()
def plan_size(
    protocol: ProtocolFile,
    prevalence: Annotated[
        float | None, typer.Option(help="In place of sizing.prevalence.", show_default=False)
    ] = None,
    json: Annotated[
        str | None, typer.Option(help="Write JSON to this file, '-' for the terminal.")
    ] = None,
) -> None:
    """Say how many patients and events each criterion of a protocol needs."""
    from samd_validate.plan_size import size_plan
    from samd_validate.terminal import show_sizes

    show_sizes(size_plan(protocol, prevalence), json)


@app.command()
def simulate(
    out: Annotated[Path, typer.Argument(help="The folder to write: new or empty.")],
    shape: Annotated[
        Literal["mimic_iv", "eicu_crd", "nih_cxr14", "histology"],
        typer.Option(help="Of which release."),
    ],
    site: Annotated[
        Literal["riverside", "hillcrest", "north", "south"] | None,
        typer.Option(help="Stays: riverside or hillcrest; images: north or south."),
    ] = None,
    stays: Annotated[int, typer.Option(min=50, help="How many stays.")] = 4000,
    images: Annotated[int, typer.Option(min=20, help="How many images.")] = 240,
    size: Annotated[int, typer.Option(min=64, max=4096, help="Pixels a side.")] = 256,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 1,
    window_hours: Annotated[
        float, typer.Option(min=1, max=720, help="Hours that are charted.")
    ] = 48.0,
    form: Annotated[Literal["csv.gz", "parquet"], typer.Option(help="Of the tables.")] = "csv.gz",
    planted: Annotated[
        bool, typer.Option("--planted/--twin", help="The twin differs in nothing.")
    ] = True,
) -> None:
    """Write a folder shaped like a release, of stays or of images, in which no patient lives."""
    from samd_validate.readers._simulated import Asked, write_simulated

    asked = Asked(
        shape=shape,
        site=site,
        seed=seed,
        is_planted=planted,
        stays=stays,
        window_hours=window_hours,
        form=form,
        images=images,
        size=size,
    )
    with _progress() as progress:
        count = write_simulated(out, asked, progress)
    typer.echo(f"wrote {out}: {count}; its truth is in {out / 'SIMULATED.json'}")


def _version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"samd-validate {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take the options that belong to no command."""
    del version


def _progress() -> LiveProgress:
    from samd_validate.terminal import LiveProgress

    return LiveProgress()


def _show(done: Run) -> None:
    from samd_validate.terminal import show_run

    show_run(done)


def _verdict_code(done: Run) -> int:
    from samd_validate.judge import all_pass

    return PASSED if all_pass(done.bundle.all_verdicts) else NOT_PASSED


def main() -> None:
    """Run the command line; a problem of the user's is told in words, without a traceback."""
    from samd_validate.core.errors import CannotRun, Problem

    try:
        app()
    except CannotRun as error:
        _stop(error.problems)
    except SystemExit as stopped:
        if stopped.code != INTERRUPTED:
            raise
        typer.echo("stopped by the keyboard: no bundle was sealed; run --resume goes on", err=True)
        sys.exit(COULD_NOT_RUN)
    except OSError as error:
        where = str(error.filename or "the disk")
        found = (error.strerror or type(error).__name__).lower()
        todo = "free space or correct the path, then run again; no bundle was sealed"
        expected = "a place that can be read and written"
        _stop((Problem(where=where, found=found, expected=expected, todo=todo),))


def _stop(problems: tuple[Problem, ...]) -> None:
    from samd_validate.core.visible import visible

    noun = "problem" if len(problems) == 1 else "problems"
    typer.echo(f"cannot run: {len(problems)} {noun}\n", err=True)
    for problem in problems:
        typer.echo(f"{visible(str(problem))}\n", err=True)
    sys.exit(COULD_NOT_RUN)


if __name__ == "__main__":
    main()
