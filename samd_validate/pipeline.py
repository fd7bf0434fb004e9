"""The whole story on one screen: protocol, plan, data, model, findings, verdicts, evidence."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from samd_validate import __version__
from samd_validate.core.bundle import Bundle, StepRecord
from samd_validate.core.canonical import digest_bytes, plain
from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun, gather
from samd_validate.core.finding import CheckOutput
from samd_validate.core.model import Progress, no_progress
from samd_validate.core.verdict import Criterion
from samd_validate.evidence.bundle import read_bundle, write_bundle
from samd_validate.evidence.environment import environment
from samd_validate.evidence.folder import RunFolder, open_run
from samd_validate.evidence.predictions import write_predictions
from samd_validate.execute import run_checks
from samd_validate.gate import Gate, stand_at_gate
from samd_validate.judge import judge
from samd_validate.plan import Plan, make_plan
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.load import load_protocol
from samd_validate.reading import read_cohorts
from samd_validate.report.document import document
from samd_validate.report.html import render_html
from samd_validate.report.pdf import write_pdf
from samd_validate.study import Study, make_study, split_of, summaries
from samd_validate.trace.matrix import trace_matrix
from samd_validate.trace.requirements import Requirements, load_requirements
from samd_validate.trace.write import write_csv

REPORT_EPOCH = 1_767_225_600
"""The date inside report files (2026-01-01): the time of a run stands in its audit trail."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """Where a finished run lies."""

    bundle: Bundle
    evidence: Path
    reports: Mapping[str, Path]


def planned(protocol: Path) -> Plan:
    """Load a protocol and bind it to code, without looking at data."""
    known = _requirements()
    return make_plan(load_protocol(protocol), known.requirements, known.hazards)


def run(
    protocol: Path,
    places: Mapping[str, Path],
    out: Path,
    progress: Progress = no_progress,
) -> Run:
    """Carry out a protocol and leave a sealed bundle and its reports in ``out``.

    The state of training is kept beside it until the bundle is sealed: a run that was
    interrupted goes on from the last epoch when it is started again, to the same weights.

    Raises
    ------
    CannotRun
        With every problem. What had been recorded is kept in a folder named ``.stopped``.
    """
    plan = planned(protocol)
    folder = open_run(out, run_name(plan))
    checkpoints = out / f"{run_name(plan)}.checkpoints"
    try:
        bundle = _evidence(plan, places, folder, checkpoints, progress)
        evidence = folder.seal()
    except BaseException as error:
        folder.abandon(_why(error))
        raise
    shutil.rmtree(checkpoints, ignore_errors=True)  # a family may keep none
    sealed = read_bundle(evidence)
    progress("writing the report", 0.0)
    reports = write_reports(sealed, out, evidence.name)
    progress("writing the report", 1.0)
    del bundle
    return Run(bundle=sealed, evidence=evidence, reports=reports)


def run_name(plan: Plan) -> str:
    """Return the name of a run's folder: protocol, version, and the start of its digest."""
    short = plan.loaded.digest.removeprefix("sha256:")[:8]
    return f"{plan.protocol.id}-{plan.protocol.version}-{short}"


def _evidence(
    plan: Plan,
    places: Mapping[str, Path],
    folder: RunFolder,
    checkpoints: Path,
    progress: Progress,
) -> Bundle:
    trail = folder.trail
    trail.record("planned", protocol=plan.loaded.digest, source=plan.loaded.source_digest)
    cohorts = read_cohorts(plan, places, progress)
    for name, cohort in cohorts.items():
        trail.record("read a data set", dataset=name, **_facts(cohort))
    criteria = tuple(_criterion(entry) for entry in plan.protocol.criteria)
    split = split_of(plan, cohorts)
    gate = stand_at_gate(plan, cohorts, split, criteria, progress)
    _keep_gate(gate, folder)
    study = make_study(plan, cohorts, split, progress, checkpoints=checkpoints)
    _keep_models(study, folder)
    trail.record("opened the labels", populations=[p.name for p in study.inputs.populations])
    write_predictions(study.inputs.populations, folder)
    later = [planned for planned in plan.checks if not planned.check.is_gate]
    ran = [*gate.outputs, *run_checks(later, study.inputs, plan.protocol.seed, progress)]
    outputs = _in_order(plan, ran)
    findings = tuple(finding for _, output in outputs for finding in output.findings)
    cards = _cards(plan, study)
    bundle = Bundle(
        protocol=plan.protocol.model_dump(mode="json"),
        protocol_source=plan.loaded.source.decode(),
        protocol_digest=plan.loaded.digest,
        software_version=__version__,
        cohorts=summaries(plan, study),
        model=cards[0],
        comparators=tuple(cards[1:]),
        operating_point=study.operating_point,
        steps=tuple(record for record, _ in outputs),
        findings=findings,
        figures=tuple(figure for _, output in outputs for figure in output.figures),
        tables=tuple(table for _, output in outputs for table in output.tables),
        criteria=criteria,
        verdicts=judge(criteria, findings),
        environment=environment(),
        attachments=_attachments(cohorts),
    )
    write_bundle(bundle, folder)
    trail.record("judged", **{verdict.criterion: verdict.outcome for verdict in bundle.verdicts})
    return bundle


