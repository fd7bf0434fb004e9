"""Every estimate again: from the predictions that a bundle keeps, or from the data themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from samd_validate import __version__
from samd_validate.core.bundle import Bundle
from samd_validate.core.canonical import plain
from samd_validate.core.errors import CannotRun
from samd_validate.core.finding import Finding
from samd_validate.core.inputs import Inputs
from samd_validate.core.kinds import PlannedCheck
from samd_validate.core.model import Progress, no_progress
from samd_validate.evidence.bundle import PROTOCOL_SOURCE, read_bundle
from samd_validate.evidence.folder import MANIFEST_FILE
from samd_validate.evidence.stored import OF_INPUTS, Missing, NotStored, read_population
from samd_validate.evidence.verification.item import Item, failed, held, named, not_possible, ok
from samd_validate.evidence.verification.seals import read_manifest
from samd_validate.evidence.verify import AGAIN_ITEM
from samd_validate.execute import run_checks
from samd_validate.pipeline import planned, sealed_run
from samd_validate.plan import Plan
from samd_validate.protocol.lock import Lock, lock_path
from samd_validate.protocol.schema import PredictionsFile
from samd_validate.record import Options
from samd_validate.study import intervals_of

CLOSE_ENOUGH = 1e-9
"""Relative difference up to which other versions of the numerical libraries may round."""
FINDINGS = "findings.json"
OUTCOMES = (("findings", FINDINGS), ("verdicts", "verdicts.json"), ("models", "models/"))
OF_PLACE = ("environment.json", "sbom.cdx.json", "predictions/", "cases/", "run.json")
"""What another machine writes otherwise: its packages, and pseudonyms under a key of its own."""


def recompute_items(folder: Path, progress: Progress = no_progress) -> tuple[Item, ...]:
    """Calculate every estimate again that follows from the stored predictions, step by step.

    A step that needs data or model is not possible, and says what it needs.
    """
    name = AGAIN_ITEM
    try:
        bundle = read_bundle(folder)
        if not bundle.has_predictions:
            return (not_possible(name, "the scores of cases were left out of this bundle"),)
        plan = planned(folder / PROTOCOL_SOURCE)
        inputs = _inputs(folder, bundle, plan)
    except CannotRun as error:
        return (not_possible(name, f"{error.problems[0].where}: {error.problems[0].found}"),)
    except (ValueError, OSError, KeyError) as error:
        return (failed(name, f"predictions that cannot be read ({error})", ["predictions/"]),)
    program = f"made by {bundle.software_version}, recomputed by {__version__}"
    steps = [_step_item(one, bundle, inputs, plan, progress) for one in plan.checks]
    return (ok("the program that recomputes", program), *steps)


def _inputs(folder: Path, bundle: Bundle, plan: Plan) -> Inputs:
    protocol, point = plan.protocol, bundle.operating_point
    homes = {cohort.id: cohort for cohort in bundle.cohorts}
    names = [one.id for one in protocol.datasets if (_place(folder, one.id)).is_file()]
    listed = ["test", *names] if _place(folder, "test").is_file() and "test" not in names else names
    populations = tuple(
        read_population(
            name,
            _place(folder, name).read_bytes(),
            homes.get(name, bundle.cohorts[0]).provenance,
            is_external=name in homes,
        )
        for name in listed
    )
    is_trained = not isinstance(protocol.model, PredictionsFile)
    missing: dict[str, Any] = {name: Missing(name) for name in OF_INPUTS if is_trained}
    return Inputs(
        populations=populations,
        intervals=intervals_of(plan),
        threshold=None if point is None else point.threshold,
        threshold_origin="" if point is None else point.origin,
        **missing,
    )


def _place(folder: Path, name: str) -> Path:
    return folder / "predictions" / f"{name}.parquet"


def _step_item(
    one: PlannedCheck, bundle: Bundle, inputs: Inputs, plan: Plan, progress: Progress
) -> Item:
    name = f"step {one.step} recomputed"
    recorded = [finding for finding in bundle.findings if finding.check == one.step]
    if one.check.is_gate:
        return not_possible(name, "needs the data themselves: it looks at them before training")
    try:
        ((_, output),) = run_checks([one], inputs, plan.protocol.seed, progress)
    except NotStored as missing:
        return not_possible(name, f"needs {missing}")
    except (CannotRun, ValueError, KeyError) as error:
        return not_possible(name, f"does not run without the data ({type(error).__name__})")
    differing, rounded = compare(recorded, output.findings)
    if not differing and rounded:
        return ok(name, f"{len(recorded)} findings; rounded otherwise: {named(rounded)}")
    return held(
        name, differing, f"{len(recorded)} findings, the same to the last digit", [FINDINGS]
    )


def compare(recorded: Sequence[Finding], again: Sequence[Finding]) -> tuple[list[str], list[str]]:
    """Return in words what differs, and what differs by rounding alone."""
    had, has = ({one.key: plain(one.measurement) for one in list_} for list_ in (recorded, again))
    differing = [f"{key} is recorded, but not found again" for key in had if key not in has]
    differing += [f"{key} is not recorded" for key in has if key not in had]
    rounded: list[str] = []
    for key in had.keys() & has.keys():
        for words, is_rounding in _differences(key, had[key], has[key]):
            (rounded if is_rounding else differing).append(words)
    return sorted(differing), sorted(rounded)


def _differences(
    key: str, had: Mapping[str, object], has: Mapping[str, object]
) -> Iterator[tuple[str, bool]]:
    for field in sorted(had.keys() | has.keys()):
        left, right = had.get(field), has.get(field)
        if left == right:
            continue
        if isinstance(left, float) and isinstance(right, float):
            gap = abs(left - right) / max(abs(left), abs(right))
            digits = max(0, math.floor(-math.log10(gap)))
            words = f"{key} {field}: {left!r} recorded, {right!r} again, {digits} digits agree"
            yield words, gap <= CLOSE_ENOUGH
        else:
            yield f"{key} {field}: {left!r} recorded, {right!r} again", False


def rerun_items(
    folder: Path, places: Mapping[str, Path], ledger: Path | None, progress: Progress
) -> tuple[Item, ...]:
    """Carry out the protocol of a bundle again on its data, and compare what comes out.

    The labels are read again, and the ledger says so.

    Raises
    ------
    CannotRun
        If it cannot be carried out here: data, recipe or device are not at hand.
    """
    bundle = read_bundle(folder)
    with TemporaryDirectory(prefix="samd-validate-") as made:
        protocol = Path(made) / "protocol.yaml"
        protocol.write_bytes((folder / PROTOCOL_SOURCE).read_bytes())
        if "record" in bundle.lock:
            lock = Lock.model_validate(bundle.lock["record"])
            lock_path(protocol).write_bytes(lock.file_bytes())
        out = Path(made) / "runs"
        with sealed_run(protocol, places, out, progress, _options(bundle, ledger)) as again:
            return _same_files(_listed(folder), _listed(again))


def _options(bundle: Bundle, ledger: Path | None) -> Options:
    return Options(ledger=ledger, keeps_predictions=bundle.has_predictions)


def _listed(folder: Path) -> Mapping[str, object]:
    manifest = read_manifest((folder / MANIFEST_FILE).read_bytes())
    return {} if manifest is None else dict(manifest["files"])


def _same_files(had: Mapping[str, object], has: Mapping[str, object]) -> tuple[Item, ...]:
    differ = sorted(name for name in had.keys() | has.keys() if had.get(name) != has.get(name))
    items = []
    for title, start in OUTCOMES:
        among = [name for name in differ if name.startswith(start)]
        count = sum(name.startswith(start) for name in had)
        items.append(held(f"{title} of the rerun are the same", among, f"{count} files", among))
    of_place = [name for name in differ if name.startswith(OF_PLACE)]
    rest = [name for name in differ if name not in of_place]
    name = "the rerun gives the same content digest"
    if of_place and not rest:
        words = f"of another environment or key of pseudonyms: {named(of_place)}"
        return (*items, not_possible(name, words))
    return (*items, held(name, rest, f"{len(had)} files", rest))
