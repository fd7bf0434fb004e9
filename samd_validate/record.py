"""What a run is told to do, and what it writes down at each stage of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from samd_validate.core.canonical import digest_bytes, plain
from samd_validate.core.errors import gather
from samd_validate.core.looks import LookRecord
from samd_validate.core.model import Fed
from samd_validate.evidence.audit import AuditTrail
from samd_validate.evidence.claim import Claim
from samd_validate.evidence.environment import environment
from samd_validate.evidence.folder import RunFolder
from samd_validate.evidence.ledger import Scoring, ledger_folder
from samd_validate.evidence.locking import recipe_digests
from samd_validate.evidence.looks import look_record
from samd_validate.evidence.steps import code_digest
from samd_validate.gate import Gate
from samd_validate.plan import Plan
from samd_validate.study import Study
from samd_validate.trace.own import OwnTexts


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a run is carried out; nothing here moves a number.

    ``ledger`` is the folder of the ledger of looks at test labels (None: that of this place);
    ``is_resumed`` goes on with an interrupted run of the protocol where there is one;
    ``keeps_predictions`` is false where no case's numbers may leave this place.
    """

    ledger: Path | None = None
    is_resumed: bool = False
    keeps_predictions: bool = True


PLAIN = Options()


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be carried out: a plan with its lock, on which data, into which folder.

    ``texts`` are the requirements and hazards of the device.
    """

    plan: Plan
    lock: Mapping[str, object]
    places: Mapping[str, Path]
    out: Path
    options: Options
    texts: OwnTexts

    @property
    def name(self) -> str:
        """Return the name of the run's folder."""
        return run_name(self.plan)


def run_name(plan: Plan) -> str:
    """Return the name of a run's folder: protocol, version, and the start of its digest."""
    short = plan.loaded.digest.removeprefix("sha256:")[:8]
    return f"{plan.protocol.id}-{plan.protocol.version}-{short}"


def kept_beside(order: Order) -> Path:
    """Return where states of training and steps lie until the bundle is sealed."""
    return order.out / f"{order.name}.checkpoints"


def context(order: Order) -> dict[str, object]:
    """Return what every step depends on beside its own parameters and inputs."""
    plan, used = order.plan, environment()
    recipes = recipe_digests(plan)
    names = ("samd_validate", "python", "system", "packages")
    software = {name: used[name] for name in names}
    return {"protocol": plan.loaded.digest, "recipes": recipes, "code": code_digest(), **software}


def note_claim(claim: Claim, folder: RunFolder) -> None:
    """Record that the folder was held by a process that died."""
    if claim.left_by is not None:
        reason = "that process died without giving it back"
        folder.trail.record("took over the claim of a process", reason=reason, of=claim.left_by)


def note_plan(order: Order, trail: AuditTrail) -> None:
    """Record what is carried out, and whether it was locked."""
    loaded, lock = order.plan.loaded, order.lock
    objects = {"protocol": loaded.digest, "protocol_source": loaded.source_digest}
    if "lock_digest" in lock:
        objects["lock"] = str(lock["lock_digest"])
    trail.record("planned", objects=objects, reason=str(lock["why"]), lock=lock["state"])


def note_looks(order: Order, study: Study, folder: RunFolder) -> LookRecord:
    """Record, here and in the ledger, that the labels of test sets are scored from now on."""
    plan, populations = order.plan, study.inputs.populations
    scoring = Scoring(
        run=folder.run_id,
        protocol=plan.protocol.id,
        version=plan.protocol.version,
        digest=plan.loaded.digest,
        is_locked=order.lock["state"] == "locked",
    )
    place, level = ledger_folder(order.options.ledger), plan.protocol.intervals.level
    looks = look_record(place, scoring, populations, plan.protocol.looks, level)
    objects = {f"labels of {one.population}": one.labels for one in looks.looks}
    told = {"status": looks.status, "why": looks.why}
    names = [population.name for population in populations]
    folder.trail.record("opened the labels", objects=objects, populations=names, ledger=told)
    return looks


def keep_gate(gate: Gate, folder: RunFolder) -> None:
    """Record the verdicts of the gate; where one ends the run, keep its findings and stop."""
    outcomes = {verdict.criterion: verdict.outcome for verdict in gate.verdicts}
    folder.trail.record("looked for leaks before training", outcomes=outcomes)
    if gate.problems:
        findings = [finding for _, output in gate.outputs for finding in output.findings]
        folder.write_json("gate.json", {"schema_version": 1, "findings": plain(findings)})
    gather(list(gate.problems))


def waiting(study: Study) -> dict[str, object]:
    """Return the share of training time that networks waited for images, by model, if any did."""
    shares = {
        model.name: round(model.waited_share, 4) for model in study.models if isinstance(model, Fed)
    }
    return {"waited_for_images": shares} if shares else {}


def keep_models(study: Study, folder: RunFolder) -> None:
    """Keep the bytes of every model, and record their digests."""
    for number, model in enumerate(study.models):
        artefact = model.artefact()
        folder.write(f"models/{number}-{model.name}.bin", artefact)
        objects = {"model": digest_bytes(artefact)}
        folder.trail.record("trained a model", objects=objects, model=model.name)
