"""The data side of a run: cohorts divided, learned from, and scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from samd_validate.binding import PlannedModel, PlannedRead
from samd_validate.core.arrays import FloatArray
from samd_validate.core.bundle import CohortSummary, OperatingPoint
from samd_validate.core.cohort import Cohort, Split
from samd_validate.core.errors import Problem, did_you_mean, gather
from samd_validate.core.images import Segmentation
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import FitRequest
from samd_validate.core.merkle import merkle_root
from samd_validate.core.model import Model, Progress, Refit, Segmenting
from samd_validate.core.seeds import step_seed
from samd_validate.divide import divide
from samd_validate.plan import Plan
from samd_validate.protocol.schema import OperatingPointRule, PredictionsFile
from samd_validate.scores import refuse_lacking, scores_that_came, with_scores
from samd_validate.stats.engine import choose_threshold


@dataclass(frozen=True, kw_only=True)
class Study:
    """Everything that checks are made on, and what the bundle says of it."""

    inputs: Inputs
    models: tuple[Model, ...]
    cohorts: Mapping[str, Cohort]
    split: Split | None
    operating_point: OperatingPoint | None


def split_of(plan: Plan, cohorts: Mapping[str, Cohort]) -> Split | None:
    """Return the development data set divided; None where nothing is trained here."""
    protocol = plan.protocol
    if isinstance(protocol.model, PredictionsFile):
        return None
    home = next(d.id for d in protocol.datasets if d.role == "development")
    if protocol.split is None:
        raise ValueError("a plan with a recipe has a split")
    return divide(cohorts[home], protocol.split, protocol.seed)


def make_study(
    plan: Plan,
    cohorts: Mapping[str, Cohort],
    split: Split | None,
    progress: Progress,
    checkpoints: Path | None = None,
) -> Study:
    """Train and score, or take the scores that came with the data.

    ``checkpoints`` is a folder for the state of training after every epoch.
    """
    if isinstance(plan.protocol.model, PredictionsFile):
        return _black_box(plan, plan.protocol.model, cohorts)
    if split is None:
        raise ValueError("a recipe is trained on a split")
    return _trained(plan, cohorts, split, progress, checkpoints)


def _trained(
    plan: Plan,
    cohorts: Mapping[str, Cohort],
    split: Split,
    progress: Progress,
    checkpoints: Path | None,
) -> Study:
    protocol = plan.protocol
    development, tuning = split.part("development"), split.part("tuning")
    request = FitRequest(
        name="",
        development=development,
        tuning=tuning,
        variables=chosen_variables(protocol.variables, development),
        seed=protocol.seed,
        progress=progress,
        checkpoint_place=None if checkpoints is None else str(checkpoints),
    )
    came_with = scores_that_came(plan, cohorts)
    models = tuple(_fit(planned, request) for planned in plan.models)
    tuned = _scored("tuning", tuning, models, is_external=False, progress=progress)
    populations = [
        _scored(d.id, cohorts[d.id], models, is_external=True, progress=progress)
        for d in protocol.datasets
        if d.role == "external"
    ]
    if split.test.size:
        test = _scored("test", split.part("test"), models, is_external=False, progress=progress)
        populations.insert(0, test)
    populations = [with_scores(population, came_with) for population in populations]
    point = _operating_point(protocol.operating_point, tuned)
    inputs = Inputs(
        populations=tuple(populations),
        intervals=intervals_of(plan),
        development=development,
        tuning=tuned,
        model=models[0],
        threshold=None if point is None else point.threshold,
        threshold_origin="" if point is None else point.origin,
        refit=_refit(plan.models[0], request),
    )
    return Study(inputs=inputs, models=models, cohorts=cohorts, split=split, operating_point=point)


def chosen_variables(wanted: str | Sequence[str], cohort: Cohort) -> tuple[str, ...]:
    """Return the variables that the protocol names; all of the data set's for ``"all"``."""
    known = [] if cohort.series is None else [v.name for v in cohort.series.variables]
    if isinstance(wanted, str):
        return tuple(known)
    gather(
        [
            Problem(
                where="variables",
                found=f"{name!r}",
                expected=did_you_mean(name, known),
                todo="name variables that the data set has",
            )
            for name in wanted
            if name not in known
        ]
    )
    return tuple(wanted)


def _fit(planned: PlannedModel, request: FitRequest) -> Model:
    name = planned.recipe.name
    mine = replace(request, name=name, seed=step_seed(request.seed, f"model/{name}"))
    model: Model = planned.family.run(mine, planned.params)
    return model


