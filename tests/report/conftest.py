"""A bundle made by hand: two populations, subgroups, explanations, and all four outcomes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from example_bundle import example_bundle

from samd_validate.core.bundle import Bundle
from samd_validate.core.matrix import Matrix
from samd_validate.protocol.folders import shipped

EPOCH = 1_767_225_600


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
def pdf(
    bundle: Bundle, matrix: Matrix, templates: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the report of the example run on paper."""
    from samd_validate.report.document import document
    from samd_validate.report.pdf import write_pdf

    place = tmp_path_factory.mktemp("pdf") / "report.pdf"
    write_pdf(document(bundle, matrix, is_paper=True), templates, place, EPOCH)
    return place


@pytest.fixture(scope="session")
def matrix(bundle: Bundle) -> Matrix:
    """Return the matrix of the example run against the project's requirements."""
    from samd_validate.trace.matrix import load_requirements, trace_matrix
    from samd_validate.trace.runs import TracedRun

    run = TracedRun(name="example", bundle=bundle)
    return trace_matrix(run, load_requirements(shipped("traceability")))
