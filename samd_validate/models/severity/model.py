"""A severity score as a model: points of the first day, and risks learned on development."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from pydantic import BaseModel, ConfigDict

from samd_validate.core.arrays import FloatArray, IntArray
from samd_validate.core.canonical import canonical_bytes
from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun, Problem
from samd_validate.core.kinds import FitRequest
from samd_validate.models._recalibrate import Platt, learn_platt
from samd_validate.models.severity.components import Component, Scored
from samd_validate.models.severity.first_day import first_day

COLUMNS = ("component", "in the data set", "computed from", "stays with a value")


class SeverityParams(BaseModel):
    """A severity score has no hyper-parameters: its points are published."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, kw_only=True)
class SeverityModel:
    """Published points, and a logistic mapping from their sum to a risk."""

    name: str
    family: str
    components: tuple[Component, ...]
    platt: Platt
    card: Mapping[str, object]

    def predict(self, cohort: Cohort) -> FloatArray:
        """Return the risk of the sum of points, shape ``(n,)``."""
        return self.platt.apply(self.points(cohort))

    def points(self, cohort: Cohort) -> IntArray:
        """Return the sum of points, shape ``(n,)``; what is missing is scored as normal."""
        return total(self.components, cohort)

    def artefact(self) -> bytes:
        """Return the table of points and the mapping as canonical JSON."""
        table = {component.name: repr(component) for component in self.components}
        return canonical_bytes({"family": self.family, "points": table, "platt": self.platt})


def total(components: tuple[Component, ...], cohort: Cohort) -> IntArray:
    """Return the sum of points of every stay, shape ``(n,)``."""
    day = first_day(cohort)
    return np.asarray(sum(component.score(day).points for component in components))


def fit_severity(
    request: FitRequest, family: str, components: tuple[Component, ...]
) -> SeverityModel:
    """Learn the risk of a sum of points on the development part; the points stay as published.

    Raises
    ------
    CannotRun
        If a day was not observed, or the development part has one outcome only.
    """
    development = request.development
    if development.n_events in (0, development.size):
        raise CannotRun(_one_outcome(development))
    day = first_day(development)
    scored = {component.name: component.score(day) for component in components}
    points = np.asarray(sum(one.points for one in scored.values()), dtype=np.float64)
    platt = _risk_of(points, development)
    request.progress(f"training {request.name}", 1.0)
    model = SeverityModel(
        name=request.name, family=family, components=components, platt=platt, card={}
    )
    return replace(model, card=_card(request, family, scored, points, platt))


def _risk_of(points: FloatArray, development: Cohort) -> Platt:
    """Return the mapping; learned on standardised points, on which the search is well scaled."""
    centre, spread = float(points.mean()), float(points.std()) or 1.0
    found = learn_platt((points - centre) / spread, development.label)
    slope = found.slope / spread
    return Platt(slope=slope, intercept=found.intercept - slope * centre)


def _one_outcome(development: Cohort) -> Problem:
    return Problem(
        where="development part",
        found=f"{development.n_events} events in {development.size} units",
        expected="units with the event and units without",
        todo="use other data",
    )


def _card(
    request: FitRequest,
    family: str,
    scored: Mapping[str, Scored],
    points: FloatArray,
    platt: Platt,
) -> dict[str, object]:
    return {
        "family": family,
        "n_development": request.development.size,
        "n_development_events": request.development.n_events,
        "mean_points": float(points.mean()),
        "risk_of_points": {"slope": platt.slope, "intercept": platt.intercept},
        "tables": [_availability(request, scored)],
    }


def _availability(request: FitRequest, scored: Mapping[str, Scored]) -> dict[str, object]:
    """Return which components the development part had, and for how many stays."""
    rows = [
        [name, one.status, one.inputs or "nothing", f"{100 * float(one.known.mean()):.0f} %"]
        for name, one in scored.items()
    ]
    return {
        "title": f"Components of {request.name} in the development part",
        "caption": "What is missing was scored as normal. Partly: some inputs are not there, or "
        "say less than the table asks for.",
        "columns": list(COLUMNS),
        "rows": rows,
    }
