"""The verdict on explanations that stands beside the pictures of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from samd_validate.core.bundle import Bundle, StepRecord
from samd_validate.core.finding import Figure
from samd_validate.core.verdict import Outcome
from samd_validate.report.words import OUTCOMES

TESTED_BY: Mapping[str, str] = MappingProxyType(
    {"shap_attribution": "attribution_sanity", "gradcam": "saliency_sanity"}
)
"""Which check tests the explanations that another one shows."""
WORST_FIRST = (Outcome.FAIL, Outcome.NOT_ASSESSED, Outcome.INCONCLUSIVE, Outcome.PASS)


@dataclass(frozen=True, kw_only=True)
class SanityVerdict:
    """What is known of the explanations of a step: short for a caption, and in a sentence."""

    is_passed: bool
    short: str
    words: str


def sanity_of(step: StepRecord, bundle: Bundle) -> SanityVerdict | None:
    """Return the verdict on the explanations that a step shows; None if it shows none."""
    if step.check not in TESTED_BY:
        return None
    tests = [one.id for one in bundle.steps if one.check == TESTED_BY[step.check]]
    outcomes = {
        criterion.id: _outcome(criterion.id, bundle)
        for criterion in bundle.criteria
        if criterion.finding.split("/")[0] in tests
    }
    if not tests:
        return _unknown("this run did not test whether they follow what the device learned")
    if not outcomes:
        return _unknown(f"they were tested ({', '.join(tests)}), but no criterion judges the tests")
    worst = next(one for one in WORST_FIRST if one in outcomes.values())
    named = ", ".join(f"{OUTCOMES[one].lower()}: {name}" for name, one in outcomes.items())
    short = OUTCOMES[worst].lower()
    return SanityVerdict(
        is_passed=worst is Outcome.PASS,
        short=short,
        words=f"Sanity of these explanations: {short} ({named}).{_warning(worst)}",
    )


def _outcome(criterion: str, bundle: Bundle) -> Outcome:
    found = [one.outcome for one in bundle.verdicts if one.criterion == criterion]
    return found[0] if found else Outcome.NOT_ASSESSED


def _unknown(why: str) -> SanityVerdict:
    words = f"Sanity of these explanations: not assessed; {why}. Do not rely on the pictures."
    return SanityVerdict(is_passed=False, short="not assessed", words=words)


def _warning(worst: Outcome) -> str:
    if worst is Outcome.FAIL:
        return " The pictures below do not show what moved the device: do not rely on them."
    if worst is Outcome.PASS:
        return ""
    return " Do not rely on the pictures alone."


def with_verdict(figure: Figure, verdict: SanityVerdict | None) -> Figure:
    """Return a figure whose caption says what is known of the explanation in it."""
    if verdict is None:
        return figure
    return replace(figure, caption=f"{figure.caption} Sanity of the explanation: {verdict.short}.")
