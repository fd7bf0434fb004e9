"""What the ledger says of a run, and the verdict on the budget of looks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import Finding
from samd_validate.core.inputs import Population
from samd_validate.core.looks import NOT_AVAILABLE, RECORDED, LookRecord, Looks
from samd_validate.core.verdict import Criterion
from samd_validate.evidence.ledger import LedgerNotAvailable, Scoring, note_looks
from samd_validate.judge import judge
from samd_validate.protocol.schema import LooksBudget

CRITERION = "looks-at-test-labels"
METHOD = "count of all readings that the ledger holds"


def look_record(
    folder: Path,
    scoring: Scoring,
    populations: Sequence[Population],
    budget: LooksBudget | None,
    level: float,
) -> LookRecord:
    """Note in the ledger that labels are scored now, and judge how often they were.

    Where the ledger is not available the record says why, and a budget is not assessed.
    """
    try:
        looks = note_looks(folder, scoring, populations)
    except LedgerNotAvailable as error:
        return _judged(NOT_AVAILABLE, str(error), (), budget, level)
    return _judged(RECORDED, "", looks, budget, level)


def _judged(
    status: str, why: str, looks: tuple[Looks, ...], budget: LooksBudget | None, level: float
) -> LookRecord:
    if budget is None:
        return LookRecord(status=status, why=why, looks=looks)
    finding = Finding(
        check="ledger",
        measure="looks",
        population="test labels",
        subset="all",
        measurement=_count(why, looks, level),
    )
    criterion = Criterion(
        id=CRITERION,
        finding=finding.key,
        at_most=float(budget.at_most),
        rationale=budget.rationale,
        requirements=("REQ-PRESPECIFICATION",),
    )
    return LookRecord(
        status=status,
        why=why,
        looks=looks,
        findings=(finding,),
        criteria=(criterion,),
        verdicts=judge((criterion,), (finding,)),
    )


def _count(why: str, looks: tuple[Looks, ...], level: float) -> Measurement:
    if not looks:
        words = f"the ledger is not available ({why})"
        return NotEstimable(code="no_ledger", reason=words, n=0)
    most = max(looks, key=lambda one: one.n_before)
    number = float(most.n_before + 1)
    return Estimate(
        value=number, low=number, high=number, level=level, method=METHOD, n=most.n_units
    )
