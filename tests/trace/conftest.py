"""Sealed folders of a run made by hand, and their matrix."""

from __future__ import annotations

from pathlib import Path

import pytest
from example_bundle import example_bundle, sealed_example
from gate_asking import DAY

from samd_validate.core.bundle import Bundle
from samd_validate.core.matrix import Matrix
from samd_validate.publish import known_requirements
from samd_validate.trace.gate.asked import Asked
from samd_validate.trace.gate.run import asked_of
from samd_validate.tracing import traced


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """Return the record of a simulated run."""
    return example_bundle()


@pytest.fixture(scope="session")
def evidence(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the sealed folder of the run."""
    return sealed_example(bundle, tmp_path_factory.mktemp("evidence"))


@pytest.fixture(scope="session")
def matrix(evidence: Path) -> Matrix:
    """Return the matrix of the run."""
    return traced([evidence]).matrix


@pytest.fixture(scope="session")
def asked(evidence: Path) -> Asked:
    """Return what the gate is asked of the run on the day of the tests."""
    found = traced([evidence])
    return asked_of(found.runs[0], found.matrix, known_requirements(), DAY)
