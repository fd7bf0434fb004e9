"""Rules on links: requirement to test, hazard to control, and what hangs loose."""

from __future__ import annotations

from samd_validate.core.matrix import State
from samd_validate.core.verdict import Outcome
from samd_validate.trace.controls import untested
from samd_validate.trace.gate.asked import (
    Answer,
    Asked,
    failed,
    left_open,
    named,
    not_applicable,
    ok,
)
from samd_validate.trace.schema import Hazard, Requirement


def every_requirement_tested(asked: Asked) -> Answer:
    """G-01: a measured requirement has a criterion, and a criterion a result."""
    own = [item for item in _measured(asked) if item.id in asked.requirements.own]
    cited = {name for one in asked.bundle.all_criteria for name in one.requirements}
    untried = [item.id for item in own if item.id not in cited]
    blank = [
        verdict.criterion
        for verdict in asked.bundle.all_verdicts
        if verdict.outcome is Outcome.NOT_ASSESSED
    ]
    if untried or blank:
        words = [f"no criterion for {named(untried)}"] if untried else []
        words += [f"no result, and no deviation logged, for {named(blank)}"] if blank else []
        return failed("; ".join(words))
    if not own:
        supply = "them in a file that the protocol names (requirements:)"
        return left_open("the protocol names no requirements of its device", supply)
    count = len(asked.bundle.all_criteria)
    return ok(f"{len(own)} measured requirements have criteria, {count} criteria have results")


def _measured(asked: Asked) -> list[Requirement]:
    return [item for item in asked.requirements.requirements.values() if item.measured]


def every_hazard_controlled(asked: Asked) -> Answer:
    """G-02: an unacceptable hazard has controls, each with a test of both kinds."""
    own = [item for name, item in asked.requirements.hazards.items() if _is_own(name, asked)]
    if not own:
        supply = "hazards with ratings in a file that the protocol names (hazards:)"
        return left_open("the protocol names no hazards of its device", supply)
    stated = asked.requirements.acceptability
    unrated = [hazard.id for hazard in own if hazard.initial is None]
    if stated is None or unrated:
        supply = "scales, acceptability and an initial probability for each hazard"
        return left_open(f"no initial rating for {named(unrated) or 'any'}", supply)
    risky = [hazard for hazard in own if rating(hazard) in stated.unacceptable]
    lacking = [f"{hazard.id}: no control" for hazard in risky if not hazard.controls]
    lacking += [f"{hazard.id}: {lack}" for hazard in risky for lack in untested(hazard)]
    if lacking:
        return failed(f"without a control or a test: {named(lacking)}")
    if not risky:
        return not_applicable(f"none of {len(own)} hazards is rated unacceptable")
    return ok(f"{len(risky)} unacceptable hazards, each control with tests of both kinds")


def _is_own(name: str, asked: Asked) -> bool:
    return name in asked.requirements.own


def rating(hazard: Hazard) -> str:
    """Return severity and initial probability as they stand in lists of what is acceptable."""
    return f"{hazard.severity}/{hazard.initial}"


def manufacturer_not_met(asked: Asked) -> Answer:
    """G-07: what only a manufacturer can supply is never shown as met by a run."""
    clauses = asked.requirements.clauses
    theirs = [row for row in asked.matrix.clauses if clauses[row.id].coverage == "manufacturer"]
    met = [row.id for row in theirs if row.state is not State.OPEN]
    if met:
        return failed(f"shown as more than open: {named(met)}")
    return ok(f"{len(theirs)} clauses stand as open, none of them is shown as met")


def orphans_listed(asked: Asked) -> Answer:
    """G-18: tests without requirement, evidence without test, hazards without test."""
    bundle = asked.bundle
    read = {criterion.finding.split("/", 1)[0] for criterion in bundle.all_criteria}
    steps = [step.id for step in bundle.steps if not step.requirements]
    unread = [step.id for step in bundle.steps if step.id not in read]
    cited = {name for one in bundle.all_criteria for name in one.hazards}
    cited |= {
        hazard.id
        for hazard in asked.requirements.hazards.values()
        if any(test.criteria for test in hazard.verification)
    }
    shown = {row.id for row in asked.matrix.hazards if not row.id.startswith("TK-")}
    hazards = sorted(shown - cited)
    parts = (
        ("checks without a requirement", steps),
        ("checks that no criterion reads", unread),
        ("hazards that no criterion cites", hazards),
    )
    found = [f"{words}: {named(names)}" for words, names in parts if names]
    return failed("; ".join(found)) if found else ok("no test, evidence or hazard hangs loose")
