"""Whether performance holds over time: blocks of time, trend and season, and a control chart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from pydantic import Field

from samd_validate.checks._charts import CHARTS, as_measures, charts_of, drawn
from samd_validate.checks._common import Params, findings_of, sample_of
from samd_validate.checks._numbers import p_value_measure
from samd_validate.checks.groups.needed import LargeEnough, estimates_by_group
from samd_validate.core.arrays import BoolArray, FloatArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput, Figure, Finding
from samd_validate.core.inputs import Inputs, Population
from samd_validate.core.kinds import check
from samd_validate.stats.engine import MEASURES as KNOWN
from samd_validate.stats.time_course.terms import Course, time_course

ALLOWED = ("auroc", "auprc", "brier", "observed_expected_ratio", "calibration_in_the_large")
TREND, SEASON, SEASON_P = "time_trend", "season_range", "season_p_value"
MEASURES = (TREND, SEASON, SEASON_P, *CHARTS)


class TemporalDriftParams(Params):
    """By which column time is told, and what is looked for.

    ``order_by`` is a numeric column (days, months), or a column of groups whose levels sort in
    time (``2014 - 2016``); ``period`` is that of a season in the units of a numeric column;
    ``smoothing`` is the weight of the newest unit in the EWMA chart.
    """

    order_by: str
    blocks: int = Field(default=6, ge=2, le=60)
    measures: tuple[str, ...] = ("auroc", "observed_expected_ratio")
    period: float | None = Field(default=None, gt=0)
    smoothing: float = Field(default=0.01, gt=0, le=1)
    min_units: int = Field(default=50, ge=2)
    min_events: int = Field(default=10, ge=1)


@dataclass(frozen=True, kw_only=True)
class Times:
    """When each unit was: a number ``(n,)``, its block ``(n,)``, and the blocks in words."""

    when: FloatArray
    block: FloatArray
    names: tuple[str, ...]
    is_single: bool
    known: BoolArray


@check(
    "temporal_drift",
    version=2,
    params=TemporalDriftParams,
    measures=(*ALLOWED, *MEASURES),
    requirements=("REQ-MONITORING",),
)
def temporal_drift(step: str, inputs: Inputs, params: TemporalDriftParams) -> CheckOutput:
    """Measure performance in blocks of time, and look for trend, season and sudden change.

    Purpose: practice, patients and coding change; a device that was right may stop being so.
    Method: each measure in each block of time. Given the score, the log-odds of the outcome over
    time by logistic regression: a trend over the whole span and, where the protocol states a
    period, a season. Where every unit has a time of its own, a risk-adjusted CUSUM chart for odds
    doubled and halved, against risks recalibrated to all of the period, with a limit that is passed
    by chance in 5 of 100 such series; its p-value is the chance of as large a maximum. Beside it an
    EWMA chart of observed less expected, which forgets what is long past, with limits of the same
    kind on both sides.
    How to read it: a trend of 0.4 means one and a half times the odds of the outcome at the same
    score at the end of the span. A chart that passes its limit tells when a change began to show.
    The run length in control is after how many units, on average, a chart gives a false alarm.
    Limits: the charts look at the whole period in hindsight; one for monitoring starts from risks
    fixed beforehand. A change that is the same all the time is not seen here but in calibration.
    De-identified dates may be shifted by patient: such times tell nothing.
    """
    findings: list[Finding] = []
    figures: list[Figure] = []
    for population in inputs.populations:
        times = _times(population, params)
        if isinstance(times, NotEstimable):
            findings += findings_of(step, population.name, dict.fromkeys(MEASURES, times))
            continue
        blocks = _by_block(inputs, population, times, params)
        for name, measured in blocks.items():
            subset = f"{params.order_by}={name}"
            findings += findings_of(step, population.name, measured, subset=subset)
        figures.append(_blocks_figure(step, population, blocks, params))
        found, chart = _over_time(step, inputs, population, times, params)
        findings += findings_of(step, population.name, found)
        figures += chart
    return CheckOutput(findings=tuple(findings), figures=tuple(figures))


def _times(population: Population, params: TemporalDriftParams) -> Times | NotEstimable:
    cohort, name = population.cohort, params.order_by
    if name in cohort.numbers:
        when = np.asarray(cohort.numbers[name], dtype=np.float64)
        known = np.isfinite(when)
        if known.any():
            return _of_numbers(when, known, params.blocks)
    levels = cohort.groups.get(name)
    if levels is not None and (levels != "").any():
        known = levels != ""
        names, place = np.unique(levels[known], return_inverse=True)
        when = np.full(cohort.size, np.nan)
        when[known] = place
        return Times(
            when=when,
            block=when,
            names=tuple(str(one) for one in names),
            is_single=False,
            known=known,
        )
    columns = ", ".join((*cohort.numbers, *cohort.groups)) or "none"
    reason = f"no column {name!r} with a time; there are: {columns}"
    return NotEstimable(code="no_time", reason=reason, n=cohort.size)


def _of_numbers(when: FloatArray, known: BoolArray, blocks: int) -> Times:
    edges = np.unique(np.quantile(when[known], np.arange(blocks + 1) / blocks))
    block = np.clip(np.searchsorted(edges, when, side="right") - 1, 0, max(edges.size - 2, 0))
    names = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
    return Times(
        when=when,
        block=np.where(known, block, np.nan),
        names=tuple(names) or (f"{edges[0]:g}",),
        is_single=True,
        known=known,
    )


def _by_block(
    inputs: Inputs, population: Population, times: Times, params: TemporalDriftParams
) -> dict[str, dict[str, Measurement]]:
    masks = {name: times.block == number for number, name in enumerate(times.names)}
    sample = sample_of(population, inputs.threshold)
    asked = LargeEnough(units=params.min_units, events=params.min_events)
    return estimates_by_group(sample, masks, params.measures, asked, inputs.intervals)


def _over_time(
    step: str, inputs: Inputs, population: Population, times: Times, params: TemporalDriftParams
) -> tuple[dict[str, Measurement], list[Figure]]:
    sample = sample_of(population).take(times.known)
    when = times.when[times.known]
    course = time_course(sample, when, inputs.intervals.level, params.period)
    if isinstance(course, NotEstimable):
        return dict.fromkeys(MEASURES, course), []
    found = {TREND: course.trend, **_season(course)}
    if not times.is_single:
        reason = "units have no time of their own: a chart needs their order"
        none = NotEstimable(code="no_order", reason=reason, n=sample.n, n_events=sample.n_events)
        return found | dict.fromkeys(CHARTS, none), []
    order = np.argsort(when, kind="stable")
    label, expected = sample.label[order], course.expected[order]
    charts = charts_of(label, expected, params.smoothing, inputs.intervals.seed)
    axis = params.order_by.replace("_", " ")
    return found | as_measures(charts, course.trend), drawn(
        step, population.name, charts, when[order], axis
    )


def _season(course: Course) -> dict[str, Measurement]:
    season = course.season
    if season is None:
        reason = "the protocol states no period"
        none = NotEstimable(code="no_period", reason=reason, n=course.trend.n)
        return {SEASON: none, SEASON_P: none}
    p_value = float(season.p_value or 0)
    return {SEASON: season, SEASON_P: p_value_measure(p_value, season, "of sine and cosine, Wald")}


def _blocks_figure(
    step: str,
    population: Population,
    blocks: dict[str, dict[str, Measurement]],
    params: TemporalDriftParams,
) -> Figure:
    panels = []
    for measure in params.measures:
        points = []
        for number, measured in enumerate(blocks.values()):
            one = measured[measure]
            point: dict[str, object] = {"x": number + 1, "value": None, "low": None, "high": None}
            if isinstance(one, Estimate):
                point |= {"value": one.value, "low": one.low, "high": one.high}
            points.append(point)
        references = {"one": 1.0, "zero": 0.0}
        reference = references.get(KNOWN[measure].direction)
        panels.append({"measure": KNOWN[measure].title, "reference": reference, "points": points})
    return Figure(
        id=f"{step}-blocks-{population.name}",
        kind="dose_response",
        title=f"Performance over time, {population.name}",
        caption=f"Blocks of {params.order_by.replace('_', ' ')} in the order of time: "
        + "; ".join(f"{number + 1}: {name}" for number, name in enumerate(blocks))
        + ".",
        alt=f"Performance in {len(blocks)} blocks of time on {population.name}.",
        content={"panels": panels, "x_label": "block of time"},
    )
