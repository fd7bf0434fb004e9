"""A bundle made by hand: two populations, subgroups, explanations, and all four outcomes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from example_figures import example_figures
from example_records import (
    DIGEST,
    PROTOCOL,
    criteria,
    findings,
    steps,
    summary,
    tables,
    verdicts,
)

from samd_validate.core.bundle import Bundle, OperatingPoint
from samd_validate.core.matrix import Matrix
from samd_validate.protocol.folders import shipped


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """Return the record of a simulated run."""
    return Bundle(
        protocol=PROTOCOL,
        protocol_source="id: icu_mortality\n",
        protocol_digest=DIGEST,
        software_version="0.1.0",
        cohorts=(
            summary("hospital_a", "development", 16012),
            summary("hospital_b", "external", 3998),
        ),
        model={
            "name": "lstm_icu",
            "title": "LSTM on hourly value, mask and time-since-last channels",
            "family": "lstm",
            "n_development": 9600,
            "card": {
                "summary": "An ensemble of three recurrent networks.",
                "inputs": "25 variables on an hourly grid.",
                "output": "Probability of death in hospital.",
                "training": "Weighted cross-entropy, early stopping, recalibration.",
                "limitations": ["A reference model, not developed for clinical use."],
                "references": ["Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735"],
            },
        },
        comparators=({"name": "logistic_icu", "card": {"summary": "Logistic regression."}},),
        operating_point=OperatingPoint(
            threshold=0.1432, origin="sensitivity 0.8 on the tuning part"
        ),
        steps=steps(),
        findings=findings(),
        figures=example_figures(),
        tables=tables(),
        criteria=criteria(),
        verdicts=verdicts(),
        environment={
            "python": "3.11.7",
            "system": "Linux x86_64",
            "source": {"commit": "a" * 40, "is_dirty": True},
            "packages": {"numpy": "2.4.6", "weasyprint": "70.0", "zzz": "1"},
        },
        content_digest=DIGEST,
        audit_head=DIGEST,
    )


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

    return trace_matrix(bundle, load_requirements(shipped("traceability")))
