"""Findings and criteria to verdicts. Pure: the same findings always get the same verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import Finding
from samd_validate.core.verdict import Criterion, Outcome, Verdict


def judge(criteria: Iterable[Criterion], findings: Iterable[Finding]) -> tuple[Verdict, ...]:
    """Return one verdict per criterion, in their order; only a met bound passes."""
    by_key = {finding.key: finding.measurement for finding in findings}
    return tuple(_verdict(criterion, by_key) for criterion in criteria)


def all_pass(verdicts: Iterable[Verdict]) -> bool:
    """Return whether there is a verdict and every one is a pass: nothing assessed, nothing passed.

    >>> all_pass([])
    False
    """
    outcomes = [verdict.outcome for verdict in verdicts]
    return bool(outcomes) and all(outcome is Outcome.PASS for outcome in outcomes)


def _verdict(criterion: Criterion, by_key: Mapping[str, Measurement]) -> Verdict:
    measurement = by_key.get(criterion.finding)
    if measurement is None:
        because = f"no check made the finding {criterion.finding}"
        return Verdict(criterion=criterion.id, outcome=Outcome.NOT_ASSESSED, because=because)
    if isinstance(measurement, NotEstimable):
        return Verdict(
            criterion=criterion.id, outcome=Outcome.NOT_ASSESSED, because=measurement.reason
        )
    outcome = _outcome(criterion, *_ends(criterion, measurement))
    return Verdict(
        criterion=criterion.id, outcome=outcome, because=_because(criterion, measurement, outcome)
    )


def _ends(criterion: Criterion, estimate: Estimate) -> tuple[float, float]:
    if criterion.reads == "point":
        return estimate.value, estimate.value
    return estimate.low, estimate.high


def _outcome(criterion: Criterion, low: float, high: float) -> Outcome:
    least = criterion.at_least if criterion.at_least is not None else float("-inf")
    most = criterion.at_most if criterion.at_most is not None else float("inf")
    if least <= low and high <= most:
        return Outcome.PASS
    if high < least or low > most:
        return Outcome.FAIL
    return Outcome.INCONCLUSIVE


def _because(criterion: Criterion, estimate: Estimate, outcome: Outcome) -> str:
    relation = {
        Outcome.PASS: "keeps the limit",
        Outcome.FAIL: "lies wholly outside the limit",
        Outcome.INCONCLUSIVE: "reaches across the limit",
    }[outcome]
    read = "the point estimate" if criterion.reads == "point" else "the interval"
    return f"{estimate.describe(3)}: {read} {relation} ({criterion.bound_text()})"
