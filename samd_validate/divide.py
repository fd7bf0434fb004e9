"""The split of the development data set: always by patient, and the same on every machine."""

from __future__ import annotations

import numpy as np

from samd_validate.core.arrays import BoolArray, IntArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.cohort import Split as Parts
from samd_validate.core.errors import CannotRun, Problem, did_you_mean
from samd_validate.core.seeds import step_generator
from samd_validate.protocol.schema import Split


def divide(cohort: Cohort, rule: Split, seed: int) -> Parts:
    """Divide a cohort into development, tuning and test parts.

    Patients, not stays, are drawn; draws are stratified by whether a patient has an event. With
    ``test: null`` there is no internal test part and every patient not drawn for tuning
    develops the model.

    Raises
    ------
    CannotRun
        If a held-out site or the ordering column does not exist, or a part comes out empty.
    """
    test = _test_rows(cohort, rule, seed)
    rest = np.flatnonzero(~test)
    tuning = np.zeros(cohort.size, dtype=np.bool_)
    share = rule.tuning / (1 - rule.test) if rule.method != "site" and rule.test else rule.tuning
    tuning[rest] = _drawn(cohort.take(rest), share, seed, "split/tuning")
    parts = Parts(
        cohort=cohort,
        development=np.flatnonzero(~test & ~tuning),
        tuning=np.flatnonzero(tuning),
        test=np.flatnonzero(test),
    )
    _refuse_one_sided(parts)
    return parts


def _test_rows(cohort: Cohort, rule: Split, seed: int) -> BoolArray:
    if rule.method == "site":
        return _of_sites(cohort, rule.test_sites)
    if rule.test is None:
        return np.zeros(cohort.size, dtype=np.bool_)
    if rule.method == "temporal":
        return _latest(cohort, str(rule.order_by), rule.test)
    return _drawn(cohort, rule.test, seed, "split/test")


def _drawn(cohort: Cohort, share: float, seed: int, step: str) -> BoolArray:
    """Return the rows of a random share of the patients, stratified by having an event."""
    patients, code = np.unique(cohort.patient_id, return_inverse=True)
    has_event = np.zeros(patients.size, dtype=np.bool_)
    np.logical_or.at(has_event, code, cohort.label == 1)
    generator = step_generator(seed, step)
    chosen = np.zeros(patients.size, dtype=np.bool_)
    for stratum in (False, True):
        members: IntArray = np.flatnonzero(has_event == stratum)
        count = round(share * members.size)
        chosen[generator.permutation(members)[:count]] = True
    return np.asarray(chosen[code], dtype=np.bool_)


def _of_sites(cohort: Cohort, sites: tuple[str, ...]) -> BoolArray:
    known = set(cohort.site.tolist())
    unknown = [site for site in sites if site not in known]
    if unknown:
        raise CannotRun(*(_unknown_site(site, known) for site in unknown))
    held_out = np.isin(cohort.site, sites)
    patients = np.unique(cohort.patient_id[held_out])
    return np.isin(cohort.patient_id, patients)


def _latest(cohort: Cohort, column: str, share: float) -> BoolArray:
    """Return the rows of the patients whose first value of ``column`` is among the latest."""
    if column not in cohort.numbers:
        raise CannotRun(
            Problem(
                where="split.order_by",
                found=f"{column!r}",
                expected=did_you_mean(column, cohort.numbers),
                todo="name a numeric column of the data set that orders stays in time",
            )
        )
    patients, code = np.unique(cohort.patient_id, return_inverse=True)
    first = np.full(patients.size, np.inf)
    np.minimum.at(first, code, np.nan_to_num(cohort.numbers[column], nan=np.inf))
    count = round(share * patients.size)
    late = np.zeros(patients.size, dtype=np.bool_)
    late[np.argsort(first, kind="stable")[patients.size - count :]] = True
    return np.asarray(late[code], dtype=np.bool_)


def _refuse_one_sided(parts: Parts) -> None:
    problems = []
    for name in ("development", "tuning"):
        label = parts.cohort.label[getattr(parts, name)]
        if label.size == 0 or label.min() == label.max():
            problems.append(
                Problem(
                    where=f"split of {parts.cohort.name}",
                    found=f"{label.size} units with {int(label.sum())} events in the {name} part",
                    expected="units with and without the event in it",
                    todo="use a larger data set or another share",
                )
            )
    if problems:
        raise CannotRun(*problems)


def _unknown_site(site: str, known: set[str]) -> Problem:
    return Problem(
        where="split.test_sites",
        found=f"{site!r}",
        expected=did_you_mean(site, known),
        todo="name sites that the data set has",
    )
