"""Two simulated hospitals with a known truth: the embedded default of the toolkit."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.core.canonical import digest
from samd_validate.core.cohort import Cohort, FlowRow, Provenance, TimeSeries
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.readers.simulation.people import RIVERSIDE, SITES, People, Site, draw_people
from samd_validate.readers.simulation.variables import PANELS, SIMULATED, Panel, SimulatedVariable

SKIPPED = 0.04
ARTEFACTS = 0.002
REPEATED = 0.003
BETWEEN, WITHIN = 0.6, 0.5
MORNING_HOUR = 5.0


class SimulatedIcuParams(BaseModel):
    """Which hospital, how many stays, and whether anything is planted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    site: Literal["riverside", "hillcrest"]
    stays: int = Field(default=4000, ge=50, le=200_000)
    planted: bool = Field(
        default=True, description="false: the twin, whose two hospitals differ in nothing"
    )
    seed: int | None = Field(default=None, ge=0, description="null: from the protocol's seed")


@reader("simulated_icu", version=1, params=SimulatedIcuParams)
def simulated_icu(request: ReadRequest, params: SimulatedIcuParams) -> Cohort:
    """Draw ICU stays with irregular, informatively missing measurements at one of two sites.

    The second site differs in case mix and measuring habits, and in one subgroup more patients
    die than their measurements tell. What was planted, and what came of it in this draw, is the
    attachment ``simulation_truth_<data set>``. See docs/methods/simulated_icu.md.
    """
    site = SITES[params.site]
    if not params.planted:
        site = replace(RIVERSIDE, name=site.name)
    seed = request.seed if params.seed is None else params.seed
    generator = np.random.Generator(np.random.Philox(seed))
    people = draw_people(site, params.stays, generator)
    drawn = _measurements(site, people, request, generator)
    series, flow = _treated(drawn, request.window_hours)
    n = params.stays
    cohort = Cohort(
        name=request.dataset,
        unit_id=_names(site.name, "stay", np.arange(n)),
        patient_id=_names(site.name, "patient", people.patient),
        site=np.full(n, site.name),
        label=people.label,
        groups=people.groups,
        numbers={"age_years": people.age_years},
        units={"age_years": "years"},
        series=series,
        flow=(
            FlowRow(kind="start", reason="drawn", count=n),
            *flow,
            FlowRow(kind="kept", reason="in the cohort", count=n),
        ),
        provenance=_provenance(site, people, series),
        attachments={f"simulation_truth_{request.dataset}": truth(site, people, series, params)},
    )
    request.progress(f"reading {request.dataset}", 1.0)
    return cohort


def _names(site: str, what: str, numbers: Column) -> Column:
    return np.array([f"{site}-{what}-{number:06d}" for number in numbers.tolist()])


Drawn = tuple[Column, Column, Column, FloatArray]


def _measurements(
    site: Site, people: People, request: ReadRequest, generator: np.random.Generator
) -> Drawn:
    """Return unit, minute, variable and value of everything that was charted, errors included."""
    admission_hour = generator.random(people.label.size) * 24
    offsets = BETWEEN * generator.standard_normal((people.label.size, len(SIMULATED)))
    parts: list[Drawn] = []
    for number, panel in enumerate(PANELS):
        unit, hours = _panel_times(panel, site, people, admission_hour, request, generator)
        for index, simulated in enumerate(SIMULATED):
            if simulated.panel == panel.name:
                done = np.flatnonzero(generator.random(unit.size) >= SKIPPED)
                value = _values(
                    simulated,
                    people,
                    unit[done],
                    hours[done],
                    offsets[unit[done], index],
                    admission_hour,
                    request.window_hours,
                    generator,
                )
                minute = np.floor(60 * hours[done]).astype(np.int64)
                parts.append((unit[done], minute, np.full(done.size, index), value))
        request.progress(f"reading {request.dataset}", 0.8 * (number + 1) / len(PANELS))
    unit, minute, variable, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _with_errors(unit, minute, variable, value, generator)


def _panel_times(
    panel: Panel,
    site: Site,
    people: People,
    admission_hour: FloatArray,
    request: ReadRequest,
    generator: np.random.Generator,
) -> tuple[Column, FloatArray]:
    """Return unit and hour of each time a panel was measured: oftener in the sick."""
    n = people.label.size
    habit = site.laboratory_rate if panel.is_laboratory else site.vitals_rate
    sickness = np.clip((people.start + people.end).mean(axis=1) / 2, -2.5, 2.5)
    rate = panel.per_hour * habit * np.exp(panel.sicker * sickness)
    ordered = np.ones(n, dtype=np.bool_)
    if panel.ordered is not None:
        shift = site.lactate_ordered_shift if panel.name == "lactate" else 0.0
        chance = 1 / (1 + np.exp(-(panel.ordered + shift + panel.suspicion * sickness)))
        ordered = generator.random(n) < chance
    count = np.where(ordered, generator.poisson(rate * request.window_hours), 0)
    unit = np.repeat(np.arange(n), count)
    hours = generator.random(unit.size) * request.window_hours
    morning = generator.random(unit.size) < panel.morning
    day = np.floor(hours / 24)
    clock = MORNING_HOUR + 0.7 * generator.standard_normal(unit.size)
    at_morning = (clock - admission_hour[unit]) % 24 + 24 * day
    hours = np.where(morning, at_morning, hours)
    kept = hours < request.window_hours
    return unit[kept], hours[kept]


