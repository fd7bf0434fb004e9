"""A small sealed bundle of a few records, and a PDF that carries it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from samd_validate.core.bundle import Bundle, CohortSummary, OperatingPoint, StepRecord
from samd_validate.core.cohort import FlowRow, Provenance
from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.finding import Figure, Finding, Table
from samd_validate.core.verdict import Criterion
from samd_validate.evidence.attached import attached_files
from samd_validate.evidence.bundle import read_bundle, write_bundle
from samd_validate.evidence.folder import open_run
from samd_validate.evidence.identity import Identity, load_identity, new_identity
from samd_validate.judge import judge
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.load import load_protocol
from samd_validate.protocol.lock import Signer
from samd_validate.report.pdf import typeset
from samd_validate.signing import sign_evidence


def _read_by_verdicts(entry: object) -> dict[str, Any]:
    return {key: value for key, value in vars(entry).items() if key != "expected"}


def small_bundle(protocol_file: Path | None = None) -> Bundle:
    loaded = load_protocol(protocol_file or shipped("protocols") / "icu_mortality.yaml")
    protocol = loaded.protocol
    findings = (
        Finding(
            check="discrimination",
            measure="auroc",
            population="test",
            subset="all",
            measurement=Estimate(value=0.8, low=0.77, high=0.83, level=0.95, method="m", n=9),
        ),
        Finding(
            check="discrimination",
            measure="auroc",
            population="hillcrest",
            subset="all",
            measurement=NotEstimable(code="one_class", reason="no events", n=4),
        ),
    )
    criteria = tuple(
        Criterion(**{**_read_by_verdicts(entry), "finding": entry.finding.key})
        for entry in protocol.criteria
    )
    return Bundle(
        protocol=protocol.model_dump(mode="json"),
        protocol_source=loaded.source.decode(),
        protocol_digest=loaded.digest,
        software_version="0",
        cohorts=(
            CohortSummary(
                id="riverside",
                role="development",
                reader="r",
                n_units=9,
                n_patients=8,
                n_events=2,
                n_sites=1,
                flow=(FlowRow(kind="start", reason="all", count=9),),
                provenance=Provenance(
                    source="s", title="t", licence="l", citation="c", fingerprint="f"
                ),
                parts={"test": {"units": 9, "patients": 8, "events": 2}},
            ),
        ),
        model={"name": "m"},
        comparators=(),
        operating_point=OperatingPoint(threshold=0.1, origin="given"),
        steps=(
            StepRecord(
                id="d",
                check="d",
                version=1,
                status="ran",
                why="",
                params={},
                doc="d",
                requirements=("REQ-1",),
            ),
        ),
        findings=findings,
        figures=(Figure(id="f", kind="roc", title="t", caption="c", alt="a", content={"x": [1]}),),
        tables=(Table(id="t", title="t", caption="c", columns=("a",), rows=(("x",), (1,))),),
        criteria=criteria,
        verdicts=judge(criteria, findings),
    )


def sealed_run(place: Path, name: str = "run", roles: tuple[str, ...] = ()) -> Path:
    """Write the small bundle with a file of predictions, and seal it."""
    folder = open_run(place, name)
    folder.trail.record("planned", protocol="sha256:0")
    bundle = small_bundle(protocol_asking(place, roles))
    write_bundle(replace(bundle, figures=()), folder)
    folder.write("predictions/test.parquet", b"PAR1 rows PAR1")
    folder.trail.record("judged")
    return folder.seal()


def protocol_asking(place: Path, roles: tuple[str, ...]) -> Path:
    """Write the default protocol with the signatures that it requires."""
    text = (shipped("protocols") / "icu_mortality.yaml").read_text()
    asked = [f"  - role: {role}\n" for role in roles]
    path = place / "protocol.yaml"
    path.write_text(text + ("signatures:\n" + "".join(asked) if asked else ""))
    return path


def pdf_of(folder: Path) -> Path:
    """Write a PDF of one page, with the evidence attached, where the report of a run lies."""
    words = read_bundle(folder).content_digest
    page = f'<html lang="en"><title>t</title><body><h1>Report</h1><p>{words}</p></body></html>'
    place = folder.with_name(f"{folder.name}.pdf")
    place.write_bytes(typeset(page, 0, attached_files(folder)).content)
    return place


PASSWORD = "only-for-tests"


def person(place: Path, name: str) -> Identity:
    """Make a self-made identity."""
    path = place / f"{name}.p12"
    new_identity(path, name, PASSWORD)
    return load_identity(path, PASSWORD)


def sign_as(folder: Path, name: str, role: str, meaning: str, identity: Identity) -> None:
    sign_evidence(folder, Signer(name=name, role=role, meaning=meaning), identity)


def signed_run(place: Path, roles: tuple[str, ...] = ("author", "independent reviewer")) -> Path:
    """Write a small run that an author and a reviewer have signed, with its PDF."""
    folder = sealed_run(place, roles=roles)
    pdf_of(folder)
    ada, grace = person(place, "Ada Lovelace"), person(place, "Grace Hopper")
    sign_as(folder, "Ada Lovelace", "author", "authorship", ada)
    sign_as(folder, "Grace Hopper", "independent reviewer", "approval", grace)
    return folder
