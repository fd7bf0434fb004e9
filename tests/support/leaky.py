"""A small clean study, and ways to make it leak."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort, TimeSeries
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.simulated_icu import SimulatedIcuParams, simulated_icu

PLAN = IntervalPlan(n_resamples=100, seed=3)


@dataclass(frozen=True, kw_only=True)
class MeanModel:
    """Scores a stay by its mean lactate; ``looks_ahead`` reads what comes after the window."""

    name: str = "mean"
    looks_ahead: bool = False
    mean: float = 0.0
    shows: bool = True

    @property
    def card(self) -> dict[str, object]:
        return {"variables": ["lactate"], "static_inputs": []} if self.shows else {}

    def predict(self, cohort: Cohort) -> FloatArray:
        series = cohort.series
        assert series is not None
        if not self.looks_ahead:
            series = series.only(series.known_at_prediction())
        place = [one.name for one in series.variables].index("lactate")
        chosen = series.variable_index == place
        count = np.bincount(series.unit_index[chosen], minlength=cohort.size)
        total = np.bincount(series.unit_index[chosen], series.value[chosen], cohort.size)
        mean = np.divide(total, count, out=np.zeros(cohort.size), where=count > 0)
        return np.asarray(1 / (1 + np.exp(2 - 0.3 * mean)))

    def artefact(self) -> bytes:
        return b""

    def learned(self) -> dict[str, float]:
        return {"lactate:mean": self.mean}

    def relearned(self, cohort: Cohort) -> dict[str, float]:
        return lactate_mean(cohort)


def lactate_mean(*cohorts: Cohort) -> dict[str, float]:
    values = []
    for cohort in cohorts:
        assert cohort.series is not None
        place = [one.name for one in cohort.series.variables].index("lactate")
        values.append(cohort.series.value[cohort.series.variable_index == place])
    return {"lactate:mean": float(np.concatenate(values).astype(np.float64).mean())}


def hospital(name: str, seed: int, stays: int = 600) -> Cohort:
    request = ReadRequest(dataset=name, place=None, seed=seed, window_hours=24)
    return simulated_icu.run(request, SimulatedIcuParams(site=name, stays=stays))  # type: ignore[arg-type]


def study(home: Cohort, away: Cohort, model: MeanModel | None = None) -> Inputs:
    """Return the inputs of a run: two thirds develop, the rest tune, the other hospital tests."""
    people = np.unique(home.patient_id)
    develops = np.isin(home.patient_id, people[: 2 * people.size // 3])
    development = home.take(develops)
    tuning = home.take(~develops)
    device = model or MeanModel(**{"mean": lactate_mean(development)["lactate:mean"]})
    return Inputs(
        populations=(
            Population(name="away", cohort=away, score=device.predict(away), is_external=True),
        ),
        intervals=PLAN,
        development=development,
        tuning=Population(name="tuning", cohort=tuning, score=device.predict(tuning)),
        model=device,
    )


def appended(cohort: Cohort, rows: dict[str, np.ndarray], **more: np.ndarray) -> Cohort:
    """Return the cohort with rows added to its series, sorted as a series must be."""
    series = cohort.series
    assert series is not None
    columns = {
        name: np.concatenate([getattr(series, name), rows[name]])
        for name in ("unit_index", "time_hours", "variable_index", "value")
    }
    order = np.lexsort((columns["variable_index"], columns["time_hours"], columns["unit_index"]))
    made = TimeSeries(
        variables=series.variables,
        window_hours=series.window_hours,
        **{name: column[order] for name, column in columns.items()},
    )
    return replace(cohort, series=made, **more)


def joined(first: Cohort, second: Cohort) -> Cohort:
    """Return the stays of both, in order."""
    a, b = first.series, second.series
    assert a is not None
    assert b is not None
    both = TimeSeries(
        variables=a.variables,
        unit_index=np.concatenate([a.unit_index, b.unit_index + first.size]),
        time_hours=np.concatenate([a.time_hours, b.time_hours]),
        variable_index=np.concatenate([a.variable_index, b.variable_index]),
        value=np.concatenate([a.value, b.value]),
        window_hours=a.window_hours,
    )
    columns = {
        name: np.concatenate([getattr(first, name), getattr(second, name)])
        for name in ("unit_id", "patient_id", "site", "label")
    }
    return Cohort(
        name=first.name,
        provenance=first.provenance,
        series=both,
        groups={k: np.concatenate([v, second.groups[k]]) for k, v in first.groups.items()},
        numbers={k: np.concatenate([v, second.numbers[k]]) for k, v in first.numbers.items()},
        **columns,
    )