def _values(
    simulated: SimulatedVariable,
    people: People,
    unit: Column,
    hours: FloatArray,
    offset: FloatArray,
    admission_hour: FloatArray,
    window_hours: float,
    generator: np.random.Generator,
) -> FloatArray:
    """Return the values of a variable: usual level, patient, illness, time of day, noise."""
    start, end = people.start[unit, simulated.organ], people.end[unit, simulated.organ]
    illness = start + (end - start) * hours / window_hours
    clock = admission_hour[unit] + hours
    rhythm = simulated.diurnal * np.cos(2 * np.pi * (clock - 17) / 24)
    noise = WITHIN * generator.standard_normal(unit.size)
    move = simulated.spread * (simulated.loading * illness + offset + rhythm + noise)
    value = simulated.usual * np.exp(move) if simulated.is_log else simulated.usual + move
    inside = np.clip(value, simulated.variable.low, simulated.variable.high)
    if simulated.variable.name == "gcs":
        return np.asarray(np.round(inside))
    return np.asarray(np.round(inside, 3))


def _with_errors(
    unit: Column,
    minute: Column,
    variable: Column,
    value: FloatArray,
    generator: np.random.Generator,
) -> Drawn:
    """Add what charts have: values that cannot be, and values charted twice in one minute."""
    wrong = generator.random(unit.size) < ARTEFACTS
    high = np.array([simulated.variable.high for simulated in SIMULATED])
    value = np.where(wrong, 10 * high[variable] + 1, value)
    again = np.flatnonzero(generator.random(unit.size) < REPEATED)
    columns = (unit, minute, variable, value)
    repeated = tuple(np.concatenate([column, column[again]]) for column in columns)
    return repeated[0], repeated[1], repeated[2], repeated[3]


def _treated(drawn: Drawn, window_hours: float) -> tuple[TimeSeries, list[FlowRow]]:
    """Return the series with errors treated and counted, as a reader of real data must."""
    unit, minute, variable, value = drawn
    high = np.array([simulated.variable.high for simulated in SIMULATED])
    plausible = value <= high[variable]
    rows = np.flatnonzero(plausible)
    rows = rows[np.lexsort((rows, variable[rows], minute[rows], unit[rows]))]
    last = _is_last(unit[rows], minute[rows], variable[rows])
    outside, doubled = int((~plausible).sum()), int((~last).sum())
    rows = rows[last]
    series = TimeSeries(
        variables=tuple(simulated.variable for simulated in SIMULATED),
        unit_index=unit[rows],
        time_hours=minute[rows] / 60,
        variable_index=variable[rows],
        value=value[rows],
        window_hours=window_hours,
    )
    words = "outside plausible limits, taken as not observed"
    again = "earlier ones of a variable in the same minute; the last stands"
    return series, [
        FlowRow(kind="handled", reason=words, count=outside, counted="values"),
        FlowRow(kind="handled", reason=again, count=doubled, counted="values"),
    ]


def _is_last(unit: Column, minute: Column, variable: Column) -> BoolArray:
    same = (unit[1:] == unit[:-1]) & (minute[1:] == minute[:-1]) & (variable[1:] == variable[:-1])
    return np.append(~same, np.ones(min(unit.size, 1), dtype=np.bool_))


def truth(
    site: Site, people: People, series: TimeSeries, params: SimulatedIcuParams
) -> dict[str, object]:
    """Return what was planted at a site and what came of it in this draw, as plain JSON."""
    measured = np.zeros(people.label.size, dtype=np.bool_)
    names = [variable.name for variable in series.variables]
    measured[series.unit_index[series.variable_index == names.index("lactate")]] = True
    died = people.label == 1
    return {
        "site": asdict(site),
        "parameters": params.model_dump(mode="json"),
        "differs_from_riverside": {
            name: value
            for name, value in asdict(site).items()
            if name != "name" and value != asdict(RIVERSIDE)[name]
        },
        "prevalence": float(died.mean()),
        "expected_prevalence": float(people.risk.mean()),
        "auroc_of_true_risk": _auroc(people.label, people.risk),
        "lactate_measured": {
            "among_deaths": float(measured[died].mean()),
            "among_survivors": float(measured[~died].mean()),
        },
        "subgroup": _subgroup_truth(site, people),
        "error_rates": {"implausible": ARTEFACTS, "repeated": REPEATED, "skipped": SKIPPED},
    }


def _subgroup_truth(site: Site, people: People) -> dict[str, object] | None:
    if site.subgroup is None:
        return None
    group, level = site.subgroup
    mask = people.groups[group] == level
    return {
        "group": group,
        "level": level,
        "odds_factor": site.odds_factor,
        "n": int(mask.sum()),
        "observed": int(people.label[mask].sum()),
        "expected_from_measurements": float(people.told_risk[mask].sum()),
    }


def _auroc(label: Column, score: FloatArray) -> float:
    ranks = np.argsort(np.argsort(score)) + 1.0
    events = int(label.sum())
    pairs = events * (label.size - events)
    return float((ranks[label == 1].sum() - events * (events + 1) / 2) / pairs) if pairs else 0.5


def _provenance(site: Site, people: People, series: TimeSeries) -> Provenance:
    columns = (people.label, people.age_years, series.unit_index, series.time_hours, series.value)
    content = [digest([len(c), np.asarray(c, dtype=np.float64).tobytes().hex()]) for c in columns]
    return Provenance(
        source="simulated-icu",
        title=f"simulated hospital {site.name}",
        licence="CC0-1.0; no person stands behind it",
        citation="samd-validate, docs/methods/simulated_icu.md",
        fingerprint=digest(content),
        is_simulated=True,
        notes=("drawn by a generator whose truth is known and kept beside it",),
    )
