"""Risk controls after ISO 14971: is each there (implementation), and does it work (effectiveness).

Both need a result of their own. A criterion of the protocol can show one, a document of the
manufacturer's can show the other; what neither shows is a gap.
"""

from __future__ import annotations

from collections.abc import Mapping

from samd_validate.core.verdict import Outcome, Verdict
from samd_validate.trace.schema import Control, ControlTest, Hazard

KINDS = ("implementation", "effectiveness")


def control_gaps(hazard: Hazard, verdicts: Mapping[str, Verdict]) -> tuple[str, ...]:
    """Return what is not shown of the controls of a hazard; ``verdicts`` are those of the run."""
    if not any(test.control for test in hazard.verification):
        controls = "; ".join(control.measure for control in hazard.controls)
        return (f"control to be implemented and shown by the manufacturer: {controls}",)
    gaps = [
        gap
        for control in hazard.controls
        for kind in KINDS
        if (gap := _gap(control, kind, hazard, verdicts))
    ]
    return tuple(gaps)


def untested(hazard: Hazard) -> list[str]:
    """Return the controls without a test of both kinds, each with the kind that lacks."""
    return [
        f"{control.id} ({kind})"
        for control in hazard.controls
        for kind in KINDS
        if not _tests(control, kind, hazard)
    ]


def _tests(control: Control, kind: str, hazard: Hazard) -> list[ControlTest]:
    tests = hazard.verification
    return [test for test in tests if test.control == control.id and test.kind == kind]


def _gap(control: Control, kind: str, hazard: Hazard, verdicts: Mapping[str, Verdict]) -> str:
    tests = _tests(control, kind, hazard)
    if not tests:
        return f"{control.id}: no test of its {kind}; the manufacturer supplies it"
    lacking = [lack for test in tests if (lack := _lack(test, verdicts))]
    return f"{control.id}, {kind}: {'; '.join(lacking)}" if lacking else ""


def _lack(test: ControlTest, verdicts: Mapping[str, Verdict]) -> str:
    """Return what a test leaves open; nothing if it has a result, whichever that is."""
    names = test.criteria or ()
    absent = [name for name in names if name not in verdicts]
    blank = [
        name
        for name in names
        if name in verdicts and verdicts[name].outcome is Outcome.NOT_ASSESSED
    ]
    if absent:
        return f"{test.id}: no criterion {', '.join(absent)} in this run"
    if blank:
        return f"{test.id}: criterion {', '.join(blank)} was not assessed"
    if not names and test.document is None:
        return f"{test.id}: the manufacturer supplies the result ({test.test})"
    return ""
