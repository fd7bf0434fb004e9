"""Scores that came with the data: of a black-box device, or for comparison with a trained one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import Problem, did_you_mean, gather
from samd_validate.core.inputs import Population
from samd_validate.plan import Plan
from samd_validate.protocol.schema import PredictionsFile


def scores_that_came(plan: Plan, cohorts: Mapping[str, Cohort]) -> tuple[str, ...]:
    """Return the scores of the data that the protocol names as comparators, all of them known."""
    model = plan.protocol.model
    names = () if isinstance(model, PredictionsFile) else model.scores or ()
    known = sorted({name for cohort in cohorts.values() for name in cohort.scores})
    gather(
        [
            Problem(
                where="model.scores",
                found=f"no data set has scores named {name!r}",
                expected=did_you_mean(name, known) if known else "data sets that have scores",
                todo="correct model.scores, or leave it out",
            )
            for name in names
            if name not in known
        ]
    )
    return names


def with_scores(population: Population, names: Sequence[str]) -> Population:
    """Return the population with those of the scores that its data set has for any unit."""
    scores = population.cohort.scores
    found = {name: scores[name] for name in names if name in scores}
    found = {name: score for name, score in found.items() if np.isfinite(score).any()}
    return replace(population, comparators={**population.comparators, **found})


def refuse_lacking(model: PredictionsFile, cohorts: Mapping[str, Cohort]) -> None:
    """Raise if a data set lacks a score that the protocol names, or the device's for any unit."""
    columns = (model.score, *model.comparators)
    gather(
        [
            Problem(
                where=f"data set {name!r}",
                found=f"no scores named {column!r}",
                expected=did_you_mean(column, cohort.scores),
                todo="correct model.score or model.comparators",
            )
            for name, cohort in cohorts.items()
            for column in columns
            if column not in cohort.scores
        ]
    )
    gather(
        [
            Problem(
                where=f"data set {name!r}, score {model.score!r}",
                found=f"{lacking} of {cohort.size} units without a score",
                expected="a score of the device for every unit",
                todo="leave these units out of the data set, and say so in its flow",
            )
            for name, cohort in cohorts.items()
            if (lacking := int((~np.isfinite(cohort.scores[model.score])).sum()))
        ]
    )
