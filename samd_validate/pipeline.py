"""The whole story on one screen: protocol, plan, data, model, findings, verdicts, evidence."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from samd_validate import __version__
from samd_validate.cards import criteria_of, model_cards, seeds_of
from samd_validate.core.bundle import Bundle, StepRecord
from samd_validate.core.canonical import digest
from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.finding import CheckOutput
from samd_validate.core.model import Progress, no_progress
from samd_validate.evidence.bundle import read_bundle, write_bundle
from samd_validate.evidence.claim import Claim, claimed
from samd_validate.evidence.environment import environment
from samd_validate.evidence.folder import (
    RunFolder,
    interrupted,
    open_run,
    sealed_runs,
    take_up,
)
from samd_validate.evidence.locking import lock_state
from samd_validate.evidence.machine import machine
from samd_validate.evidence.predictions import write_cases, write_predictions
from samd_validate.evidence.sbom import SBOM_FILE, sbom_bytes
from samd_validate.evidence.steps import StepStore
from samd_validate.execute import run_checks
from samd_validate.gate import stand_at_gate
from samd_validate.judge import judge
from samd_validate.plan import Plan, make_plan
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.load import LoadedProtocol, load_protocol
from samd_validate.publish import known_requirements, places_of, write_reports
from samd_validate.reading import read_cohorts
from samd_validate.record import (
    PLAIN,
    Options,
    Order,
    context,
    keep_gate,
    keep_models,
    kept_beside,
    note_claim,
    note_looks,
    note_plan,
    run_name,
    waiting,
)
from samd_validate.report.model_card import MODEL_CARD_FILE, model_card
from samd_validate.study import make_study, split_of, summaries
from samd_validate.trace.analysis_plan import PlanRow, load_elements, plan_rows
from samd_validate.trace.own import OwnTexts, kept_texts, load_own, with_own
from samd_validate.trace.suspects import DIGESTS


@dataclass(frozen=True, kw_only=True)
class Run:
    """Where a finished run lies."""

    bundle: Bundle
    evidence: Path
    reports: Mapping[str, Path]


def planned(protocol: Path) -> Plan:
    """Load a protocol and bind it to code, without looking at data."""
    loaded = load_protocol(protocol)
    known = with_own(known_requirements(), own_texts(protocol, loaded))
    return make_plan(loaded, known.requirements, known.hazards)


def own_texts(protocol: Path, loaded: LoadedProtocol) -> OwnTexts:
    """Return the requirements and hazards of the device that a protocol names files of."""
    return load_own(protocol, loaded, known_requirements())


def run(
    protocol: Path,
    places: Mapping[str, Path],
    out: Path,
    progress: Progress = no_progress,
    options: Options = PLAIN,
) -> Run:
    """Carry out a protocol and leave a sealed bundle and its reports in ``out``.

    The state of training is kept beside it until the bundle is sealed: a run that was
    interrupted goes on from the last epoch when it is started again, to the same weights.

    Raises
    ------
    CannotRun
        With every problem. What had been recorded is kept in a folder named ``.stopped``.
    """
    with sealed_run(protocol, places, out, progress, options) as evidence:
        bundle = read_bundle(evidence)
        reports = places_of(out, evidence.name)
        is_done = options.is_resumed and all(path.is_file() for path in reports.values())
        if not is_done:
            progress("writing the report", 0.0)
            write_reports(evidence, out)
            progress("writing the report", 1.0)
    return Run(bundle=bundle, evidence=evidence, reports=reports)


@contextmanager
def sealed_run(
    protocol: Path,
    places: Mapping[str, Path],
    out: Path,
    progress: Progress = no_progress,
    options: Options = PLAIN,
) -> Iterator[Path]:
    """Carry out a protocol up to its sealed folder, and hold its name in ``out`` in the block."""
    plan = planned(protocol)
    lock = lock_state(protocol, plan)
    with claimed(out, run_name(plan)) as claim:
        order = Order(
            plan=plan,
            lock=lock,
            places=places,
            out=out,
            options=options,
            texts=own_texts(protocol, plan.loaded),
        )
        for left in out.glob(f".{order.name}*.part"):  # half a report of a run that was killed
            left.unlink()
        evidence = _whole(order) or sealed(order, claim, progress)
        shutil.rmtree(kept_beside(order), ignore_errors=True)  # a family may keep none
        yield evidence


def planned_answers(protocol: Path, plan: Plan) -> tuple[PlanRow, ...]:
    """Return what a protocol answers of each element of a statistical analysis plan."""
    return plan_rows(load_elements(shipped("traceability")), plan, lock_state(protocol, plan))


def sealed(order: Order, claim: Claim, progress: Progress) -> Path:
    """Carry out an order up to its sealed folder, and return that."""
    name, steps = order.name, kept_beside(order) / "steps"
    folder = take_up(order.out, name) if order.options.is_resumed else None
    if not order.options.is_resumed:
        shutil.rmtree(steps, ignore_errors=True)
    folder = folder or open_run(order.out, name)
    try:
        note_claim(claim, folder)
        _evidence(order, folder, StepStore(steps, context(order)), progress)
        return folder.seal()
    except BaseException as error:
        folder.abandon(_why(error))
        raise


def _whole(order: Order) -> Path | None:
    """Return the last sealed folder if the run is to be gone on with and nothing is left to do."""
    name = order.name
    if not order.options.is_resumed or interrupted(order.out, name) is not None:
        return None
    whole = sealed_runs(order.out, name)
    return whole[-1] if whole else None


def _evidence(order: Order, folder: RunFolder, kept: StepStore, progress: Progress) -> None:
    plan, trail = order.plan, folder.trail
    note_plan(order, trail)
    cohorts = read_cohorts(plan, order.places, progress)
    for name, cohort in cohorts.items():
        objects = {"data": cohort.provenance.fingerprint}
        counts = {"units": cohort.size, "events": cohort.n_events}
        trail.record("read a data set", objects=objects, dataset=name, counts=counts)
    criteria = criteria_of(plan)
    split = split_of(plan, cohorts)
    gate = stand_at_gate(plan, cohorts, split, criteria, progress, kept)
    keep_gate(gate, folder)
    study = make_study(plan, cohorts, split, progress, checkpoints=kept_beside(order))
    keep_models(study, folder)
    looks = note_looks(order, study, folder)
    if order.options.keeps_predictions:
        write_predictions(study.inputs.populations, folder)
    later = [planned for planned in plan.checks if not planned.check.is_gate]
    ran = [*gate.outputs, *run_checks(later, study.inputs, plan.protocol.seed, progress, kept)]
    trail.record("ran the checks", objects=kept.digests, taken_from_before=kept.taken)
    outputs = _in_order(plan, ran)
    if order.options.keeps_predictions:
        tables = [table for _, output in outputs for table in output.cases]
        write_cases(tables, study.inputs.populations, folder)
    findings = tuple(finding for _, output in outputs for finding in output.findings)
    cards = model_cards(plan, study)
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
        machine={**machine(), **waiting(study)},
        seeds=seeds_of(plan),
        has_predictions=order.options.keeps_predictions,
        attachments={**_attachments(cohorts, order.texts), "protocol_lock": order.lock},
        looks=looks,
    )
    write_bundle(bundle, folder)
    folder.write(SBOM_FILE, sbom_bytes())
    folder.write(MODEL_CARD_FILE, model_card(bundle).encode())
    outcomes = {verdict.criterion: verdict.outcome for verdict in bundle.all_verdicts}
    trail.record("judged", after=digest(bundle.verdicts), outcomes=outcomes)


def _in_order(
    plan: Plan, ran: Sequence[tuple[StepRecord, CheckOutput]]
) -> list[tuple[StepRecord, CheckOutput]]:
    """Return what the steps gave in the order of the protocol."""
    order = [planned.step for planned in plan.checks]
    return sorted(ran, key=lambda one: order.index(one[0].id))


def _attachments(cohorts: Mapping[str, Cohort], texts: OwnTexts) -> dict[str, object]:
    digests = with_own(known_requirements(), texts).digests()
    attachments: dict[str, object] = {DIGESTS: digests, **kept_texts(texts)}
    for cohort in cohorts.values():
        attachments |= cohort.attachments
    return attachments


def remade(evidence: Path, out: Path, page: str = "a4") -> Run:
    """Make the reports of a bundle anew, without data or model, on ``a4`` or ``letter``."""
    bundle = read_bundle(evidence)
    out.mkdir(parents=True, exist_ok=True)
    return Run(bundle=bundle, evidence=evidence, reports=write_reports(evidence, out, page=page))


def _why(error: BaseException) -> str:
    if isinstance(error, CannotRun):
        return "; ".join(f"{problem.where}: {problem.found}" for problem in error.problems)
    return type(error).__name__
