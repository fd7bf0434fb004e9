"""Where steps run: one after another on this machine, each with a seed of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from samd_validate.core.bundle import StepRecord
from samd_validate.core.finding import CheckOutput
from samd_validate.core.fingerprint import inputs_digest
from samd_validate.core.inputs import Inputs
from samd_validate.core.kinds import PlannedCheck
from samd_validate.core.model import Progress
from samd_validate.core.seeds import step_seed


class Kept(Protocol):
    """Where what steps gave is kept, under the digest of all that it depends on."""

    def get(self, step: str, key: Mapping[str, object]) -> CheckOutput | None:
        """Return what a step gave; None if it is not there or not whole."""
        ...

    def put(self, step: str, key: Mapping[str, object], output: CheckOutput) -> CheckOutput:
        """Keep what a step gave, and return it as it will be read back."""
        ...


def run_checks(
    checks: Sequence[PlannedCheck],
    inputs: Inputs,
    seed: int,
    progress: Progress,
    kept: Kept | None = None,
) -> list[tuple[StepRecord, CheckOutput]]:
    """Run every check; a step's numbers depend on the protocol's seed and its own id alone.

    With ``kept`` a step that was done before, on these inputs, is not done again.
    """
    ran, given = [], "" if kept is None or not checks else inputs_digest(inputs)
    for number, planned in enumerate(checks):
        progress(f"checking: {planned.step}", number / len(checks))
        ran.append((planned, _kept_or_run(planned, inputs, seed, given, kept)))
    progress("checking", 1.0)
    return [(_record(planned, output), output) for planned, output in ran]


def _kept_or_run(
    planned: PlannedCheck, inputs: Inputs, seed: int, given: str, kept: Kept | None
) -> CheckOutput:
    if kept is None:
        return _run(planned, inputs, seed)
    key = {
        "check": planned.check.name,
        "version": planned.check.version,
        "params": planned.params.model_dump(mode="json"),
        "step": planned.step,
        "seed": str(seed),
        "inputs": given,
    }
    output = kept.get(planned.step, key)
    return kept.put(planned.step, key, _run(planned, inputs, seed)) if output is None else output


def _run(planned: PlannedCheck, inputs: Inputs, seed: int) -> CheckOutput:
    intervals = replace(inputs.intervals, seed=step_seed(seed, f"check/{planned.step}"))
    return planned.check.run(planned.step, replace(inputs, intervals=intervals), planned.params)


def _record(planned: PlannedCheck, output: CheckOutput) -> StepRecord:
    return StepRecord(
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
