"""A bundle made by hand: two populations, subgroups, explanations, and all four outcomes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

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


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Return a headless Chromium for pages that stand alone; the project's CI must have it."""
    place = shutil.which("chromium") or shutil.which("chromium-browser")
    if place is None:
        told = "no Chromium on this machine: sh .ci/system_libraries browser"
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        one = player.chromium.launch(executable_path=place, args=list(QUIET))
        yield one
        one.close()


QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
