"""What was promised and whether it was kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The four things a verdict can be; only PASS is a pass."""

    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_ASSESSED = "NOT_ASSESSED"


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """A bound that a finding must keep, fixed before the data were seen.

    ``finding`` is the key of the finding it reads. ``at_least`` and ``at_most`` are the limits
    (one or both). ``reads`` is ``"interval"`` (both ends must keep the limit) or ``"point"``,
    which needs ``why_point``.

    Raises
    ------
    ValueError
        Without a bound, a requirement or a rationale, or for ``point`` without a reason.
    """

    id: str
    finding: str
    at_least: float | None = None
    at_most: float | None = None
    reads: str = "interval"
    why_point: str = ""
    rationale: str
    requirements: tuple[str, ...]
    hazards: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        bounds = [bound for bound in (self.at_least, self.at_most) if bound is not None]
        if not bounds or not all(math.isfinite(bound) for bound in bounds):
            raise ValueError("a criterion needs at least one finite bound")
        if not self.rationale.strip() or not self.requirements:
            raise ValueError("a criterion must cite a requirement and a rationale")
        if self.reads not in ("interval", "point"):
            raise ValueError("a criterion reads the interval or the point")
        if self.reads == "point" and not self.why_point.strip():
            raise ValueError("a criterion that reads the point must say why")

    def bound_text(self) -> str:
        """Return the limits in words.

        >>> Criterion(id="c", finding="f", at_least=0.8, rationale="r",
        ...           requirements=("R1",)).bound_text()
        'at least 0.8'
        """
        parts = []
        if self.at_least is not None:
            parts.append(f"at least {self.at_least:g}")
        if self.at_most is not None:
            parts.append(f"at most {self.at_most:g}")
        return " and ".join(parts)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The outcome of one criterion, and because of what."""

    criterion: str
    outcome: Outcome
    because: str
