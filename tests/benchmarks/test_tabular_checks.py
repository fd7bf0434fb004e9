"""The benchmark of checks runs them all and gives numbers."""

from __future__ import annotations

from tabular_checks import CHECKS, inputs

from samd_validate.core.estimate import Estimate


def test_each_check_of_the_benchmark_gives_a_number() -> None:
    given = inputs(600)
    for check, params in CHECKS:
        output = check.run(check.name, given, check.params(**params))
        assert any(isinstance(one.measurement, Estimate) for one in output.findings), check.name
