"""The record of a run made by hand, and that record as a sealed folder on the disk."""

from __future__ import annotations

from pathlib import Path

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
from samd_validate.evidence.bundle import write_bundle
from samd_validate.evidence.folder import open_run


def example_bundle() -> Bundle:
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


def sealed_example(bundle: Bundle, out: Path, name: str = "example") -> Path:
    """Write a bundle and seal it; its digests are those of the files that were written."""
    folder = open_run(out, name)
    folder.trail.record("opened the labels", populations=["test"])
    write_bundle(bundle, folder)
    return folder.seal()
