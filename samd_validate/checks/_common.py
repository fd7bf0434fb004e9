"""What several checks share: samples of populations, subsets of groups, findings of estimates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from pydantic import BaseModel, ConfigDict

from samd_validate.core.arrays import BoolArray, Column
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Measurement
from samd_validate.core.finding import ALL, Finding
from samd_validate.core.inputs import Inputs, Population
from samd_validate.stats.sample import Sample


class Params(BaseModel):
    """Parameters of a check: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoParams(Params):
    """A check without parameters."""


def sample_of(
    population: Population, threshold: float | None = None, score: Column | None = None
) -> Sample:
    """Return the statistical sample of a population, clustered by patient."""
    return Sample(
        label=population.cohort.label,
        score=population.score if score is None else score,
        cluster=population.cohort.patient_id,
        threshold=threshold,
    )


def samples_of(population: Population) -> Mapping[str, Sample]:
    """Return the samples of the device and of its comparators, each on the units it scored."""
    samples = {"device": sample_of(population)}
    return samples | {name: compared(population, name)[1] for name in population.comparators}


def compared(population: Population, comparator: str) -> tuple[Sample, Sample]:
    """Return the samples of the device and of a comparator on the units that both scored.

    A score that came with the data may be missing (NaN) for some units.
    """
    score = population.comparators[comparator]
    both = np.isfinite(score)
    cohort = population.cohort
    return (
        _sample(cohort, population.score, both),
        _sample(cohort, score, both),
    )


def _sample(cohort: Cohort, score: Column, rows: BoolArray) -> Sample:
    return Sample(label=cohort.label[rows], score=score[rows], cluster=cohort.patient_id[rows])


def findings_of(
    step: str,
    population: str,
    measurements: Mapping[str, Measurement],
    *,
    subset: str = ALL,
    model: str = "device",
    figures: tuple[str, ...] = (),
) -> list[Finding]:
    """Return one finding per measurement."""
    return [
        Finding(
            check=step,
            measure=measure,
            population=population,
            subset=subset,
            measurement=measurement,
            model=model,
            figures=figures,
        )
        for measure, measurement in measurements.items()
    ]


def subsets_of(cohort: Cohort, groups: Iterable[str]) -> dict[str, BoolArray]:
    """Return a mask for each level of each group, ``"<group>=<level>"``; unknown is left out."""
    subsets: dict[str, BoolArray] = {}
    for group in groups:
        column = column_of(cohort, group)
        for level in np.unique(column).tolist():
            if level != "":
                subsets[f"{group}={level}"] = column == level
    return subsets


def column_of(cohort: Cohort, group: str) -> Column:
    """Return a categorical column; ``site`` is one of them, an absent one is all unknown."""
    if group == "site":
        return cohort.site
    return cohort.groups.get(group, np.full(cohort.size, ""))


def population_title(inputs: Inputs, name: str) -> str:
    """Return the words for a population."""
    external = {population.name for population in inputs.external}
    return f"external set {name}" if name in external else f"internal {name} part"
