"""Which populations are compared with which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import IntArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import did_you_mean
from samd_validate.core.finding import ALL
from samd_validate.core.inputs import Inputs
from samd_validate.core.seeds import step_generator
from samd_validate.stats.drift.groups import Groups, groups_of

DEVELOPMENT = "development"
MOST_SITES = 8


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A cohort held against a reference; ``population`` and ``subset`` address its findings."""

    population: str
    subset: str
    reference_name: str
    reference: Cohort
    other: Cohort

    @property
    def title(self) -> str:
        """Return the words for a reader."""
        other = self.population if self.subset == ALL else f"{self.population}, {self.subset}"
        return f"{other} against {self.reference_name}"

    @property
    def id(self) -> str:
        """Return what tells the figures of one comparison from those of another."""
        return self.population if self.subset == ALL else f"{self.population}-{self.subset}"

    @property
    def groups(self) -> Groups:
        """Return the rows of both cohorts, the reference first."""
        return groups_of(self.reference.patient_id, self.other.patient_id)

    def sampled(self, most: int, seed: int) -> Compared:
        """Return the comparison of at most so many rows of each, drawn at random.

        The same of a reference are drawn, whatever it is compared with.
        """
        chosen = [
            cohort.take(_drawn(cohort.size, most, seed, name))
            for name, cohort in ((self.reference_name, self.reference), (self.id, self.other))
        ]
        return Compared(
            population=self.population,
            subset=self.subset,
            reference_name=self.reference_name,
            reference=chosen[0],
            other=chosen[1],
        )


def _drawn(size: int, most: int, seed: int, words: str) -> IntArray:
    rows = np.arange(size, dtype=np.int64)
    if size > most:
        rows = np.sort(step_generator(seed, f"drift/{words}").permutation(rows)[:most])
    return rows


def comparisons(
    inputs: Inputs, reference: str | None, *, with_internal: bool
) -> tuple[tuple[Compared, ...], tuple[str, ...]]:
    """Return what is compared, and words on what could not be.

    The reference is the development part; without one (a device known by its predictions) the
    population that is named, or the first. A single population is compared by site: each of the
    largest with the largest.
    """
    known: dict[str, Cohort] = {}
    if inputs.development is not None:
        known[DEVELOPMENT] = inputs.development
    known |= {population.name: population.cohort for population in inputs.populations}
    name = reference or next(iter(known))
    if name not in known:
        return (), (f"the reference {name!r} is no population: {did_you_mean(name, known)}",)
    if len(known) == 1:
        return _by_site(name, known[name])
    internal = () if with_internal else tuple(one.name for one in inputs.internal)
    others = {key: one for key, one in known.items() if key not in (name, DEVELOPMENT, *internal)}
    return tuple(_compared(name, known, key) for key in others), ()


def _compared(name: str, known: Mapping[str, Cohort], other: str) -> Compared:
    return Compared(
        population=other,
        subset=ALL,
        reference_name=name,
        reference=known[name],
        other=known[other],
    )


def _by_site(name: str, cohort: Cohort) -> tuple[tuple[Compared, ...], tuple[str, ...]]:
    sites, counts = np.unique(cohort.site, return_counts=True)
    if sites.size == 1:
        return (), ("there is one population of one site: nothing to compare it with",)
    order = np.argsort(-counts, kind="stable")
    largest = str(sites[order[0]])
    found = [
        Compared(
            population=name,
            subset=f"site={site}",
            reference_name=f"site {largest}",
            reference=cohort.take(cohort.site == largest),
            other=cohort.take(cohort.site == site),
        )
        for site in sites[order[1 : 1 + MOST_SITES]].tolist()
    ]
    left = sites.size - 1 - len(found)
    return tuple(found), (f"{left} smaller sites were not compared",) if left else ()
