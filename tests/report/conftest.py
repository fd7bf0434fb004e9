"""A bundle made by hand: two populations, subgroups, explanations, and all four outcomes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from example_bundle import example_bundle

from samd_validate.core.bundle import Bundle
from samd_validate.core.matrix import Matrix
from samd_validate.protocol.folders import shipped


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """Return the record of a simulated run."""
    return example_bundle()


@pytest.fixture(scope="session")
def real_bundle(bundle: Bundle) -> Bundle:
    """Return the same record as if the data were real and the protocol locked."""
    cohorts = tuple(
        replace(cohort, provenance=replace(cohort.provenance, is_simulated=False))
        for cohort in bundle.cohorts
    )
    lock = {"protocol_lock": {"protocol_digest": bundle.protocol_digest, "state": "locked"}}
    return replace(bundle, cohorts=cohorts, attachments=lock)


@pytest.fixture(scope="session")
def templates() -> Path:
    """Return the project's templates."""
    return shipped("templates")


@pytest.fixture(scope="session")
def matrix(bundle: Bundle) -> Matrix:
    """Return the matrix of the example run against the project's requirements."""
    from samd_validate.trace.matrix import load_requirements, trace_matrix
    from samd_validate.trace.runs import TracedRun

    run = TracedRun(name="example", bundle=bundle)
    return trace_matrix(run, load_requirements(shipped("traceability")))
