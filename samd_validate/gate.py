"""What is looked at before anything is trained; a failed criterion there ends the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from samd_validate.core.bundle import StepRecord
from samd_validate.core.cohort import Cohort, Split
from samd_validate.core.errors import Problem
from samd_validate.core.finding import CheckOutput, Finding
from samd_validate.core.inputs import Inputs, Part
from samd_validate.core.model import Progress
from samd_validate.core.verdict import Criterion, Outcome, Verdict
from samd_validate.execute import Kept, run_checks
from samd_validate.judge import judge
from samd_validate.plan import Plan
from samd_validate.study import chosen_variables, intervals_of

GOES_ON = "report"


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What the checks of the gate saw, and the verdicts of the criteria that read them."""

    outputs: tuple[tuple[StepRecord, CheckOutput], ...]
    verdicts: tuple[Verdict, ...]
    problems: tuple[Problem, ...]


def stand_at_gate(
    plan: Plan,
    cohorts: Mapping[str, Cohort],
    split: Split | None,
    criteria: Sequence[Criterion],
    progress: Progress,
    kept: Kept | None = None,
) -> Gate:
    """Run the checks of the gate on data that nothing has scored, and judge what they saw.

    ``problems`` holds one for each criterion that fails on a check whose entry does not say
    ``on_failure: report``; a criterion without a number is no pass, but ends nothing.
    """
    checks = [planned for planned in plan.checks if planned.check.is_gate]
    inputs = gate_inputs(plan, cohorts, split)
    outputs = tuple(run_checks(checks, inputs, plan.protocol.seed, progress, kept))
    findings = [finding for _, output in outputs for finding in output.findings]
    here = [one for one in criteria if _step(one) in {planned.step for planned in checks}]
    verdicts = judge(here, findings)
    going = {entry.step for entry in plan.protocol.checks if entry.on_failure == GOES_ON}
    failed = [
        _failed(criterion, verdict, findings)
        for criterion, verdict in zip(here, verdicts, strict=True)
        if verdict.outcome is Outcome.FAIL and _step(criterion) not in going
    ]
    return Gate(outputs=outputs, verdicts=verdicts, problems=tuple(failed))


def _step(criterion: Criterion) -> str:
    return criterion.finding.partition("/")[0]


def gate_inputs(plan: Plan, cohorts: Mapping[str, Cohort], split: Split | None) -> Inputs:
    """Return the parts of the study before anything has scored them."""
    external = [
        Part(name=d.id, cohort=cohorts[d.id], is_external=True)
        for d in plan.protocol.datasets
        if d.role == "external"
    ]
    if split is None:
        return Inputs(populations=(), intervals=intervals_of(plan), unscored=tuple(external))
    names = ("tuning", "test") if split.test.size else ("tuning",)
    own = [Part(name=name, cohort=split.part(name)) for name in names]
    development = split.part("development")
    return Inputs(
        populations=(),
        intervals=intervals_of(plan),
        development=development,
        unscored=(*own, *external),
        declared=_declared(plan, development),
    )


def _declared(plan: Plan, development: Cohort) -> frozenset[str] | None:
    """Return the columns that the device's recipe says it reads; None if it does not say."""
    if "images" in plan.models[0].family.needs:
        return frozenset()  # it sees the image and no column
    params = plan.models[0].params
    if not {"static_numbers", "static_groups"} <= set(type(params).model_fields):
        return None
    variables = chosen_variables(plan.protocol.variables, development)
    return frozenset((*variables, *params.static_numbers, *params.static_groups))


def _failed(criterion: Criterion, verdict: Verdict, findings: Sequence[Finding]) -> Problem:
    noted = [getattr(one.measurement, "note", "") for one in findings]
    keys = [one.key for one in findings]
    note = noted[keys.index(criterion.finding)]
    return Problem(
        where=f"criterion {criterion.id} on {criterion.finding}",
        found=f"{verdict.because}{f' ({note})' if note else ''}",
        expected="the criterion met before anything is trained",
        todo="mend the data, or say on_failure: report at the check to train all the same",
    )
