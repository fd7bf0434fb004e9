"""The split of the development data set: always by patient, and the same on every machine."""

from __future__ import annotations

import numpy as np

from samd_validate.core.arrays import BoolArray, FloatArray, IntArray
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
    """Return the rows of the patients whose first value of ``column`` is among the latest.

    A number orders patients one by one. Of a category the levels are periods in the order of
    their text (``2011 - 2013`` before ``2014 - 2016``): whole periods are held out, the latest
    ones, until they hold at least the share.
    """
    patients, code = np.unique(cohort.patient_id, return_inverse=True)
    if column in cohort.groups:
        late = _latest_periods(_periods(cohort, column), code, patients.size, share)
    elif column in cohort.numbers:
        value = np.nan_to_num(cohort.numbers[column].astype(np.float64), nan=np.inf)
        first = _first(value, code, patients.size)
        late = np.zeros(patients.size, dtype=np.bool_)
        count = round(share * patients.size)
        late[np.argsort(first, kind="stable")[patients.size - count :]] = True
    else:
        known = (*cohort.numbers, *cohort.groups)
        raise CannotRun(_no_order(f"{column!r}", did_you_mean(column, known)))
    return np.asarray(late[code], dtype=np.bool_)


def _first(value: FloatArray, code: IntArray, n: int) -> FloatArray:
    first = np.full(n, np.inf)
    np.minimum.at(first, code, value)
    return first


def _periods(cohort: Cohort, column: str) -> FloatArray:
    """Return the place of each row's period in time, all of them known."""
    levels, place = np.unique(cohort.groups[column], return_inverse=True)
    if levels[0] == "":
        n = int((cohort.groups[column] == "").sum())
        raise CannotRun(_no_order(f"{n} stays without {column!r}", "a period for every stay"))
    return np.asarray(place, dtype=np.float64)


def _latest_periods(period: FloatArray, code: IntArray, n: int, share: float) -> BoolArray:
    first = _first(period, code, n)
    for start in np.unique(first)[:0:-1]:
        if (first >= start).mean() >= share:
            return np.asarray(first >= start)
    found = f"a first period that holds more than {1 - share:.0%} of the patients, or all of them"
    raise CannotRun(_no_order(found, "a share that whole later periods can give"))


def _no_order(found: str, expected: str) -> Problem:
    return Problem(
        where="split.order_by",
        found=found,
        expected=expected,
        todo="name a number that orders stays in time, or a category whose levels are periods",
    )


def _refuse_one_sided(parts: Parts) -> None:
    """Raise if a part is empty, or has one outcome only; every image may hold what is marked."""
    problems = []
    for name in ("development", "tuning"):
        label = parts.cohort.label[getattr(parts, name)]
        is_one_sided = label.size == 0 or label.min() == label.max()
        if is_one_sided and (label.size == 0 or parts.cohort.images is None):
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
