"""Sealed folders of a run made by hand, and their matrix."""

from __future__ import annotations

from pathlib import Path

import pytest
from example_bundle import example_bundle, sealed_example

from samd_validate.core.bundle import Bundle
from samd_validate.core.matrix import Matrix
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