def _refit(planned: PlannedModel, request: FitRequest) -> Refit:
    """Return a way to fit a model again with some of its recipe's parameters changed."""

    def refit(
        changed: Mapping[str, object],
        *,
        development: Cohort | None = None,
        tuning: Cohort | None = None,
        repeat: int = 0,
    ) -> Model:
        try:
            params = planned.family.params.model_validate({**planned.recipe.params, **changed})
        except ValidationError as error:
            raise ValueError("; ".join(one["msg"] for one in error.errors())) from None
        parts = replace(
            request,
            development=development or request.development,
            tuning=tuning or request.tuning,
            seed=step_seed(request.seed, f"repeat/{repeat}") if repeat else request.seed,
        )
        return _fit(replace(planned, params=params), parts)

    return refit


def _scored(
    name: str, cohort: Cohort, models: Sequence[Model], *, is_external: bool, progress: Progress
) -> Population:
    progress(f"predicting {name}", 0.0)
    names = ("device", *(model.name for model in models[1:]))
    drawn = {
        key: model.segmented(cohort, progress)
        for key, model in zip(names, models, strict=True)
        if isinstance(model, Segmenting)
    }
    scores = {
        key: _largest(drawn[key], cohort.size) if key in drawn else model.predict(cohort)
        for key, model in zip(names, models, strict=True)
    }
    progress(f"predicting {name}", 1.0)
    return Population(
        name=name,
        cohort=cohort,
        score=scores.pop("device"),
        comparators=scores,
        segmentations=drawn,
        is_external=is_external,
    )


def _largest(segmentation: Segmentation, n: int) -> FloatArray:
    """Return the largest pixel probability of each image, read one at a time."""
    return np.array([float(segmentation.probability(row).max()) for row in range(n)])


def _black_box(plan: Plan, model: PredictionsFile, cohorts: Mapping[str, Cohort]) -> Study:
    refuse_lacking(model, cohorts)
    populations = tuple(
        Population(
            name=name,
            cohort=cohort,
            score=cohort.scores[model.score],
            comparators={column: cohort.scores[column] for column in model.comparators},
            is_external=True,
        )
        for name, cohort in cohorts.items()
    )
    point = _operating_point(plan.protocol.operating_point, None)
    inputs = Inputs(
        populations=populations,
        intervals=intervals_of(plan),
        threshold=None if point is None else point.threshold,
        threshold_origin="" if point is None else point.origin,
    )
    return Study(inputs=inputs, models=(), cohorts=cohorts, split=None, operating_point=point)


def intervals_of(plan: Plan) -> IntervalPlan:
    """Return the plan of intervals that the protocol asks for."""
    intervals = plan.protocol.intervals
    return IntervalPlan(
        level=intervals.level,
        n_resamples=intervals.resamples,
        seed=plan.protocol.seed,
        method=intervals.method,
        is_stratified=intervals.stratified,
    )


def _operating_point(
    rule: OperatingPointRule | None, tuned: Population | None
) -> OperatingPoint | None:
    if rule is None:
        return None
    if rule.threshold is not None:
        return OperatingPoint(threshold=rule.threshold, origin=f"Given: {rule.origin}")
    if tuned is None:
        raise ValueError("a threshold can only be chosen on a tuning part")
    label, score = np.asarray(tuned.cohort.label), _floats(tuned)
    threshold = choose_threshold(str(rule.choose), label, score, rule.target)
    target = "" if rule.target is None else f" (target {rule.target:g})"
    words = (
        f"Chosen on the tuning part ({tuned.cohort.size} stays, {tuned.cohort.n_events} events) "
        f"by the rule {rule.choose}{target}, before test labels were read."
    )
    return OperatingPoint(threshold=float(threshold), origin=words)


def _floats(population: Population) -> FloatArray:
    return np.asarray(population.score, dtype=np.float64)


def summaries(plan: Plan, study: Study) -> tuple[CohortSummary, ...]:
    """Return what the bundle says of each data set: counts, flow, provenance; no rows."""
    return tuple(
        _summary(planned, study.cohorts[planned.dataset.id], study) for planned in plan.reads
    )


def _summary(planned: PlannedRead, cohort: Cohort, study: Study) -> CohortSummary:
    parts = {planned.dataset.id: _counts(cohort)}
    if study.split is not None and planned.dataset.role == "development":
        names = (
            ("development", "tuning", "test")
            if study.split.test.size
            else ("development", "tuning")
        )
        parts = {name: _counts(study.split.part(name)) for name in names}
    return CohortSummary(
        id=planned.dataset.id,
        role=planned.dataset.role,
        reader=planned.dataset.reader,
        n_units=cohort.size,
        n_patients=int(np.unique(cohort.patient_id).size),
        n_events=cohort.n_events,
        n_sites=int(np.unique(cohort.site).size),
        flow=cohort.flow,
        provenance=cohort.provenance,
        parts=parts,
        merkle_root=merkle_root(cohort.provenance.files),
    )


def _counts(cohort: Cohort) -> dict[str, int]:
    patients = int(np.unique(cohort.patient_id).size)
    return {"units": cohort.size, "patients": patients, "events": cohort.n_events}
