"""Every data set of a plan, read where it lies, or every problem with any of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from samd_validate.binding import PlannedRead
from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.core.kinds import ReadRequest
from samd_validate.core.model import Progress
from samd_validate.core.seeds import step_seed
from samd_validate.plan import Plan


def read_cohorts(plan: Plan, places: Mapping[str, Path], progress: Progress) -> dict[str, Cohort]:
    """Read every data set of a plan, or raise every problem with any of them."""
    cohorts: dict[str, Cohort] = {}
    problems: list[Problem] = []
    for planned in plan.reads:
        try:
            cohorts[planned.dataset.id] = _read(plan, planned, places, progress)
        except CannotRun as error:
            problems.extend(error.problems)
    gather(list(dict.fromkeys(problems)))  # two data sets of one source lack it once
    gather(_shared_patients(plan, cohorts))
    return cohorts


def _shared_patients(plan: Plan, cohorts: Mapping[str, Cohort]) -> list[Problem]:
    """Return a problem for each external data set that holds patients of the development set."""
    home = [d.id for d in plan.protocol.datasets if d.role == "development"]
    known = {patient for name in home for patient in cohorts[name].patient_id.tolist()}
    shared = {
        name: len(known & set(cohort.patient_id.tolist()))
        for name, cohort in cohorts.items()
        if name not in home
    }
    return [
        Problem(
            where=f"data set {name!r}",
            found=f"{count} patients who are in the development data set {home[0]!r} too",
            expected="no patient on two sides",
            todo="take these patients out of one of the two, or use one data set with a split",
        )
        for name, count in shared.items()
        if count
    ]


def _read(
    plan: Plan, planned: PlannedRead, places: Mapping[str, Path], progress: Progress
) -> Cohort:
    dataset = planned.dataset
    place = None
    if dataset.source is not None:
        if dataset.source not in places:
            raise CannotRun(_no_place(dataset.source, places))
        place = str(places[dataset.source])
    request = ReadRequest(
        dataset=dataset.id,
        place=place,
        seed=step_seed(plan.protocol.seed, f"dataset/{dataset.id}"),
        window_hours=plan.protocol.outcome.window_hours or 0.0,
        progress=progress,
    )
    progress(f"reading {dataset.id}", 0.0)
    cohort = planned.reader.run(request, planned.params)
    progress(f"reading {dataset.id}", 1.0)
    gather(_unexpected(planned, cohort))
    return cohort


def _no_place(source: str, places: Mapping[str, Path]) -> Problem:
    return Problem(
        where=f"data set {source!r}",
        found="no place on this machine; known: " + (", ".join(sorted(places)) or "none"),
        expected=f"--dataset {source}=PATH, or a line in datasets.toml",
        todo="say where the data lie",
    )


def _unexpected(planned: PlannedRead, cohort: Cohort) -> list[Problem]:
    """Return where a data set is not what the protocol says it must be."""
    expect = planned.dataset.expect
    faults = []
    if cohort.size < expect.min_units:
        faults.append((f"{cohort.size} units", f"at least {expect.min_units}"))
    if cohort.n_events < expect.min_events:
        faults.append((f"{cohort.n_events} events", f"at least {expect.min_events}"))
    fingerprint = cohort.provenance.fingerprint
    if expect.fingerprint not in (None, fingerprint):
        faults.append((f"fingerprint {fingerprint}", str(expect.fingerprint)))
    return [
        Problem(
            where=f"data set {planned.dataset.id!r}",
            found=found,
            expected=expected,
            todo="bind the data set that the protocol means",
        )
        for found, expected in faults
    ]
