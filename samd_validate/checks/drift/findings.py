"""Findings of comparisons, and what several comparisons give together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from samd_validate.checks._common import findings_of
from samd_validate.checks.drift.compared import Compared
from samd_validate.checks.drift.one_by_one import Tested, told
from samd_validate.core.errors import did_you_mean
from samd_validate.core.estimate import Measurement, NotEstimable
from samd_validate.core.finding import ALL, CheckOutput, Finding
from samd_validate.core.inputs import Inputs


def addressed(
    step: str, compared: Compared, measured: Mapping[str, Measurement], subset: str = ALL
) -> list[Finding]:
    """Return findings of a comparison, in a subset of what it looks at."""
    whole = "&".join(one for one in (compared.subset, subset) if one != ALL) or ALL
    return findings_of(step, compared.population, measured, subset=whole)


def of_columns(
    step: str, compared: Compared, names: Iterable[str], tests: Sequence[Tested], word: str
) -> list[Finding]:
    """Return the findings of the columns that the protocol names, ``<word>=<name>``."""
    by_name = {one.pair.name: one for one in tests}
    findings: list[Finding] = []
    for name in names:
        if name in by_name:
            measured = {key: told(one) for key, one in by_name[name].found.items()}
        else:
            reason = f"there is no column {name!r}: {did_you_mean(name, by_name)}"
            none = NotEstimable(code="unknown_variable", reason=reason, n=compared.groups.n)
            measured = dict.fromkeys(("ks_distance", "psi"), none)
        findings += addressed(step, compared, measured, f"{word}={name}")
    return findings


def nothing_compared(step: str, inputs: Inputs, notes: tuple[str, ...]) -> CheckOutput:
    """Return that there is no comparison, and why, for each population."""
    reason = " ".join(notes) or "there is nothing to compare"
    findings: list[Finding] = []
    for one in inputs.populations:
        none = NotEstimable(code="no_comparison", reason=reason, n=one.cohort.size)
        findings += findings_of(step, one.name, {"n_shifted": none})
    return CheckOutput(findings=tuple(findings), notes=notes)


def together(outputs: Sequence[CheckOutput], notes: Iterable[str]) -> CheckOutput:
    """Return what several comparisons gave, as one."""
    return CheckOutput(
        findings=tuple(one for output in outputs for one in output.findings),
        figures=tuple(one for output in outputs for one in output.figures),
        tables=tuple(one for output in outputs for one in output.tables),
        notes=(*notes, *(note for output in outputs for note in output.notes)),
    )
