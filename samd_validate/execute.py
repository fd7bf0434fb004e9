"""Where steps run: one after another on this machine, each with a seed of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from samd_validate.core.bundle import StepRecord
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs
from samd_validate.core.kinds import PlannedCheck
from samd_validate.core.model import Progress
from samd_validate.core.seeds import step_seed


def run_checks(
    checks: Sequence[PlannedCheck], inputs: Inputs, seed: int, progress: Progress
) -> list[tuple[StepRecord, CheckOutput]]:
    """Run every check; a step's numbers depend on the protocol's seed and its own id alone."""
    ran = []
    for number, planned in enumerate(checks):
        progress(f"checking: {planned.step}", number / len(checks))
        ran.append(_run(planned, inputs, seed))
    progress("checking", 1.0)
    return ran


def _run(planned: PlannedCheck, inputs: Inputs, seed: int) -> tuple[StepRecord, CheckOutput]:
    intervals = replace(inputs.intervals, seed=step_seed(seed, f"check/{planned.step}"))
    output = planned.check.run(planned.step, replace(inputs, intervals=intervals), planned.params)
    record = StepRecord(
        id=planned.step,
        check=planned.check.name,
        version=planned.check.version,
        status="ran",
        why="",
        params=planned.params.model_dump(mode="json"),
        doc=planned.check.doc,
        requirements=planned.check.requirements,
        notes=output.notes,
    )
    return record, output