def _keep_gate(gate: Gate, folder: RunFolder) -> None:
    """Record the verdicts of the gate; where one ends the run, keep its findings and stop."""
    outcomes = {verdict.criterion: verdict.outcome for verdict in gate.verdicts}
    folder.trail.record("looked for leaks before training", **outcomes)
    if gate.problems:
        findings = [finding for _, output in gate.outputs for finding in output.findings]
        folder.write_json("gate.json", {"schema_version": 1, "findings": plain(findings)})
    gather(list(gate.problems))


def _in_order(
    plan: Plan, ran: Sequence[tuple[StepRecord, CheckOutput]]
) -> list[tuple[StepRecord, CheckOutput]]:
    """Return what the steps gave in the order of the protocol."""
    order = [planned.step for planned in plan.checks]
    return sorted(ran, key=lambda one: order.index(one[0].id))


def _keep_models(study: Study, folder: RunFolder) -> None:
    for number, model in enumerate(study.models):
        artefact = model.artefact()
        folder.write(f"models/{number}-{model.name}.bin", artefact)
        folder.trail.record("trained a model", model=model.name, weights=digest_bytes(artefact))


def _facts(cohort: Cohort) -> dict[str, object]:
    return {
        "fingerprint": cohort.provenance.fingerprint,
        "units": cohort.size,
        "events": cohort.n_events,
    }


def _criterion(entry: object) -> Criterion:
    fields = dict(vars(entry))
    fields["finding"] = fields["finding"].key
    del fields["expected"]  # it plans the size of the study; no verdict reads it
    return Criterion(**fields)


def _cards(plan: Plan, study: Study) -> list[dict[str, object]]:
    if not study.models:
        model = plan.protocol.model.model_dump(mode="json")
        card = {"title": model["name"], "family": "black box", **model}
        others = [{"name": name, "title": name} for name in model["comparators"]]
        return [card, *others]
    trained = [
        {
            "name": model.name,
            "title": bound.recipe.title,
            "card": bound.recipe.card.model_dump(mode="json"),
            "recipe": bound.recipe.model_dump(mode="json", exclude={"card"}),
            "training": plain(model.card),
        }
        for bound, model in zip(plan.models, study.models, strict=True)
    ]
    names = getattr(plan.protocol.model, "scores", None) or ()
    return trained + [_card_of_score(name, study.cohorts) for name in names]


def _card_of_score(name: str, cohorts: Mapping[str, Cohort]) -> dict[str, object]:
    where = ", ".join(key for key, cohort in cohorts.items() if name in cohort.scores)
    summary = f"Predictions that came with the data ({where}), compared where a unit has one."
    return {"name": name, "title": name, "card": {"summary": summary}}


def _attachments(cohorts: Mapping[str, Cohort]) -> dict[str, object]:
    attachments: dict[str, object] = {"requirement_digests": _requirements().digests()}
    for cohort in cohorts.values():
        attachments |= cohort.attachments
    return attachments


def write_reports(bundle: Bundle, out: Path, name: str) -> dict[str, Path]:
    """Write the PDF, the HTML page and the matrix from a bundle alone."""
    templates = shipped("templates")
    matrix = trace_matrix(bundle, _requirements())
    tree = document(bundle, matrix)
    paths = {
        "pdf": out / f"{name}.pdf",
        "html": out / f"{name}.html",
        "matrix": out / f"{name}-traceability.csv",
    }
    paths["html"].write_text(render_html(tree, templates), encoding="utf-8")
    write_csv(matrix, paths["matrix"])
    write_pdf(tree, templates, paths["pdf"], REPORT_EPOCH)
    return paths


def remade(evidence: Path, out: Path) -> Run:
    """Make the reports of a bundle anew, without data or model."""
    bundle = read_bundle(evidence)
    out.mkdir(parents=True, exist_ok=True)
    return Run(bundle=bundle, evidence=evidence, reports=write_reports(bundle, out, evidence.name))


def _requirements() -> Requirements:
    return load_requirements(shipped("traceability"))


def _why(error: BaseException) -> str:
    if isinstance(error, CannotRun):
        return "; ".join(f"{problem.where}: {problem.found}" for problem in error.problems)
    return type(error).__name__
