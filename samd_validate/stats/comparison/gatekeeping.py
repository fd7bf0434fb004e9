"""Families of hypotheses tested one after the other, each behind the gate of the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from samd_validate.core.arrays import frozen_mapping
from samd_validate.stats.comparison.multiplicity import adjusted

METHODS = ("bonferroni", "holm", "hochberg")
REJECTED, NOT_REJECTED, NOT_TESTED = "rejected", "not rejected", "not tested"


@dataclass(frozen=True, kw_only=True)
class Family:
    """Hypotheses of equal rank: their p-values by name, and how they share the level.

    ``method`` is ``bonferroni``, ``holm`` or ``hochberg`` (the last for independent or positively
    dependent tests). A method of false discoveries has no place behind a gate.

    Raises
    ------
    ValueError
        For an unknown method, no hypothesis, or a p-value outside [0, 1].
    """

    name: str
    p_values: Mapping[str, float]
    method: str = "holm"

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"method: {self.method!r} is not one of {', '.join(METHODS)}")
        if not self.p_values:
            raise ValueError(f"p_values: family {self.name!r} holds no hypothesis")
        if not all(0 <= p_value <= 1 for p_value in self.p_values.values()):
            raise ValueError(f"p_values of family {self.name!r} must lie in [0, 1]")
        object.__setattr__(self, "p_values", frozen_mapping(self.p_values))


@dataclass(frozen=True, kw_only=True)
class Tested:
    """One row of the table of tests: what was tested, what not, and why.

    ``within_family`` is the p-value adjusted in its family alone, ``adjusted`` that of the whole
    procedure: the hypothesis is rejected exactly if it is at most alpha. ``closed_by`` lists the
    hypotheses that were not rejected and so closed the gate, as ``family: hypothesis``.
    """

    family: str
    hypothesis: str
    method: str
    p_value: float
    within_family: float
    adjusted: float
    outcome: str
    closed_by: tuple[str, ...] = ()

    def describe(self) -> str:
        """Return the row in words."""
        why = f", gate closed by {', '.join(self.closed_by)}" if self.closed_by else ""
        return f"{self.family}: {self.hypothesis}: {self.outcome}{why}"


def serial_gatekeeping(families: Sequence[Family], alpha: float = 0.05) -> tuple[Tested, ...]:
    """Return every hypothesis of every family, in order, with what came of it.

    A family is tested, at the whole level, only if every hypothesis of each family before it was
    rejected; else its gate is closed and its hypotheses are *not tested*, whatever their p-values.
    Any false rejection in all families together then has a chance of at most alpha. The adjusted
    p-value is the largest of the hypothesis' own within its family and of all before its gate.
    Families of one hypothesis each make a fixed sequence. Refs. Westfall & Krishen 2001,
    doi:10.1016/S0378-3758(01)00077-5; Dmitrienko, Offen & Westfall 2003, doi:10.1002/sim.1526.

    >>> first = Family(name="primary", p_values={"auroc": 0.01, "calibration": 0.2})
    >>> second = Family(name="secondary", p_values={"sensitivity": 0.001})
    >>> for row in serial_gatekeeping([first, second]):
    ...     print(row.describe(), row.adjusted)
    primary: auroc: rejected 0.02
    primary: calibration: not rejected 0.2
    secondary: sensitivity: not tested, gate closed by primary: calibration 0.2

    Raises
    ------
    ValueError
        For no family, two of one name, or alpha outside (0, 1).
    """
    if not 0 < alpha < 1:
        raise ValueError("alpha must lie between 0 and 1")
    names = [family.name for family in families]
    if not names or len(set(names)) < len(names):
        raise ValueError("families must be at least one, each with a name of its own")
    rows: list[Tested] = []
    for family in families:
        rows += _tested(family, tuple(rows), alpha)
    return tuple(rows)


def _tested(family: Family, before: tuple[Tested, ...], alpha: float) -> list[Tested]:
    closed_by = tuple(
        f"{row.family}: {row.hypothesis}" for row in before if row.outcome == NOT_REJECTED
    )
    floor = max((row.adjusted for row in before), default=0.0)
    within = adjusted(list(family.p_values.values()), family.method)
    rows = []
    for (hypothesis, p_value), own in zip(family.p_values.items(), within, strict=True):
        whole = max(float(own), floor)
        tested = REJECTED if whole <= alpha else NOT_REJECTED
        rows.append(
            Tested(
                family=family.name,
                hypothesis=hypothesis,
                method=family.method,
                p_value=p_value,
                within_family=float(own),
                adjusted=whole,
                outcome=NOT_TESTED if closed_by else tested,
                closed_by=closed_by,
            )
        )
    return rows
